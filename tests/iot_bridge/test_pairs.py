"""A printer and the plug it hangs on: one job is one row, whoever tells it."""

import json
from dataclasses import replace

import pytest

from iot_bridge.messages import Message
from tests.factories.iot_bridge import listener, played, silence, summary

PRINTER = listener("octoprint", "o", "imprimante-1", 1)
PLUG = replace(listener("tasmota", "t", "imprimante-1", 2, companion=True), machine_id=PRINTER.machine_id)
BOTH = [PRINTER, PLUG]
T = 1_795_000_000.0
MINUTE = 60.0


def event(name: str, at: float) -> Message:
    payload = {"path": "a.gcode", "name": "a.gcode", "_timestamp": int(at)}
    return Message(f"o/event/{name}", json.dumps(payload).encode(), at)


def octoprint(word: str, at: float) -> Message:
    return Message("o/mqtt", word.encode(), at)


def watts(power: float, at: float, total: float | None = None) -> Message:
    energy = {"Power": power} | ({} if total is None else {"Total": total})
    return Message("tele/t/SENSOR", json.dumps({"Epoch": at, "ENERGY": energy}).encode(), at)


def steady(power: float, since: float, until: float) -> list[Message]:
    """What a plug says every ten seconds."""
    return [watts(power, since + 10 * number) for number in range(int((until - since) // 10))]


def uses(messages: list[Message]) -> list[tuple]:
    store = played(sorted(messages, key=lambda message: message.received_at), BOTH)
    found = [
        (use.source, use.started_at - T, use.ended_at and use.ended_at - T, use.outcome) for use in store.uses.values()
    ]
    assert all(not estimated or outcome for *_times, outcome, _paused, estimated in summary(store.uses.values()))
    return found


def test_the_job_is_counted_once_and_its_energy_is_the_plugs():
    messages = [watts(5, T, 1.0), event("PrintStarted", T + 1), *steady(180, T + 10, T + 300)]
    messages += [event("PrintDone", T + 300), *steady(5, T + 300, T + 900), watts(5, T + 900, 1.2)]
    assert uses(messages) == [("octoprint:o", 1, 300, "completed")]


def test_a_job_of_which_nobody_speaks_goes_on_while_the_machine_draws_power():
    """OctoPrint is cut off for an hour; its last will alone would have closed the job after a quarter of one."""
    messages = [octoprint("connected", T), event("PrintStarted", T + 1), octoprint("disconnected", T + 60)]
    messages += [*steady(180, T + 2, T + 3600), octoprint("connected", T + 3600), event("PrintDone", T + 3660)]
    assert uses(messages) == [("octoprint:o", 1, 3660, "completed")]


def test_an_orphan_ends_when_the_machine_came_to_rest():
    """Its end was lost with the computer that would have told it."""
    messages = [octoprint("connected", T), event("PrintStarted", T + 1), octoprint("disconnected", T + 60)]
    messages += [*steady(180, T + 10, T + 1200), *steady(4, T + 1200, T + 1500)]
    assert uses(messages) == [("octoprint:o", 1, 1200, "unknown")]


def test_a_lost_end_of_a_printer_that_is_there_is_seen_by_the_plug():
    messages = [octoprint("connected", T), event("PrintStarted", T + 1)]
    messages += [*steady(180, T + 10, T + 1200), *steady(4, T + 1200, T + 1200 + 12 * MINUTE)]
    assert uses(messages) == [("octoprint:o", 1, 1200, "unknown")]


def test_a_paused_job_with_cold_heaters_waits_for_a_hand():
    messages = [octoprint("connected", T), event("PrintStarted", T + 1), event("PrintPaused", T + 60)]
    messages += [*steady(180, T + 10, T + 60), *steady(4, T + 60, T + 3600), event("PrintResumed", T + 3600)]
    messages += [*steady(180, T + 3600, T + 3700), event("PrintDone", T + 3700)]
    assert uses(messages) == [("octoprint:o", 1, 3700, "completed")]


def test_without_the_one_who_tells_the_plug_counts():
    messages = [octoprint("disconnected", T), *steady(4, T, T + 11 * MINUTE)]
    messages += [*steady(180, T + 11 * MINUTE, T + 15 * MINUTE), *steady(4, T + 15 * MINUTE, T + 17 * MINUTE)]
    assert uses(messages) == [("tasmota:t", 660, 900, "completed")]


def test_a_print_from_the_memory_card_is_counted_when_it_lasts():
    messages = [octoprint("connected", T), *steady(180, T + 10, T + 1800), *steady(4, T + 1800, T + 1900)]
    assert uses(messages) == [("tasmota:t", 10, 1800, "completed")]


def test_a_preheated_bed_of_which_nobody_speaks_is_no_job():
    messages = [octoprint("connected", T), *steady(180, T + 10, T + 8 * MINUTE), *steady(4, T + 8 * MINUTE, T + 900)]
    assert uses(messages) == []


def test_what_the_plug_counted_ends_where_the_told_job_begins():
    messages = [octoprint("connected", T), *steady(180, T + 10, T + 1800), event("PrintStarted", T + 1000)]
    messages += [event("PrintDone", T + 1800), *steady(4, T + 1800, T + 1900)]
    assert uses(messages) == [("tasmota:t", 10, 1000, "unknown"), ("octoprint:o", 1000, 1800, "completed")]


def test_power_drawn_on_after_a_job_is_no_job_at_once():
    """The bed cools, the fan runs: nothing begins where the job ended."""
    messages = [octoprint("connected", T), event("PrintStarted", T + 1), *steady(180, T + 10, T + 400)]
    messages += [event("PrintDone", T + 300), *steady(4, T + 400, T + 1200)]
    assert uses(messages) == [("octoprint:o", 1, 300, "completed")]


@pytest.mark.parametrize("minutes", [5, 20])
def test_a_plug_that_says_nothing_is_no_witness(minutes):
    messages = [octoprint("connected", T), event("PrintStarted", T + 1), watts(4, T + 60)]
    messages += [silence(minutes * MINUTE, messages)]
    assert [use[2] for use in uses(messages)] == [None]
