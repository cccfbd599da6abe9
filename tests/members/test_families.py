"""Households, guardians, memberships, and somebody new all at once."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from members.models import AccessCard, ConsentEntry, DuesEntry, Guardian, Household, Membership, User
from members.queries import account_of, children_of, is_guardian_of, membership_on, search_members, usual_fee
from members.services import add_dues, choose, enrol, notify, resign
from members.services.households import let_fetch, no_longer_fetches, save_guardian, save_household
from members.services.welcome import Adult, Newcomer, Season, Signature, welcome
from members.standing import season_to_join
from tests.factories.members import (
    AdultFactory,
    GuardianFactory,
    HouseholdFactory,
    MemberFactory,
    StaffFactory,
    child_of,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def desk():
    return StaffFactory(roles=["desk"])


# --- households ---


def test_a_household_has_one_or_two_guardians_and_no_third(desk) -> None:
    household = save_household(actor=desk, household=Household(), name="Aubanelle")
    for position in (1, 2, 1):
        save_guardian(actor=desk, household=household, position=position, first_name=f"Parent{position}")
    assert household.guardians.count() == 2
    with pytest.raises(ValidationError):
        save_guardian(actor=desk, household=household, position=3, first_name="Trois")
    with pytest.raises(IntegrityError), transaction.atomic():
        Guardian.objects.create(household=household, position=3, first_name="Trois")


def test_a_guardian_needs_a_name_but_neither_account_nor_e_mail(desk) -> None:
    household = HouseholdFactory()
    assert save_guardian(actor=desk, household=household, position=1, first_name=" Samira ").first_name == "Samira"
    with pytest.raises(ValidationError):
        save_guardian(actor=desk, household=household, position=2, phone="06 39 98 00 00")


def test_who_keeps_no_dues_cannot_write_the_family_quotient() -> None:
    manager, household = StaffFactory(), HouseholdFactory()
    save_household(actor=manager, household=household, name="Autre nom")
    with pytest.raises(PermissionDenied):
        save_household(actor=manager, household=household, family_quotient_band="1")
    assert Household.objects.get().family_quotient_band == ""


@pytest.mark.parametrize("role", ["facilitator", "editor", "member"])
def test_families_are_kept_by_who_has_the_right(role: str) -> None:
    actor, household = StaffFactory(roles=[role]), HouseholdFactory()
    for act in (
        lambda: save_household(actor=actor, household=household, name="x"),
        lambda: save_guardian(actor=actor, household=household, position=1, first_name="x"),
        lambda: let_fetch(actor=actor, household=household, name="x"),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_who_may_fetch_is_written_down_and_taken_off(desk) -> None:
    household = HouseholdFactory()
    person = let_fetch(actor=desk, household=household, name="Mamie Lou")
    assert [str(one) for one in household.pick_ups.all()] == ["Mamie Lou"]
    no_longer_fetches(actor=desk, person=person)
    assert not household.pick_ups.exists()


def test_a_guardian_sees_their_own_children_while_they_are_under_18() -> None:
    parent, stranger = AdultFactory(), AdultFactory()
    child, other = child_of({"account": parent}), child_of({"account": stranger})
    grown = MemberFactory(household=child.household, birth_date=TODAY.replace(year=TODAY.year - 18))
    MemberFactory(household=child.household, is_active=False)
    MemberFactory(household=child.household, birth_date=None)
    assert children_of(parent, TODAY) == [child]
    assert [is_guardian_of(parent, one) for one in (child, grown, other, parent)] == [True, False, False, False]
    assert is_guardian_of(child, grown) is False


# --- memberships ---


def test_joining_makes_a_member_of_the_season_that_people_join(desk) -> None:
    membership = enrol(actor=desk, person=MemberFactory(papers=False), kind="youth")
    assert membership.season == season_to_join(TODAY)
    assert membership.ends_on == date(membership.season + 1, 8, 31)


def test_one_live_membership_a_season_and_another_after_resigning(desk) -> None:
    person = MemberFactory(papers=False)
    first = enrol(actor=desk, person=person, kind="youth")
    with pytest.raises(ValidationError):
        enrol(actor=desk, person=person, kind="adult")
    resign(actor=desk, membership=first)
    assert enrol(actor=desk, person=person, kind="adult").status == "active"


def test_the_last_day_of_a_membership_counts_and_the_next_does_not(desk) -> None:
    person = MemberFactory(papers=False)
    membership = enrol(actor=desk, person=person, kind="adult")
    assert membership_on(person, membership.ends_on) == membership
    assert membership_on(person, membership.ends_on + timedelta(days=1)) is None
    assert membership_on(person, membership.starts_on - timedelta(days=1)) is None


def test_a_membership_asked_for_is_none_yet(desk) -> None:
    person = MemberFactory(papers=False)
    enrol(actor=desk, person=person, kind="adult", status=Membership.Status.ASKED)
    assert membership_on(person, TODAY) is None


def test_the_ledger_says_what_is_left_and_who_bore_the_rest(desk) -> None:
    membership = enrol(actor=desk, person=MemberFactory(papers=False), kind="youth", band="1")
    add_dues(actor=desk, membership=membership, kind="due", cents=1000)
    add_dues(actor=desk, membership=membership, kind="paid", cents=300, method="ancv")
    add_dues(actor=desk, membership=membership, kind="covered", cents=500, covered_by="Mission locale")
    found = account_of(membership)
    assert (found.due, found.paid, found.covered, found.left) == (1000, 300, 500, 200)
    assert usual_fee("youth", "1") == 1000


def test_free_is_free_and_a_cover_names_somebody(desk) -> None:
    membership = enrol(actor=desk, person=MemberFactory(papers=False), kind="youth")
    assert add_dues(actor=desk, membership=membership, kind="due", cents=0) is None
    with pytest.raises(ValidationError):
        add_dues(actor=desk, membership=membership, kind="covered", cents=100)
    assert not DuesEntry.objects.exists()


def test_a_fab_manager_keeps_no_dues() -> None:
    with pytest.raises(PermissionDenied):
        enrol(actor=StaffFactory(), person=MemberFactory(papers=False), kind="youth")


# --- somebody new ---

NEW = Newcomer(
    first_name="Zoé",
    last_name="Tamarisse",
    birth_date=date(TODAY.year - 13, 1, 1),
    guardians=(Adult("Samira", "Tamarisse", "06 39 98 00 02"), Adult("Paul", "Tamarisse")),
    signatures=(Signature("charter"), Signature("account"), Signature("account", 1), Signature("machines", 2)),
    season=Season("youth", "2", due=500, paid=200, covered_by="CAF"),
)


def test_somebody_new_gets_everything_at_once(desk) -> None:
    made = welcome(actor=desk, newcomer=NEW, channel="paper")
    assert (made.person.username, made.person.has_usable_password()) == ("zoet", False)
    assert made.person.household.guardians.count() == 2
    assert set(ConsentEntry.objects.values_list("purpose", "signatory")) == {
        ("charter", "self"), ("account", "self"), ("account", "guardian"), ("machines", "guardian"),
    }  # fmt: skip
    assert account_of(Membership.objects.get(person=made.person)).left == 0
    assert AccessCard.objects.get() == made.card


def test_nothing_is_stored_when_one_part_is_refused(desk) -> None:
    wrong = Newcomer("Zoé", "Tamarisse", date(TODAY.year - 13, 1, 1), signatures=(Signature("machines", 1),))
    with pytest.raises(ValidationError):
        welcome(actor=desk, newcomer=wrong)
    assert not User.objects.filter(first_name="Zoé").exists()
    assert not Household.objects.exists()


def test_a_brother_joins_the_household_that_is_there(desk) -> None:
    first = welcome(actor=desk, newcomer=NEW).person
    second = welcome(
        actor=desk, newcomer=Newcomer("Malo", "Tamarisse", date(TODAY.year - 9, 1, 1), household=first.household)
    ).person
    assert second.household == first.household
    assert Household.objects.count() == 1


# --- finding and telling ---


@pytest.mark.parametrize("typed", ["ines", "INÈS", "Ine\u0301s mar", "martin-d", "inesm"])
def test_a_name_is_found_however_it_is_typed(typed: str) -> None:
    wanted = MemberFactory(username="inesm", first_name="Inès", last_name="Martin-Dupont")
    MemberFactory(first_name="Zoé")
    assert list(search_members(typed)) == [wanted]


@pytest.mark.parametrize("typed", ["", "  ", "%", "_"])
def test_nothing_typed_finds_nobody(typed: str) -> None:
    MemberFactory()
    assert list(search_members(typed)) == []


def test_people_are_told_by_the_way_they_chose() -> None:
    person = MemberFactory(email="a@lab.example", contact_by="call", wants_confirmations=False)
    assert notify(recipient=person, subject="x", body="y").via == "call"
    assert notify(recipient=person, subject="x", body="y", confirms=True) is None


def test_nobody_chooses_more_than_their_own_preferences() -> None:
    person = MemberFactory()
    choose(person=person, actor=person, pseudonym="Comète", contact_by="call")
    with pytest.raises(ValidationError):
        choose(person=person, actor=person, is_superuser=True)
    person.refresh_from_db()
    assert (person.pseudonym, person.is_superuser) == ("Comète", False)


@pytest.mark.parallel
def test_two_desks_make_one_member_of_a_season(committed_db) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    person, actors = MemberFactory(papers=False), [StaffFactory(roles=["desk"]) for _number in range(6)]

    def join(actor: User) -> bool:
        try:
            enrol(actor=actor, person=person, kind="youth")
        except ValidationError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(join, actors)).count(True) == 1
    assert Membership.objects.filter(person=person).count() == 1


def test_guardians_have_places_of_their_own() -> None:
    household = HouseholdFactory()
    GuardianFactory(household=household, position=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        GuardianFactory(household=household, position=1)
