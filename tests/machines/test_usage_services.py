"""The one writer of machine uses: one row a job, handlers told in the same transaction."""

from datetime import UTC, datetime, timedelta

import pytest

from machines.models import Attribution, Machine, Outcome, UsageSession
from machines.services import usage
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
T = datetime(2026, 11, 25, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)
heard: list[tuple] = []


def listen(event: str, session: UsageSession) -> None:
    """A handler as settings name it."""
    heard.append((event, session.natural_key, session.outcome))


def refuse(event: str, session: UsageSession) -> None:
    raise RuntimeError(event)


@pytest.fixture(autouse=True)
def _handlers(settings):
    heard.clear()
    settings.USAGE_HANDLERS = [f"{__name__}.listen"]


def opened(machine: Machine, key: str = "a@1", **about) -> UsageSession:
    return usage.open_usage(machine, **({"source": "octoprint:o", "natural_key": key, "started_at": T} | about))


def test_same_job_told_twice_is_one_row_and_told_once():
    machine = MachineFactory()
    assert opened(machine) == opened(machine)
    assert heard == [("opened", "a@1", None)]


def test_job_already_ended_is_not_opened_again():
    machine = MachineFactory()
    usage.close_usage(opened(machine), ended_at=T + HOUR, outcome=Outcome.COMPLETED)
    assert opened(machine).ended_at == T + HOUR


def test_use_left_open_by_the_same_source_ends_at_its_last_sign_of_life():
    machine = MachineFactory()
    usage.note_evidence(opened(machine), at=T + HOUR)
    opened(machine, "b@2", started_at=T + 3 * HOUR)
    first = UsageSession.objects.get(natural_key="a@1")
    assert (first.ended_at, first.outcome, first.estimated) == (T + HOUR, "unknown", True)
    assert heard == [("opened", "a@1", None), ("closed", "a@1", "unknown"), ("opened", "b@2", None)]


def test_two_sources_may_report_at_once():
    machine = MachineFactory()
    opened(machine)
    opened(machine, "x", source="tasmota:t")
    assert UsageSession.objects.filter(ended_at=None).count() == 2


def test_first_end_stands():
    session = opened(MachineFactory())
    usage.close_usage(session, ended_at=T + HOUR, outcome=Outcome.CANCELLED)
    usage.close_usage(session, ended_at=T + 2 * HOUR, outcome=Outcome.FAILED)
    session.refresh_from_db()
    assert (session.ended_at, session.outcome) == (T + HOUR, "cancelled")
    assert len(heard) == 2


def test_end_that_was_not_seen_is_corrected_when_it_is_known():
    session = opened(MachineFactory())
    usage.close_usage(session, ended_at=T + HOUR, outcome=Outcome.UNKNOWN, estimated=True)
    usage.close_usage(session, ended_at=T + 2 * HOUR, outcome=Outcome.COMPLETED)
    session.refresh_from_db()
    assert (session.ended_at, session.outcome, session.estimated) == (T + 2 * HOUR, "completed", False)


def test_end_before_the_start_becomes_the_start():
    session = usage.close_usage(opened(MachineFactory()), ended_at=T - HOUR, outcome=Outcome.COMPLETED)
    assert session.ended_at == T


def test_unknown_values_are_left_as_they_stand():
    machine = MachineFactory()
    session = opened(machine)
    usage.add_energy(machine, 12.5)
    usage.add_energy(machine, 7.5)
    usage.set_paused_seconds(session, 90)
    closed = usage.close_usage(session, ended_at=T + HOUR, outcome=Outcome.COMPLETED)
    assert (closed.energy_wh, closed.paused_seconds) == (20.0, 90)


def test_given_up_use_is_taken_up_again_unless_another_runs():
    machine = MachineFactory()
    session = opened(machine)
    usage.close_usage(session, ended_at=T, outcome=Outcome.UNKNOWN)
    assert usage.reopen_usage(session, evidence_at=T + HOUR).ended_at is None
    usage.close_usage(session, ended_at=T, outcome=Outcome.UNKNOWN)
    opened(machine, "b@2")
    assert usage.reopen_usage(session, evidence_at=T + HOUR).outcome == "unknown"


def test_completed_use_is_never_taken_up_again():
    session = opened(MachineFactory())
    usage.close_usage(session, ended_at=T + HOUR, outcome=Outcome.COMPLETED)
    assert usage.reopen_usage(session, evidence_at=T + 2 * HOUR).ended_at == T + HOUR


def test_older_sign_of_life_changes_nothing():
    session = opened(MachineFactory(), evidence_at=T + HOUR)
    usage.note_evidence(session, at=T)
    session.refresh_from_db()
    assert session.last_evidence_at == T + HOUR


def test_handler_that_fails_takes_the_use_with_it(settings):
    settings.USAGE_HANDLERS = [f"{__name__}.refuse"]
    with pytest.raises(RuntimeError, match="opened"):
        opened(MachineFactory())
    assert UsageSession.objects.count() == 0


def test_measured_state_said_again_keeps_its_date():
    machine = MachineFactory()
    usage.set_measured(machine, "idle", T)
    usage.set_measured(machine, "idle", T + HOUR)
    machine.refresh_from_db()
    assert (machine.measured_state, machine.measured_since) == ("idle", T)


def test_unknown_measured_state_is_refused():
    with pytest.raises(ValueError, match="broken"):
        usage.set_measured(MachineFactory(), "broken", T)


def test_use_is_attributed_to_a_person():
    member, session = MemberFactory(), opened(MachineFactory())
    usage.attribute(session, member=member, attribution=Attribution.STAFF)
    session.refresh_from_db()
    assert (session.member, session.attribution) == (member, "staff")
