"""Scenarios of domain.md §1.9 that concern people and bookings: T1, T2, T4, T9."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from booking.models import Reservation, State
from booking.services import cancel, move, reserve, settled
from booking.services.settling import settle_bookings
from machines.models import QualificationWaiver, Supervision
from machines.services.access import waive_for_a_day
from members.models import AuditEntry, Message
from members.services import enrol, sign, withdraw
from place.services import call_off, put_on_duty
from tests.booking.acts import refused
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.machines import CategoryFactory, MachineFactory, PrinterFactory, QualificationFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory, child_of
from tests.factories.workshops import RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db
DAY = timezone.localdate() + timedelta(days=3)


class Lab:
    """A printer that Inès may use, open from 14 to 17 with a facilitator on duty."""

    def __init__(self) -> None:
        open_lab(14, 17, day=DAY)
        self.facilitator = StaffFactory(roles=["facilitator"])
        self.manager = StaffFactory()
        self.printer = PrinterFactory(slug="imprimante-2", name="Imprimante 2", supervision=Supervision.YOUNG)
        self.parent = AdultFactory()
        self.ines = child_of({"account": self.parent}, first_name="Inès", last_name="Belcastel")
        QualificationFactory(member=self.ines, category=self.printer.category)
        self.shift = put_on_duty(
            actor=self.manager, person=self.facilitator, starts_at=wall(13, DAY), ends_at=wall(18, DAY)
        )

    def book(self, start: float = 14, end: float = 16, **more) -> Reservation:
        return take_on(DAY, self.printer, self.ines, start, end, **more)


def take_on(day: date, machine, member, start: float, end: float, **more) -> Reservation:
    actor = more.pop("actor", member)
    return reserve(
        actor=actor, machine=machine, member=member, starts_at=wall(start, day), ends_at=wall(end, day), **more
    )


@pytest.fixture
def lab() -> Lab:
    return Lab()


# --- T1 ---


def test_a_13_year_old_with_her_papers_books_and_is_on_the_board_and_on_the_printed_sheet(
    lab: Lab, monkeypatch
) -> None:
    made = lab.book()
    assert (made.state, made.trial) == (State.CONFIRMED, False)
    client = Client()
    client.force_login(lab.ines)
    assert "Imprimante 2" in client.get("/reservations/").content.decode()
    monkeypatch.setattr(timezone, "now", lambda: wall(13.5, DAY))
    desk = Client()
    desk.force_login(lab.facilitator)
    for address in ("/tableau/", "/accueil/", "/accueil/feuilles/jour/"):
        page = desk.get(address).content.decode()
        assert ("Imprimante 2" in page, "Inès B." in page) == (True, True), address


# --- T2 ---


def test_a_facilitator_who_cannot_come_puts_the_bookings_of_the_young_in_doubt_and_cancels_none(lab: Lab) -> None:
    hers = lab.book()
    grown_up = take_on(DAY, MachineFactory(supervision=Supervision.YOUNG), AdultFactory(), 14, 15)
    settled(lambda: call_off(actor=lab.manager, shift=lab.shift))
    hers.refresh_from_db()
    grown_up.refresh_from_db()
    assert (hers.state, hers.doubt, grown_up.state) == (State.TO_CONFIRM, "supervision_missing", State.CONFIRMED)
    assert Message.objects.filter(recipient=lab.ines).count() == 1
    desk = Client()
    desk.force_login(lab.facilitator)
    assert "Imprimante 2" in desk.get("/accueil/").content.decode()


def test_somebody_else_on_duty_confirms_them_again(lab: Lab) -> None:
    hers = lab.book()
    settled(lambda: call_off(actor=lab.manager, shift=lab.shift))
    other = StaffFactory(roles=["facilitator"])
    settled(lambda: put_on_duty(actor=lab.manager, person=other, starts_at=wall(14, DAY), ends_at=wall(17, DAY)))
    hers.refresh_from_db()
    assert (hers.state, hers.doubt) == (State.CONFIRMED, "")
    assert settle_bookings(timezone.now()) == 0


def test_a_laser_booking_waits_when_who_stays_lacks_the_level(lab: Lab) -> None:
    laser = MachineFactory(supervision=Supervision.ALWAYS, supervisor_level=2)
    QualificationFactory(member=lab.facilitator, category=laser.category, level=2)
    made = take_on(DAY, laser, AdultFactory(), 14, 15)
    unable = StaffFactory(roles=["facilitator"])
    put_on_duty(actor=lab.manager, person=unable, starts_at=wall(13, DAY), ends_at=wall(18, DAY))
    settled(lambda: call_off(actor=lab.manager, shift=lab.shift))
    made.refresh_from_db()
    assert (made.state, made.doubt) == (State.TO_CONFIRM, "supervision_missing")


def test_a_mediator_under_18_does_not_answer_for_the_lab(lab: Lab) -> None:
    settled(lambda: call_off(actor=lab.manager, shift=lab.shift))
    young = MemberFactory(roles=["mentor"], birth_date=date(DAY.year - 17, 1, 1))
    put_on_duty(actor=lab.manager, person=young, starts_at=wall(13, DAY), ends_at=wall(18, DAY))
    assert refused(lab.book).codes == ["supervision_missing"]


# --- T4 ---


def test_withdrawing_the_machines_cancels_what_is_to_come_keeps_the_workshops_and_logs_it(lab: Lab) -> None:
    desk = StaffFactory(roles=["desk"])
    hers, registration = lab.book(), RegistrationFactory(member=lab.ines, session=SessionFactory())
    past = ReservationFactory(machine=lab.printer, member=lab.ines, starts_at=timezone.now() - timedelta(days=2))
    theirs = ReservationFactory(machine=lab.printer, starts_at=wall(16.5, DAY))
    entry = withdraw(
        actor=desk, person=lab.ines, purpose="machines", guardian=lab.ines.household.guardians.get(), channel="desk"
    )
    for row in (hers, registration, past, theirs):
        row.refresh_from_db()
    assert (hers.state, past.state, theirs.state) == (State.CANCELLED, State.CONFIRMED, State.CONFIRMED)
    assert hers.cancel_reason
    assert registration.status == "confirmed"
    log = AuditEntry.objects.get(action="consent.withdrawn")
    assert (log.actor, log.channel, log.subject) == (desk, "desk", f"user:{lab.ines.pk}")
    assert AuditEntry.objects.get(action="reservation.cancelled").detail["entry"] == entry.pk
    assert refused(lab.book).codes == ["consent_missing"]


def test_what_is_booked_for_after_the_eighteenth_birthday_stands(lab: Lab) -> None:
    almost = child_of(birth_date=DAY.replace(year=DAY.year - 18))
    machine = MachineFactory()
    open_lab(14, 17, day=DAY - timedelta(days=1))
    before = take_on(DAY - timedelta(days=1), machine, almost, 14, 15)
    after = take_on(DAY, machine, almost, 14, 15)
    withdraw(
        actor=StaffFactory(roles=["desk"]),
        person=almost,
        purpose="machines",
        guardian=almost.household.guardians.get(),
    )
    before.refresh_from_db()
    after.refresh_from_db()
    assert (before.state, after.state) == (State.CANCELLED, State.CONFIRMED)


def test_the_other_parent_may_still_sign_again_and_she_books_again(lab: Lab) -> None:
    guardian = lab.ines.household.guardians.get()
    withdraw(actor=lab.parent, person=lab.ines, purpose="machines", guardian=guardian, channel="online")
    sign(actor=lab.parent, person=lab.ines, purpose="machines", guardian=guardian, channel="online")
    assert lab.book().state == State.CONFIRMED


# --- T9 ---


def test_an_expired_level_is_refused_with_its_date_and_a_waiver_of_one_day_lets_in() -> None:
    open_lab(14, 17, day=DAY)
    laser = MachineFactory(level_required=2, category=CategoryFactory(name="Découpe laser"))
    holder, facilitator = AdultFactory(), StaffFactory(roles=["facilitator"])
    QualificationFactory(member=holder, category=laser.category, level=2, expires_on=DAY - timedelta(days=1))
    problem = refused(take_on, DAY, laser, holder, 14, 15)
    assert problem.codes == ["qualification_missing"]
    assert str((DAY - timedelta(days=1)).year) in problem.problems[0].message
    waive_for_a_day(actor=facilitator, member=holder, category=laser.category, day=DAY, motive="formation lundi")
    assert take_on(DAY, laser, holder, 14, 15).state == State.CONFIRMED
    register = QualificationWaiver.objects.get()
    assert (register.granted_by, register.motive, register.day) == (facilitator, "formation lundi", DAY)
    tomorrow = DAY + timedelta(days=1)
    open_lab(14, 17, day=tomorrow)
    assert refused(take_on, tomorrow, laser, holder, 14, 15).codes == ["qualification_missing"]


def test_only_the_director_sets_the_agreement_aside_and_never_in_silence(lab: Lab) -> None:
    child = child_of(papers=False)
    enrol(actor=None, person=child, kind="youth")
    machine = MachineFactory()
    asked = {"waive": ["consent_missing"], "waive_reason": "accord écrit, scan à venir"}
    assert refused(take_on, DAY, machine, child, 14, 15, actor=lab.manager, **asked).codes == ["not_allowed"]
    director = StaffFactory(roles=["director"])
    assert refused(take_on, DAY, machine, child, 14, 15, actor=director, waive=["consent_missing"]).codes == [
        "not_allowed"
    ]
    made = take_on(DAY, machine, child, 14, 15, actor=director, **asked)
    assert (made.waived, made.waive_reason) == (["consent_missing"], "accord écrit, scan à venir")


# --- trial visits ---


def test_two_days_before_joining_and_then_a_refusal_until_one_joins() -> None:
    person, machine = MemberFactory(birth_date=date(1990, 1, 1), papers=False), MachineFactory()
    days = [DAY + timedelta(days=number) for number in range(3)]
    for day in days:
        open_lab(14, 17, day=day)
    first, second = (take_on(day, machine, person, 14, 15) for day in days[:2])
    assert (first.trial, second.trial) == (True, True)
    assert refused(take_on, days[2], machine, person, 14, 15).codes == ["membership_expired"]
    assert move(actor=person, reservation=second, starts_at=wall(15, days[2]), ends_at=wall(16, days[2])).trial
    cancel(actor=person, reservation=first)
    assert take_on(days[0], machine, person, 14, 15).trial
    enrol(actor=None, person=person, kind="adult")
    assert take_on(days[1], machine, person, 14, 15).trial is False


# --- guardians ---


def test_a_guardian_books_moves_and_cancels_for_their_child_only(lab: Lab) -> None:
    made = lab.book(actor=lab.parent)
    assert (made.member, made.created_by) == (lab.ines, lab.parent)
    moved = move(actor=lab.parent, reservation=made, starts_at=wall(15, DAY), ends_at=wall(16, DAY))
    assert cancel(actor=lab.parent, reservation=moved).state == State.CANCELLED
    stranger = child_of()
    with pytest.raises(PermissionDenied):
        take_on(DAY, lab.printer, stranger, 14, 15, actor=lab.parent)
    with pytest.raises(PermissionDenied):
        take_on(DAY, lab.printer, lab.parent, 14, 15, actor=lab.ines)


@pytest.mark.parametrize("path", ["", "?pour=abc", "?pour=999999999999999999999", "?pour={stranger}"])
def test_the_booking_page_of_a_child_exists_for_their_guardian_alone(lab: Lab, path: str) -> None:
    stranger, client = child_of(first_name="Canari"), Client()
    client.force_login(lab.parent)
    page = "/machines/imprimante-2/reserver/"
    assert client.get(f"{page}?pour={lab.ines.pk}").status_code == 200
    answer = client.get(page + path.format(stranger=stranger.pk))
    assert answer.status_code == (404 if path else 200)
    assert "Canari" not in answer.content.decode()
    assert Client().get(f"{page}?pour={lab.ines.pk}").status_code == 404
