"""Places that are kept for a while, that wait for a signature, and what the clock does."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from booking.problems import Refused
from members.models import Message
from members.services import withdraw
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, child_of, signed
from tests.factories.place import wall
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory
from workshops import services
from workshops.models import Registration, RegistrationAnswer, WorkshopQuestion

pytestmark = pytest.mark.django_db
NOW = wall(2026, 11, 20, 9)
DAY = timedelta(days=1)
CHILD = date(2013, 5, 1)


def full_session(waiting=2, **workshop):
    """A session of one place that is taken, with a line behind it."""
    session = SessionFactory(workshop=WorkshopFactory(places=1, **workshop))
    taken = RegistrationFactory(session=session)
    return session, taken, [RegistrationFactory(session=session, status="waitlisted") for _ in range(waiting)]


def leaves(registration, now=NOW):
    services.cancel_registration(registration=registration, actor=registration.member, now=now)


def status(registration):
    registration.refresh_from_db()
    return registration.status


def told(person):
    return list(Message.objects.filter(recipient=person).order_by("pk").values_list("subject", flat=True))


def test_a_freed_place_is_kept_for_the_first_in_line_who_says_yes():
    session, taken, (first, second) = full_session(hold_hours=24)
    leaves(taken)
    assert (status(first), first.held_until, status(second)) == ("held", NOW + DAY, "waitlisted")
    assert len(told(first.member)) == 1
    services.accept_place(registration=first, actor=first.member, now=NOW + timedelta(hours=23))
    assert (status(first), first.held_until) == ("confirmed", None)
    session.refresh_from_db()
    assert (session.seats_taken, session.waiting) == (1, 1)


def test_a_place_not_answered_goes_to_the_next_once():
    _session, taken, (first, second) = full_session(hold_hours=24)
    leaves(taken)
    assert services.expire_holds(NOW + DAY - timedelta(seconds=1)) == 0
    assert services.expire_holds(NOW + DAY) == 1
    assert (status(first), status(second)) == ("cancelled", "held")
    assert second.held_until == NOW + 2 * DAY
    assert services.expire_holds(NOW + DAY) == 0
    assert (len(told(first.member)), len(told(second.member))) == (2, 1)


def test_a_late_yes_is_refused_even_before_the_clock_took_the_place():
    _session, taken, (first, _second) = full_session(hold_hours=1)
    leaves(taken)
    with pytest.raises(Refused) as refused:
        services.accept_place(registration=first, actor=first.member, now=NOW + timedelta(hours=1))
    assert refused.value.codes == ["registration_closed"]
    assert status(first) == "held"


def test_a_kept_place_that_had_its_time_delays_nobody_while_the_clock_stands_still():
    session, taken, (first,) = full_session(waiting=1, hold_hours=1)
    leaves(taken)
    comer = MemberFactory()
    made = services.register(session=session, member=comer, actor=comer, now=NOW + timedelta(hours=1))
    assert (made.status, status(first)) == ("confirmed", "cancelled")
    assert len(told(first.member)) == 2


def test_who_registers_after_a_hold_has_ended_does_not_go_before_who_waits():
    session, taken, (_first, second) = full_session(waiting=2, hold_hours=1)
    leaves(taken)
    comer = MemberFactory()
    made = services.register(session=session, member=comer, actor=comer, now=NOW + timedelta(hours=1))
    assert (made.status, status(second)) == ("waitlisted", "held")


def test_a_yes_sent_twice_is_one_yes():
    _session, taken, (first, _second) = full_session()
    leaves(taken)
    for _tap in range(2):
        assert services.accept_place(registration=first, actor=first.member, now=NOW).status == "confirmed"


def test_nobody_says_yes_for_a_stranger():
    _session, taken, (first, _second) = full_session()
    leaves(taken)
    with pytest.raises(PermissionDenied):
        services.accept_place(registration=first, actor=MemberFactory(), now=NOW)
    services.accept_place(registration=first, actor=StaffFactory(roles=["desk"]), now=NOW, channel="phone")
    assert status(first) == "confirmed"


def test_a_place_is_never_kept_beyond_the_start():
    session, taken, (first, _second) = full_session(hold_hours=72)
    leaves(taken, now=session.starts_at - timedelta(hours=3))
    assert (status(first), first.held_until) == ("held", session.starts_at)


def test_without_keeping_time_the_first_is_registered_at_once():
    _session, taken, (first, _second) = full_session(hold_hours=0)
    leaves(taken)
    assert (status(first), told(first.member)) == ("confirmed", [told(first.member)[0]])


def test_a_parent_hears_of_the_place_kept_for_their_child():
    mother = AdultFactory(email="")
    child = child_of({"account": mother}, birth_date=CHILD)
    session, taken, _line = full_session(waiting=0)
    waits = RegistrationFactory(session=session, member=child, status="waitlisted")
    leaves(taken)
    assert status(waits) == "held"
    assert (len(told(child)), len(told(mother))) == (1, 1)
    services.accept_place(registration=waits, actor=mother, now=NOW)
    assert status(waits) == "confirmed"


def needing(*purposes):
    return SessionFactory(workshop=WorkshopFactory(agreements=list(purposes)))


def test_a_child_without_the_agreement_has_a_seat_that_waits_for_the_signature():
    mother = AdultFactory()
    child, session = child_of({"account": mother}, birth_date=CHILD, papers=False), needing("machines")
    made = services.register(session=session, member=child, actor=child, now=NOW)
    assert made.status == "pending"
    assert len(told(mother)) == 1
    session.refresh_from_db()
    assert session.seats_taken == 1
    assert services.settle_pending(NOW) == 0
    signed(child, "machines")
    assert services.settle_pending(NOW) == 1
    assert status(made) == "confirmed"
    assert services.settle_pending(NOW) == 0


def test_a_grown_up_needs_no_agreement_of_a_parent():
    made = services.register(session=needing("photo_web"), member=(one := AdultFactory()), actor=one, now=NOW)
    assert made.status == "confirmed"


def test_a_withdrawn_agreement_puts_only_what_needs_it_back_to_waiting():
    """T4: registrations stay; where the workshop asks for that very agreement, the seat waits for it again."""
    child = child_of({}, birth_date=CHILD)
    start = timezone.now() + 30 * DAY
    made = [
        services.register(
            session=SessionFactory(workshop=WorkshopFactory(agreements=needs), starts_at=start),
            member=child,
            actor=child,
        )
        for needs in (["machines"], [])
    ]
    assert [one.status for one in made] == ["confirmed", "confirmed"]
    withdraw(actor=StaffFactory(roles=["desk"]), person=child, purpose="machines",
             guardian=child.household.guardians.first())  # fmt: skip
    assert [status(one) for one in made] == ["pending", "confirmed"]
    made[0].session.refresh_from_db()
    assert made[0].session.seats_taken == 1


def test_everybody_is_reminded_once_also_after_a_standstill():
    session = SessionFactory()
    comes, waits = RegistrationFactory(session=session), RegistrationFactory(session=session, status="waitlisted")
    late = RegistrationFactory(session=session, created_at=session.starts_at - timedelta(hours=5))
    before = session.starts_at - timedelta(hours=24, seconds=1)
    assert services.remind(before) == 0
    assert services.remind(session.starts_at - timedelta(hours=2)) == 1
    assert services.remind(session.starts_at - timedelta(hours=1)) == 0
    assert [len(told(one.member)) for one in (comes, waits, late)] == [1, 0, 0]


def test_nobody_is_reminded_of_what_has_begun_or_was_called_off():
    begun = RegistrationFactory()
    called_off = RegistrationFactory(session=SessionFactory(cancelled="Grippe"))
    now = begun.session.starts_at + timedelta(minutes=1)
    assert services.remind(now) == services.remind(called_off.session.starts_at - timedelta(hours=1)) - 1 == 0


def test_too_few_people_call_the_date_off_in_time_and_everybody_is_told_once():
    session = SessionFactory(workshop=WorkshopFactory(least=2, decide_hours=24))
    only = RegistrationFactory(session=session)
    enough = SessionFactory(workshop=session.workshop, starts_at=session.starts_at + timedelta(hours=3))
    for _ in range(2):
        RegistrationFactory(session=enough)
    decision = session.starts_at - timedelta(hours=24)
    assert services.cancel_undersubscribed(decision - timedelta(seconds=1)) == 0
    assert services.cancel_undersubscribed(decision + timedelta(hours=3)) == 1
    session.refresh_from_db()
    enough.refresh_from_db()
    assert (session.state, enough.state) == ("cancelled", "scheduled")
    assert "2" in session.cancel_reason
    assert services.cancel_undersubscribed(decision + timedelta(hours=3)) == 0
    assert len(told(only.member)) == 1


def test_answers_are_deleted_a_week_after_the_session():
    registration = RegistrationFactory()
    question = WorkshopQuestion.objects.create(
        workshop=registration.session.workshop, text="Taille ?", purpose="Tablier"
    )
    RegistrationAnswer.objects.create(registration=registration, question=question, text="M")
    over = registration.session.ends_at
    assert services.forget_answers(over + timedelta(days=7)) == 0
    assert services.forget_answers(over + timedelta(days=7, seconds=1)) == 1
    assert Registration.objects.filter(pk=registration.pk).exists()
