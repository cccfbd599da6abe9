"""What `make test` promises whatever a step does: all are run, in their order, and nothing left out is forgotten."""

import sys
import time

import pytest

from scripts import verify
from scripts.verify import Report, Runner, Step
from tests.services import ServiceMissing


@pytest.fixture
def report(tmp_path):
    return Report(tmp_path / "not-run.txt")


def step(name, program="", **about):
    return Step(name, [sys.executable, "-c", program], **about)


def test_step_that_fails_lets_the_others_end_and_is_named(report, capfd):
    runner = Runner(report, lacking=[])
    runner.run([[step("first", "import sys; sys.exit('broken')"), step("second", "print('fine')")], [step("third")]])
    said = capfd.readouterr().out
    assert list(report.lines()) == ["Failed: first"]
    assert report.exit_code == 1
    assert "--- first\nbroken\n--- first: FAILED in" in said
    assert "--- second\nfine\n--- second: passed in" in said
    assert "--- third: passed in" in said
    assert said.index("--- first: FAILED") < said.index("--- second: passed")


def test_lanes_run_beside_each_other_and_what_they_say_is_kept_apart(report, tmp_path, capfd):
    meet = """
import pathlib, time
here, there = pathlib.Path({0!r}), pathlib.Path({1!r})
print("begins")
here.touch()
deadline = time.monotonic() + 30
while not there.exists():
    assert time.monotonic() < deadline
    time.sleep(0.01)
print("met")
"""
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    began = time.monotonic()
    Runner(report, lacking=[]).run([[step("one", meet.format(one, other))], [step("other", meet.format(other, one))]])
    assert time.monotonic() - began < 30
    assert report.exit_code == 0
    said = capfd.readouterr().out
    assert all(f"--- {name}\nbegins\nmet\n--- {name}: passed" in said for name in ("one", "other"))


def test_what_cannot_be_run_is_said_and_is_a_failure_in_ci(report, monkeypatch, capfd):
    lanes = [[step("texts", needs="xgettext"), step("on PostgreSQL", postgres=True), step("rest", "print('ran')")]]
    Runner(report, ["xgettext"], ServiceMissing("initdb is away")).run(lanes)
    assert "ran" in capfd.readouterr().out
    assert list(report.lines()) == [
        "Not run: texts, because xgettext is not installed",
        "Not run: on PostgreSQL, because initdb is away",
    ]
    monkeypatch.setattr(verify, "IN_CI", False)
    assert report.exit_code == 0
    monkeypatch.setattr(verify, "IN_CI", True)
    assert report.exit_code == 1


def test_tests_that_were_not_run_are_noted_by_their_step(report):
    note = "import os; open(os.environ['FABLAB_NOT_RUN'], 'a').write('3 test(s), because mosquitto is away\\n')"
    Runner(report, lacking=[]).run([[step("tests", note)]])
    assert list(report.lines()) == ["Not run: 3 test(s), because mosquitto is away"]


def test_every_step_stands_in_one_lane_and_everything_is_asked_for():
    names = [one.name for lane in verify.SUITES["all"] for one in lane]
    assert len(names) == len(set(names))
    assert {one.name for one in verify.STATIC} < set(names)
    assert {"tests on SQLite", "tests in a browser", "tests on PostgreSQL"} < set(names)
