"""Thresholds proposed from what a plug measured, and what they would have counted."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_bridge import calibrating
from iot_bridge.calibration import Bar, Level, durations, histogram, levels, propose
from iot_bridge.rules import PowerRule
from iot_bridge.services import Ingest
from tests.factories.iot_bridge import PlugFactory, capture, utc

PRESENT = PowerRule()


def every(seconds: float, *watts: float) -> list[tuple[float, float]]:
    return [(number * seconds, power) for number, power in enumerate(watts)]


def test_each_power_counts_as_long_as_it_lasted_but_never_for_a_silence():
    assert durations([(0, 8.0), (10, 300.0), (500, 8.0)]) == [(10, 8.0), (60, 300.0)]


def test_histogram_goes_from_zero_to_the_highest():
    assert histogram([(10, 0.0), (20, 9.0), (5, 19.0)], bars=2) == [Bar(0, 10, 30), Bar(10, 20, 5)]


def test_a_peak_on_switching_is_no_level():
    assert levels([(1000, 8.0), (0.5, 2400.0), (500, 200.0)]) == [Level(8, 8), Level(200, 200)]


def test_chiller_is_rest_because_it_is_flat_and_cutting_is_work_because_it_varies():
    found = propose(every(10, *[8] * 30, *[96] * 30, *range(180, 450, 9)), PRESENT)
    assert found is not None
    assert (found.rests, found.works) == ((Level(8, 8), Level(96, 96)), (Level(180, 432),))
    assert found.rule == PowerRule(152, 5, 124, 45)


def test_printing_below_a_heater_is_work_too():
    found = propose(every(10, *[8] * 30, *range(80, 120), *[350] * 10), PRESENT)
    assert found is not None
    assert (found.rests, found.rule.start_watts) == ((Level(8, 8),), 56)


def test_flat_work_is_the_highest_level():
    found = propose(every(10, *[8] * 30, *[40] * 30, *[300] * 30), PRESENT)
    assert found is not None
    assert found.works == (Level(300, 300),)


@pytest.mark.parametrize("watts", [[], [8], [8] * 50])
def test_one_level_alone_proposes_nothing(watts):
    assert propose(every(10, *watts), PRESENT) is None


def test_stop_hold_is_longer_than_the_gaps_in_a_job():
    job = [300, 310, *[96] * 8, 320, 400]
    found = propose(every(10, *[96] * 50, *job, *[96] * 50), PRESENT)
    assert found is not None
    assert found.rule.stop_hold == 120


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 3680)), max_size=60))
def test_whatever_was_measured_the_thresholds_are_in_order(steps):
    at, measures = 0.0, []
    for gap, watts in steps:
        at += gap
        measures.append((at, watts))
    assert sum(bar.seconds for bar in histogram(durations(measures))) == pytest.approx(
        sum(seconds for seconds, _watts in durations(measures))
    )
    found = propose(measures, PRESENT)
    if found is not None:
        assert 0 <= found.rests[-1].high <= found.rule.stop_watts <= found.rule.start_watts <= found.works[0].low


@pytest.fixture
def laser(db):
    plug = PlugFactory()
    messages = capture("tasmota_laser")
    Ingest().ingest(messages)
    return plug, utc(messages[-1].received_at)


def test_proposal_for_the_laser_finds_its_two_jobs(laser):
    told = calibrating.recording(*laser)
    found = propose(told.measures, PRESENT)
    assert found is not None
    assert [round(use.ended_at - use.started_at) for use in calibrating.uses(told, found.rule)] == [840, 240]


def test_thresholds_of_an_appliance_would_count_the_chiller(laser):
    told = calibrating.recording(*laser)
    assert len(calibrating.uses(told, PowerRule(10, 0, 5, 0))) == 1


def test_older_than_seven_days_is_not_read(laser):
    plug, last = laser
    assert calibrating.recording(plug, last + timedelta(days=8)).messages == []


def test_no_more_than_the_newest_are_read(laser, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(calibrating, "MOST", 100)
    with django_assert_num_queries(5):
        told = calibrating.recording(*laser)
    assert (len(told.messages), told.cut) == (100, True)
    assert told.messages[-1].received_at == capture("tasmota_laser")[-1].received_at
