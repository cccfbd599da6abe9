"""The raw log gives the same sessions again, or the command says where they part."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from iot_bridge.models import MachineMessage
from iot_bridge.replay import FINE_STEP
from iot_bridge.services import Ingest
from machines.models import UsageSession
from tests.factories.iot_bridge import DeviceFactory, PlugFactory, capture, utc

pytestmark = pytest.mark.django_db
PERIOD = ("--from", "2026-11-20", "--to", "2026-11-25")


def ingest(*names: str) -> None:
    """Let the bridge take captures, a few messages at a time."""
    bridge = Ingest()
    for name in names:
        messages = capture(name)
        for start in range(0, len(messages), 5):
            batch = messages[start : start + 5]
            bridge.ingest(batch)
            bridge.tick(batch[-1].received_at, messages[0].received_at)
        bridge.tick(messages[-1].received_at + FINE_STEP, messages[0].received_at)


def rebuilt(*arguments: str) -> tuple[dict, int]:
    out, code = StringIO(), 0
    try:
        call_command("rebuild_usage", "--json", *(arguments or PERIOD), stdout=out)
    except CommandError as error:
        code = error.returncode
    return json.loads(out.getvalue()), code


@pytest.fixture
def printers():
    DeviceFactory()
    DeviceFactory(kind="moonraker", base="voron1")


def test_the_log_gives_the_same_sessions_again(printers):
    ingest("octoprint_01", "octoprint_02", "octoprint_06", "moonraker_01", "moonraker_03", "moonraker_06")
    kept = UsageSession.objects.count()
    assert rebuilt() == ({"equal": kept, "differing": []}, 0)
    assert (kept, UsageSession.objects.count()) == (6, 6)


def test_a_laser_behind_a_plug_too():
    PlugFactory()
    ingest("tasmota_laser")
    day = UsageSession.objects.latest("started_at").started_at.date()
    assert rebuilt("--from", str(day - timedelta(days=1)), "--to", str(day)) == ({"equal": 2, "differing": []}, 0)


def test_a_session_changed_since_is_shown_beside_what_the_log_says(printers):
    ingest("octoprint_01", "octoprint_02")
    first = UsageSession.objects.earliest("started_at")
    UsageSession.objects.filter(pk=first.pk).update(ended_at=first.ended_at + timedelta(hours=1))
    found, code = rebuilt()
    (one,) = found["differing"]
    assert (found["equal"], code, one["key"]) == (1, 1, first.natural_key)
    assert one["rebuilt"]["ended_at"] == first.ended_at.isoformat(timespec="milliseconds")


def test_a_session_of_which_the_log_knows_nothing_any_more_is_shown(printers):
    ingest("octoprint_01", "octoprint_02")
    MachineMessage.objects.filter(received_at__lt=utc(1795310240)).delete()
    found, code = rebuilt()
    assert (found["equal"], code, [one["rebuilt"] for one in found["differing"]]) == (1, 1, [None])


def test_only_what_began_in_the_period_is_compared(printers):
    ingest("octoprint_01")
    assert rebuilt("--from", "2026-11-23", "--to", "2026-11-25") == ({"equal": 0, "differing": []}, 0)


@pytest.mark.parametrize("arguments", [("--machine", "nowhere"), ("--from", "2026-11-25", "--to", "2026-11-20")])
def test_what_cannot_be_asked_is_one_sentence_and_exit_2(printers, arguments):
    with pytest.raises(CommandError) as refused:
        call_command("rebuild_usage", *arguments)
    assert (refused.value.returncode, "\n" in str(refused.value)) == (2, False)
