"""Several people say at once that somebody is there, while the machine ends: each in a connection of its own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from machines.models import Outcome, PresenceCheck
from machines.services.presence import confirm_presence
from machines.services.usage import close_usage, open_usage
from members.models import AuditEntry
from tests.factories.machines import MachineFactory
from tests.factories.members import StaffFactory
from tests.factories.presence import asked
from tests.workshops.test_parallel import all_at_once

pytestmark = [pytest.mark.parallel, pytest.mark.usefixtures("committed_db")]


def test_many_at_once_are_one_answer_and_one_next_round() -> None:
    machine = MachineFactory(presence_minutes=2, presence_again_minutes=10)
    check, team = asked(machine, started_at=timezone.now()), StaffFactory.create_batch(4, roles=["desk"])
    found = all_at_once([lambda one=one: confirm_presence(actor=one, check=check) for one in team * 2])
    assert len({(row.confirmed_at, row.confirmed_by_id) for row in found}) == 1
    assert PresenceCheck.objects.filter(confirmed_at=None).count() == 1
    assert AuditEntry.objects.filter(action="presence.confirmed").count() == 1


def test_one_use_told_many_times_at_once_is_asked_about_once() -> None:
    machine, started = MachineFactory(presence_minutes=2), timezone.now()
    told = {"source": "test", "natural_key": "1", "started_at": started}
    all_at_once([lambda: open_usage(machine, **told).pk] * 8)
    assert PresenceCheck.objects.count() == 1


def test_an_end_at_the_same_moment_leaves_an_answer_or_none_but_no_round_that_waits_for_ever() -> None:
    machine = MachineFactory(presence_minutes=2, presence_again_minutes=10)
    check, desk = asked(machine, started_at=timezone.now()), StaffFactory(roles=["desk"])
    end = {"ended_at": timezone.now() + timedelta(seconds=1), "outcome": Outcome.COMPLETED}
    all_at_once(
        [
            lambda: confirm_presence(actor=desk, check=check),
            lambda: close_usage(check.session, **end),
        ]
    )
    rows = PresenceCheck.objects.filter(session=check.session)
    assert list(rows.values_list("pk", flat=True)) == [check.pk]
