"""The ledger of agreements: who may write in it, what a withdrawal does at once, who is told."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from members.models import AccessCard, AuditEntry, ConsentEntry, LegalText, Message, Purpose
from members.queries import latest_text, standings, standings_of
from members.services import publish_text, refuse, sign, withdraw
from members.standing import Holds
from tests.factories.members import AdultFactory, CardFactory, MemberFactory, StaffFactory, child_of, signed

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def desk():
    return StaffFactory(roles=["desk"])


def stands(person, purpose: str) -> Holds:
    return standings(person, timezone.localdate(), [purpose])[Purpose(purpose)].holds


def test_a_parent_signs_at_the_desk_and_the_log_says_who_when_and_how(desk) -> None:
    child = child_of(papers=False)
    entry = sign(
        actor=desk, person=child, purpose="machines", guardian=child.household.guardians.get(), channel="paper"
    )
    assert stands(child, "machines") == Holds.IN_FORCE
    assert (entry.text.purpose, entry.signed_on, entry.recorded_by, entry.channel) == ("machines", TODAY, desk, "paper")
    line = AuditEntry.objects.get(action="consent.signed")
    assert (line.actor, line.subject, line.channel, line.detail["purpose"]) == (
        desk, f"user:{child.pk}", "paper", "machines",
    )  # fmt: skip


def test_a_paper_is_keyed_in_with_its_true_date_but_not_a_date_to_come(desk) -> None:
    child = child_of(papers=False)
    guardian = child.household.guardians.get()
    sign(actor=desk, person=child, purpose="machines", guardian=guardian, signed_on=TODAY - timedelta(days=9))
    with pytest.raises(ValidationError, match="signed_on"):
        sign(actor=desk, person=child, purpose="machines", guardian=guardian, signed_on=TODAY + timedelta(days=1))
    assert ConsentEntry.objects.get(person=child).signed_on == TODAY - timedelta(days=9)


def test_a_guardian_with_an_account_signs_for_their_child_and_for_nobody_else() -> None:
    parent, stranger = AdultFactory(), AdultFactory()
    child, other = child_of({"account": parent}, papers=False), child_of({"account": stranger}, papers=False)
    sign(actor=parent, person=child, purpose="machines", guardian=child.household.guardians.get(), channel="online")
    for guardian in (child.household.guardians.get(), other.household.guardians.get()):
        with pytest.raises((PermissionDenied, ValidationError)):
            sign(actor=parent, person=other, purpose="machines", guardian=guardian)
    with pytest.raises(PermissionDenied):
        sign(actor=stranger, person=child, purpose="machines", guardian=child.household.guardians.get())
    assert (stands(child, "machines"), stands(other, "machines")) == (Holds.IN_FORCE, Holds.UNASKED)


def test_nobody_signs_as_the_parent_of_a_child_with_the_child_s_own_account() -> None:
    child = child_of(papers=False)
    with pytest.raises(PermissionDenied):
        sign(actor=child, person=child, purpose="machines", guardian=child.household.guardians.get())


def test_a_guardian_answers_no_more_from_the_eighteenth_birthday_on() -> None:
    parent = AdultFactory()
    grown = child_of({"account": parent}, birth_date=TODAY.replace(year=TODAY.year - 18), papers=False)
    with pytest.raises(PermissionDenied):
        sign(actor=parent, person=grown, purpose="photo_web", guardian=grown.household.guardians.get())


@pytest.mark.parametrize("role", ["facilitator", "member", "editor"])
def test_who_does_not_keep_papers_writes_nothing_for_others(role: str) -> None:
    child = child_of(papers=False)
    with pytest.raises(PermissionDenied):
        sign(actor=StaffFactory(roles=[role]), person=child, purpose="charter")
    assert not ConsentEntry.objects.filter(person=child).exists()


def test_a_signature_that_no_age_asks_for_is_refused(desk) -> None:
    child = child_of(papers=False)
    with pytest.raises(ValidationError):
        sign(actor=desk, person=child, purpose="machines")
    with pytest.raises(ValidationError):
        sign(actor=desk, person=child, purpose="charter", guardian=child.household.guardians.get())


def test_the_ledger_is_only_added_to(desk) -> None:
    child = child_of(papers=False)
    guardian = child.household.guardians.get()
    before = sign(actor=desk, person=child, purpose="machines", guardian=guardian)
    withdraw(actor=desk, person=child, purpose="machines", guardian=guardian, reason="déménagement", channel="phone")
    sign(actor=desk, person=child, purpose="machines", guardian=guardian)
    rows = list(ConsentEntry.objects.filter(person=child).values_list("act", flat=True))
    assert rows == ["signed", "withdrawn", "signed"]
    assert ConsentEntry.objects.filter(pk=before.pk, act="signed", reason="").exists()
    assert stands(child, "machines") == Holds.IN_FORCE


def test_withdrawing_tells_the_person_and_the_other_parent_by_their_own_way(desk) -> None:
    parent = AdultFactory(email="parent@lab.example")
    child = child_of({"account": parent}, {"first_name": "Farid", "phone": "06 39 98 00 01"})
    withdraw(actor=parent, person=child, purpose="machines", guardian=child.household.guardians.get(position=1))
    told = Message.objects.order_by("pk")
    assert [(one.recipient, str(one.guardian or ""), one.via) for one in told] == [
        (child, "", "call"),
        (child, str(child.household.guardians.get(position=2)), "call"),
    ]
    assert told[1].phone == "06 39 98 00 01"


def test_a_refusal_is_remembered_and_ends_an_earlier_yes(desk) -> None:
    child = child_of()
    signed(child, "photo_web", "self")
    refuse(actor=desk, person=child, purpose="photo_web", guardian=child.household.guardians.get())
    assert stands(child, "photo_web") == Holds.REFUSED


def test_an_account_withdrawn_before_15_ends_the_card_and_every_open_session(desk, client) -> None:
    child = child_of()
    CardFactory(user=child)
    client.force_login(child)
    assert client.get("/reservations/").status_code == 200
    withdraw(actor=desk, person=child, purpose="account", guardian=child.household.guardians.get())
    assert AccessCard.objects.get(user=child).revoked_at is not None
    assert client.get("/reservations/").status_code == 302


def test_signing_in_waits_for_the_parent_before_15_and_no_longer_on_the_birthday(client) -> None:
    young = MemberFactory(birth_date=TODAY.replace(year=TODAY.year - 15) + timedelta(days=1), papers=False)
    fifteen = MemberFactory(birth_date=TODAY.replace(year=TODAY.year - 15), papers=False)
    answers = [
        client.post("/connexion/", {"login": one.username, "password": "table-lampe-42"}).url
        for one in (young, fifteen)
    ]
    assert answers == ["/compte/en-attente/", "/reservations/"]


def test_a_new_text_leaves_old_signatures_valid_and_is_what_is_signed_next(desk) -> None:
    child = child_of(papers=False)
    guardian = child.household.guardians.get()
    old = sign(actor=desk, person=child, purpose="machines", guardian=guardian)
    publish_text(actor=StaffFactory(roles=["director"]), purpose="machines", bodies={"fr": "Nouveau.", "es": "Nuevo."})
    assert stands(child, "machines") == Holds.IN_FORCE
    new = sign(actor=desk, person=child, purpose="machines", guardian=guardian)
    assert (old.text.version, new.text.version) == (1, 2)


def test_a_text_not_translated_is_shown_in_the_language_of_the_lab() -> None:
    publish_text(actor=StaffFactory(roles=["director"]), purpose="charter", bodies={"fr": "Deux.", "it": "Due."})
    assert [latest_text("charter", code).body for code in ("it", "es")] == ["Due.", "Deux."]


def test_every_text_ships_in_five_languages() -> None:
    found = set(LegalText.objects.values_list("purpose", "language"))
    assert found == {(purpose, code) for purpose in Purpose.values for code in ("fr", "en", "es", "it", "pt")}


@pytest.mark.parametrize("role", ["fab_manager", "desk", "facilitator"])
def test_only_the_director_publishes_texts(role: str) -> None:
    with pytest.raises(PermissionDenied):
        publish_text(actor=StaffFactory(roles=[role]), purpose="charter", bodies={"fr": "x"})


@pytest.mark.parametrize("count", [1, 7])
def test_the_standing_of_many_people_takes_two_queries(count: int, django_assert_num_queries) -> None:
    people = [child_of() for _number in range(count)]
    with django_assert_num_queries(2):
        found = standings_of(people, TODAY)
    assert {one[Purpose.MACHINES].holds for one in found.values()} == {Holds.IN_FORCE}
