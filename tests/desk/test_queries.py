"""What the wall board knows, for those who may see names and for everybody else."""

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from booking.models import Kind, State
from desk.queries import Tile, board
from machines.models import Attribution, Machine, Measured, Outcome
from machines.services import usage
from members.models import User
from tests.factories.booking import ReservationFactory, close_lab, wall
from tests.factories.machines import MachineFactory, OutageFactory
from tests.factories.members import MemberFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory, WorkshopFactory

pytestmark = pytest.mark.usefixtures("open_day")


@pytest.fixture
def now() -> datetime:
    return wall(14.5).replace(second=20)


@pytest.fixture
def ines(db: None) -> User:
    return MemberFactory(first_name="Inès", last_name="Belcastel", username="inesb")


def tile(now: datetime, *, names: bool = False) -> Tile:
    (only,) = board(now, names=names).tiles
    return only


def running(machine: Machine, started_at: datetime, *, progress: int | None = None, **fields: object) -> None:
    session = usage.open_usage(
        machine, source="native:x", natural_key="1", started_at=started_at, job_name="boite.gcode"
    )
    usage.set_measured(machine, Measured.IN_USE, started_at)
    usage.set_progress(machine, progress)
    usage.note_contact(machine, started_at)
    if fields:
        usage.attribute(session, **fields)


def test_nothing_of_a_person_is_on_the_board_of_those_who_may_not_know(now: datetime, ines: User) -> None:
    machine = MachineFactory()
    ReservationFactory(machine=machine, member=ines)
    ReservationFactory(machine=machine, member=ines, starts_at=wall(16))
    running(machine, wall(14), member=ines, attribution=Attribution.RESERVATION)
    RegistrationFactory(session=SessionFactory(starts_at=wall(15)), member=ines)
    shown = repr(board(now, names=False))
    assert [word for word in ("Inès", "Belcastel", "inesb", "boite.gcode") if word in shown] == []


def test_staff_see_first_name_and_initial_and_the_job(now: datetime, ines: User) -> None:
    machine = MachineFactory()
    running(machine, wall(14), member=ines, attribution=Attribution.RESERVATION)
    ReservationFactory(machine=machine, member=ines, starts_at=wall(16))
    shown = tile(now, names=True)
    assert (shown.who, shown.job) == ("Inès B.", "boite.gcode")
    assert shown.coming is not None
    assert (shown.coming.starts_at, shown.coming.who) == (wall(16), "Inès B.")
    assert "Belcastel" not in repr(shown)


def test_a_booking_under_way_says_until_when(now: datetime, ines: User) -> None:
    ReservationFactory(member=ines)
    assert (tile(now).state, tile(now).busy_until, tile(now).who) == ("reserved", wall(15), "")
    assert tile(now, names=True).who == "Inès B."


@pytest.mark.parametrize("state", [State.CANCELLED, State.NO_SHOW, State.DONE])
def test_a_booking_that_is_over_is_not_shown(now: datetime, state: str) -> None:
    ReservationFactory(state=state, starts_at=wall(16))
    assert tile(now, names=True).coming is None


def test_a_workshop_takes_a_machine_without_a_person(now: datetime) -> None:
    ReservationFactory(kind=Kind.WORKSHOP, member=None, created_by=None)
    assert (tile(now, names=True).kind, tile(now, names=True).who) == ("workshop", "")


def test_tomorrow_is_not_on_the_board(now: datetime) -> None:
    ReservationFactory(starts_at=wall(24 + 10))
    assert tile(now).coming is None


def test_a_use_that_nobody_booked_is_told_with_its_start(now: datetime) -> None:
    machine = MachineFactory()
    running(machine, wall(14.2))
    assert (tile(now).at_work, tile(now).unbooked_since) == (True, wall(14.2))


