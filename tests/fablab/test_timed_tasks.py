"""What time brings about, once, twice, late, and when one part of it fails."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from booking.models import Reservation, State
from cms.models import StandardPage
from fablab import timed
from fablab.timed import TASKS, Outcome, Task, run_all
from members.models import Message
from place.models import OpeningKind, OpeningPeriod
from place.patterns import Frequency, RuleSpec
from place.services import plan_openings
from tests.factories.booking import ReservationFactory, wall
from tests.factories.cms import site_tree
from tests.factories.faults import FaultFactory
from tests.factories.members import AdultFactory
from tests.factories.workshops import WorkshopFactory
from workshops.models import WorkshopSession
from workshops.services import schedule_series

NOW = wall(20)
pytestmark = pytest.mark.usefixtures("db")


def counts() -> dict[str, int]:
    return {outcome.name: outcome.count for outcome in run_all(NOW) if not outcome.problem}


def late_lab() -> None:
    """Leave undone one thing of each kind, as after days without a turn."""
    weekly = RuleSpec(frequency=Frequency.WEEKLY)
    start, end, planned = wall(14), wall(18), NOW - timedelta(days=3)
    plan_openings(
        kind=OpeningKind.OPEN_LAB, label="Open lab", starts_at=start, ends_at=end, actor=None, rule=weekly, now=planned
    )
    schedule_series(workshop=WorkshopFactory(), starts_at=start, ends_at=end, rule=weekly, actor=None, now=planned)
    Message.objects.create(
        recipient=AdultFactory(email="lea@example.org"), via="mail", subject="Ta réservation", body="À demain.",
        created_at=NOW - timedelta(hours=5),
    )  # fmt: skip
    ReservationFactory(state=State.CHECKED_IN)
    ReservationFactory(state=State.CHECKED_IN, starts_at=wall(19.5), ends_at=wall(21))
    ReservationFactory(machine__no_show_minutes=30, member__email="")
    FaultFactory(state="dismissed", decided_at=NOW - timedelta(days=80), photo=b"x")
    Session.objects.create(session_key="old", session_data="", expire_date=NOW - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=NOW + timedelta(days=1))


def test_a_turn_catches_up_and_a_second_one_finds_nothing() -> None:
    late_lab()
    later = NOW + timedelta(days=21)
    first = {outcome.name: outcome.count for outcome in run_all(later)}
    assert first == {
        "messages sent": 1,
        "absences noted": 1,
        "freed times offered": 0,
        "bookings done": 2,
        "bookings compared with what happened": 3,
        "opening dates laid out": 4,
        "workshop dates laid out": 4,
        "workshop dates with too few people called off": 0,
        "kept workshop places given to the next": 0,
        "workshop places confirmed by a signature": 0,
        "reminders of workshops": 0,
        "answers to workshops forgotten": 0,
        "forgotten quizzes ended": 0,
        "bookings put in doubt or confirmed": 0,
        "forgotten visits ended": 0,
        "pages turned": 0,
        "pictures shown or withheld": 0,
        "habilitations ended for want of use": 0,
        "maintenance opened or bookings stopped": 0,
        "photos of faults forgotten": 1,
        "old sign-ins forgotten": 2,
        "old request keys forgotten": 0,
        "old machine messages forgotten": 0,
    }
    assert [message.subject for message in mail.outbox] == ["Ta réservation"]
    again = {outcome.name: outcome.count for outcome in run_all(later)}
    assert again == dict.fromkeys(first, 0)


def test_a_booking_under_way_is_not_done_yet() -> None:
    late_lab()
    assert counts()["bookings done"] == 1
    assert Reservation.objects.get(state=State.CHECKED_IN).ends_at == wall(21)
    assert Session.objects.get().session_key == "new"


def test_pages_come_and_go_at_their_time() -> None:
    home = site_tree()
    past = timezone.now() - timedelta(hours=1)
    over, due = StandardPage(title="Stage d’été"), StandardPage(title="Rentrée", live=False)
    home.add_child(instance=over)
    home.add_child(instance=due)
    StandardPage.objects.filter(pk=over.pk).update(expire_at=past)
    due.go_live_at = past
    revision = due.save_revision(approved_go_live_at=past)
    assert timed.turn_pages(timezone.now()) == 2
    over.refresh_from_db()
    due.refresh_from_db()
    assert (over.live, due.live, revision.pk == due.live_revision_id) == (False, True, True)
    assert timed.turn_pages(timezone.now()) == 0


def test_one_task_that_fails_does_not_stop_the_others() -> None:
    def broken(_now: object) -> int:
        raise RuntimeError("no room left")

    tasks = [Task("first", lambda _now: 1), Task("broken", broken), Task("last", lambda _now: 3)]
    outcomes = list(run_all(NOW, tasks))
    assert [(outcome.count, outcome.problem) for outcome in outcomes] == [
        (1, ""),
        (0, "RuntimeError: no room left"),
        (3, ""),
    ]
    assert str(outcomes[1]) == "broken: failed, RuntimeError: no room left"


def test_the_command_prints_a_line_a_task() -> None:
    out = StringIO()
    call_command("run_timed_tasks", stdout=out)
    assert [line.partition(":")[0] for line in out.getvalue().splitlines()] == [task.name for task in TASKS]


def test_the_command_exits_1_when_a_task_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed, "_run", lambda task, _now: Outcome(task.name, problem="OSError: disc full"))
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("run_timed_tasks", stdout=out)
    assert ended.value.code == 1
    assert out.getvalue().splitlines()[0] == "messages sent: failed, OSError: disc full"


@pytest.mark.parallel
def test_two_turns_at_once_do_each_thing_once(committed_db: object) -> None:
    """Whoever comes second finds what is due already done."""
    late_lab()
    start = Barrier(2)

    def turn() -> list[Outcome]:
        start.wait(timeout=30)
        try:
            return list(run_all(NOW + timedelta(days=21)))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        one, two = (pool.submit(turn) for _number in range(2))
        both = list(zip(one.result(), two.result(), strict=True))
    assert [a.problem + b.problem for a, b in both] == [""] * len(TASKS)
    assert [a.count + b.count for a, b in both] == [1, 1, 0, 2, 3, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0]
    assert len(mail.outbox) == 1
    for rows in (OpeningPeriod.objects.all(), WorkshopSession.objects.all()):
        assert rows.values("starts_at").distinct().count() == rows.count()
