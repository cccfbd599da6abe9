"""Cycles, duos, groups, drop-ins, prices and questions."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from booking.problems import Refused
from members.models import Message, Partner
from place.patterns import RuleSpec
from tests.factories.members import AdultFactory, HouseholdFactory, MemberFactory, StaffFactory
from tests.factories.place import LabSettingsFactory, wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import WorkshopQuestion
from workshops.services import Party

pytestmark = pytest.mark.django_db
NOW = wall(2026, 11, 2, 8)


def cycle(count=4, places=2, **workshop):
    series = services.schedule_series(
        workshop=WorkshopFactory(kind="cycle", places=places, **workshop), starts_at=wall(2026, 11, 4, 14),
        ends_at=wall(2026, 11, 4, 16), rule=RuleSpec(frequency="weekly", count=count), actor=None, now=NOW,
    )  # fmt: skip
    return list(series.sessions.order_by("starts_at"))


def register(session, member=None, now=NOW, **more):
    member = member or MemberFactory()
    return services.register(session=session, member=member, actor=more.pop("actor", member), now=now, **more)


def statuses(dates, member):
    rows = member.registrations.filter(session__in=dates).order_by("session__starts_at")
    return list(rows.values_list("status", flat=True))


def counters(dates):
    for one in dates:
        one.refresh_from_db()
    return [(one.seats_taken, one.waiting) for one in dates]


def test_one_enrolment_takes_a_seat_at_every_date_and_is_told_once():
    dates, member = cycle(), MemberFactory(email="ines@example.org")
    made = register(dates[0], member)
    assert (made.session, statuses(dates, member)) == (dates[0], ["confirmed"] * 4)
    assert counters(dates) == [(1, 0)] * 4
    assert Message.objects.filter(recipient=member).count() == 1


def test_a_cycle_is_laid_out_to_its_end_whatever_the_horizon():
    LabSettingsFactory(horizon_days=7)
    assert len(cycle(count=10)) == 10


def test_a_cycle_needs_an_end():
    with pytest.raises(ValidationError):
        services.schedule_series(
            workshop=WorkshopFactory(kind="cycle"), starts_at=wall(2026, 11, 4, 14), ends_at=wall(2026, 11, 4, 16),
            rule=RuleSpec(frequency="weekly"), actor=None, now=NOW,
        )  # fmt: skip


def test_leaving_a_cycle_gives_back_every_coming_date_and_the_first_who_waits_has_them_all():
    dates = cycle(places=1, hold_hours=24)
    ines, yanis = MemberFactory(), MemberFactory()
    made = register(dates[0], ines)
    register(dates[0], yanis)
    assert (statuses(dates, yanis), counters(dates)) == (["waitlisted"] * 4, [(1, 1)] * 4)
    services.cancel_registration(registration=made, actor=ines, now=NOW)
    assert (statuses(dates, ines), statuses(dates, yanis)) == (["cancelled"] * 4, ["held"] * 4)
    services.accept_place(registration=yanis.registrations.first(), actor=yanis, now=NOW)
    assert (statuses(dates, yanis), counters(dates)) == (["confirmed"] * 4, [(1, 0)] * 4)


def test_leaving_in_the_middle_keeps_the_dates_that_were():
    dates, member = cycle(), MemberFactory()
    register(dates[0], member)
    later = dates[1].ends_at + timedelta(hours=1)
    services.cancel_registration(registration=member.registrations.get(session=dates[2]), actor=member, now=later)
    assert statuses(dates, member) == ["confirmed", "confirmed", "cancelled", "cancelled"]


def test_a_cycle_that_has_begun_is_closed_but_the_team_may_still_let_somebody_in():
    dates, member = cycle(), MemberFactory()
    later = dates[0].ends_at
    with pytest.raises(Refused) as refused:
        register(dates[2], member, now=later)
    assert refused.value.codes == ["registration_closed"]
    register(dates[2], member, now=later, actor=StaffFactory(roles=["desk"]))
    assert statuses(dates, member) == ["confirmed"] * 3


def test_a_date_full_on_its_own_makes_the_cycle_full():
    dates = cycle(places=1)
    RegistrationFactory(session=dates[3])
    member = MemberFactory()
    register(dates[0], member)
    assert statuses(dates, member) == ["waitlisted"] * 4


def test_a_cycle_with_too_few_people_is_called_off_whole():
    dates = cycle(least=2, decide_hours=24)
    register(dates[0])
    assert services.cancel_undersubscribed(dates[0].starts_at - timedelta(hours=23)) == 4
    for one in dates:
        one.refresh_from_db()
    assert {one.state for one in dates} == {"cancelled"}


def test_places_of_a_cycle_are_changed_on_all_its_dates():
    dates = cycle(places=1)
    register(dates[0])
    services.change_places(session=dates[1], places=3, actor=None, now=NOW)
    for one in dates:
        one.refresh_from_db()
    assert [one.places for one in dates] == [3] * 4


def test_a_duo_takes_two_places_and_its_grown_up_needs_no_account():
    session, child = SessionFactory(workshop=WorkshopFactory(kind="duo", places=4)), MemberFactory()
    made = register(session, child, party=Party(companion="Mamie Rose"))
    session.refresh_from_db()
    assert (made.seats, made.companion, session.places_left) == (2, "Mamie Rose", 2)


@pytest.mark.parametrize("seats", [1, 3])
def test_a_duo_is_two(seats):
    with pytest.raises(Refused) as refused:
        register(SessionFactory(workshop=WorkshopFactory(kind="duo")), party=Party(seats))
    assert refused.value.codes == ["not_allowed"]


def test_a_duo_waits_when_a_single_place_is_left():
    session = SessionFactory(workshop=WorkshopFactory(kind="duo", places=3))
    register(session)
    assert register(session).status == "waitlisted"


def test_nobody_registers_for_a_drop_in():
    with pytest.raises(Refused) as refused:
        register(SessionFactory(workshop=WorkshopFactory(kind="drop_in")))
    assert refused.value.codes == ["registration_closed"]


def test_a_partner_brings_a_group_whatever_the_age_of_who_comes_along():
    educator = AdultFactory()
    partner = Partner.objects.create(name="Club de prévention")
    partner.contacts.add(educator)
    session = SessionFactory(workshop=WorkshopFactory(age_min=12, age_max=17, places=8))
    made = register(session, educator, party=Party(seats=6, partner=partner))
    assert (made.status, made.seats, made.partner) == ("confirmed", 6, partner)


@pytest.mark.parametrize("active", [True, False])
def test_who_does_not_act_for_a_partner_brings_no_group(active):
    stranger, partner = AdultFactory(), Partner.objects.create(name="Club", active=active)
    if not active:
        partner.contacts.add(stranger)
    session = SessionFactory()
    with pytest.raises(PermissionDenied):
        register(session, stranger, party=Party(seats=3, partner=partner))
    assert not session.registrations.exists()


def test_the_price_is_the_one_of_the_family_and_stays_as_it_was_that_day():
    workshop = WorkshopFactory()
    services.price(workshop=workshop, cents_by_band={"": 400, "1": 0, "2": 100}, actor=None)
    session = SessionFactory(workshop=workshop)
    helped = register(session, MemberFactory(household=HouseholdFactory(family_quotient_band="2")))
    unknown, other = (
        register(session),
        register(session, MemberFactory(household=HouseholdFactory(family_quotient_band="5"))),
    )
    services.price(workshop=workshop, cents_by_band={"": 900}, actor=None)
    for one in (helped, unknown, other):
        one.refresh_from_db()
    assert [one.price_cents for one in (helped, unknown, other)] == [100, 400, 400]
    assert [one.is_due for one in (helped, unknown)] == [True, True]
    desk = StaffFactory(roles=["desk"])
    for _tap in range(2):
        services.note_payment(registration=helped, actor=desk, now=NOW)
    assert not helped.is_due
    with pytest.raises(PermissionDenied):
        services.note_payment(registration=other, actor=other.member)


def test_a_workshop_without_a_price_is_free():
    made = register(SessionFactory())
    assert (made.price_cents, made.is_due) == (0, False)


def test_a_cycle_is_paid_once():
    workshop_dates = cycle()
    services.price(workshop=workshop_dates[0].workshop, cents_by_band={"": 1200}, actor=None)
    member = MemberFactory()
    register(workshop_dates[0], member)
    assert sum(member.registrations.values_list("price_cents", flat=True)) == 1200


def test_questions_that_need_an_answer_get_one():
    workshop = WorkshopFactory()
    asked = WorkshopQuestion(text="Taille de tablier ?", purpose="Préparer les tabliers", required=True)
    services.ask(workshop=workshop, questions=[asked], actor=None)
    session, member = SessionFactory(workshop=workshop), MemberFactory()
    with pytest.raises(ValidationError) as refused:
        register(session, member)
    assert list(refused.value.message_dict) == [f"question_{asked.pk}"]
    made = register(session, member, party=Party(answers={asked.pk: "M"}))
    assert [answer.text for answer in made.answers.all()] == ["M"]


def test_an_answer_to_another_workshop_is_refused():
    other = WorkshopQuestion.objects.create(workshop=WorkshopFactory(), text="Pointure ?", purpose="Patins")
    with pytest.raises(ValidationError):
        register(SessionFactory(), party=Party(answers={other.pk: "38"}))


def test_three_questions_at_most_each_with_its_purpose():
    workshop = WorkshopFactory()
    many = [WorkshopQuestion(text=f"Q{number}", purpose="Pour voir") for number in range(4)]
    for wrong in (many, [WorkshopQuestion(text="Ton âge ?", purpose="")]):
        with pytest.raises(ValidationError):
            services.ask(workshop=workshop, questions=wrong, actor=None)
    assert not workshop.questions.exists()


def test_a_draft_has_no_date():
    with pytest.raises(ValidationError):
        SessionFactory(workshop=WorkshopFactory(draft=True))


@pytest.mark.parametrize(("hours", "late"), [(25, False), (23, True)])
def test_cancelling_after_the_limit_counts_as_late(hours, late):
    made = RegistrationFactory(session=SessionFactory(workshop=WorkshopFactory(cancel_hours=24)))
    now = made.session.starts_at - timedelta(hours=hours)
    services.cancel_registration(registration=made, actor=made.member, now=now)
    made.refresh_from_db()
    assert (made.status, made.cancelled_late) == ("cancelled", late)


def test_birth_dates_count_on_the_first_day_of_a_cycle():
    dates = cycle(age_min=12)
    with pytest.raises(Refused) as refused:
        register(dates[0], MemberFactory(birth_date=date(2014, 11, 10)))
    assert refused.value.codes == ["age_out_of_range"]