@pytest.mark.parametrize(
    ("progress", "expected"),
    [(None, None), (9, None), (50, wall(15)), (64, wall(14.5 + 20 / 60)), (100, None)],
)
def test_the_end_of_a_job_is_guessed_from_its_pace(now: datetime, progress: int | None, expected: datetime) -> None:
    machine = MachineFactory()
    running(machine, wall(14), progress=progress)
    usage.note_contact(machine, now)
    assert (tile(now).progress, tile(now).ends_about) == (progress, expected)


def test_the_guess_of_a_silent_machine_stands_where_it_was_last_heard(now: datetime) -> None:
    machine = MachineFactory()
    running(machine, wall(14), progress=40)
    usage.note_contact(machine, wall(14.25))
    assert (tile(now).ends_about, tile(now).contact_minutes) == (wall(14 + 40 / 60), 15)


def test_an_ended_use_leaves_the_board(now: datetime) -> None:
    machine = MachineFactory()
    running(machine, wall(14))
    usage.close_usage(machine.usage_sessions.get(), ended_at=wall(14.4), outcome=Outcome.COMPLETED)
    usage.set_measured(machine, Measured.IDLE, wall(14.4))
    assert (tile(now).state, tile(now).unbooked_since) == ("free", None)


def test_an_offline_machine_says_when_it_was_heard(now: datetime) -> None:
    MachineFactory(measured_state=Measured.OFFLINE, last_contact_at=wall(14.5) - timedelta(minutes=4))
    assert (tile(now).state, tile(now).contact_minutes) == ("offline", 4)


@pytest.mark.parametrize(("silent_minutes", "expected"), [(3, None), (4, 4)])
def test_a_machine_at_work_is_stale_after_three_silent_minutes(
    now: datetime, silent_minutes: int, expected: int | None
) -> None:
    heard = wall(14.5) - timedelta(minutes=silent_minutes)
    MachineFactory(measured_state=Measured.IN_USE, last_contact_at=heard)
    assert tile(now).contact_minutes == expected


def test_an_outage_says_why_and_since_when(now: datetime) -> None:
    OutageFactory(starts_at=wall(9), reason="buse bouchée")
    assert (tile(now).state, tile(now).reason, tile(now).down_since) == ("down", "buse bouchée", wall(9))


def test_the_sessions_of_today_that_are_not_over_are_counted(now: datetime) -> None:
    full = SessionFactory(workshop=WorkshopFactory(places=1, title="Quiz"), starts_at=wall(15))
    RegistrationFactory(session=full)
    RegistrationFactory(session=full, status="waitlisted")
    SessionFactory(starts_at=wall(10))
    SessionFactory(starts_at=wall(24 + 15))
    (sitting,) = board(now, names=False).sittings
    assert (sitting.title, sitting.places_left, sitting.waiting, sitting.state) == ("Quiz", 0, 1, "scheduled")


def test_the_board_says_until_when_the_lab_is_open(now: datetime) -> None:
    MachineFactory()
    close_lab(17, 20)
    assert (board(now, names=False).open_until, board(now, names=False).opens_at) == (wall(17), None)
    early = board(wall(9), names=False)
    assert (early.open_until, early.opens_at) == (None, wall(14))


def test_the_number_of_queries_does_not_grow(
    now: datetime, ines: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(7):
        machine = MachineFactory()
        ReservationFactory(machine=machine, member=ines, starts_at=wall(16 + _number / 8), ends_at=wall(17.9))
        running(machine, wall(14), member=MemberFactory(), attribution=Attribution.BADGE)
        SessionFactory(starts_at=wall(15))
    with django_assert_num_queries(6):
        board(now, names=True)


def test_the_board_changes_with_what_is_seen_and_with_nothing_else(now: datetime) -> None:
    machine = MachineFactory(measured_state=Measured.IDLE)
    before = board(now, names=False)
    usage.note_contact(machine, now)
    assert board(now + timedelta(seconds=30), names=False) == before
    assert board(now + timedelta(seconds=60), names=False) != before
    usage.set_measured(machine, Measured.PAUSED, now)
    assert board(now, names=False) != before
