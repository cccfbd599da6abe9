"""The supervisor in a process of its own, over small programs that stand for the real ones."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services import ROOT, wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(300)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
)
PARENT = (
    f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); print('up', flush=True); input()"
)
MAIN = """
import sys
from pathlib import Path
from scripts.supervisor import CannotStart, Program, Stopped, Supervisor

folder, vital = Path(sys.argv[1]), sys.argv[2] == "vital"
supervisor = Supervisor(lambda text: print(text, flush=True))
try:
    for number, code in enumerate(sys.argv[3:]):
        log = folder / f"{number}.log"
        supervisor.add(Program(f"program-{number}", [sys.executable, "-c", code], log=log, vital=vital))
    print("running", flush=True)
    supervisor.keep_running()
except Stopped:
    sys.exit(0)
except CannotStart as problem:
    print(problem)
    sys.exit(1)
finally:
    supervisor.end()
"""


class Run:
    """A supervisor process and the programs under it."""

    def __init__(self, folder: Path, programs: list[str], kind: str = "usual") -> None:
        self.folder, self.output = folder, folder / "output.txt"
        with self.output.open("w") as output:
            command = [sys.executable, "-c", MAIN, str(folder), kind, *programs]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)

    def wait_ready(self, count: int) -> None:
        logs = [self.folder / f"{number}.log" for number in range(count)]
        wait_until(lambda: all(log.exists() and "up" in log.read_text() for log in logs), what="the programs")

    def family(self) -> list[int]:
        """Return the processes below the supervisor."""
        return _below(self.process.pid)

    def text(self) -> str:
        return self.output.read_text()


def _below(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    children = [int(number) for number in path.read_text().split()] if path.exists() else []
    return children + [grandchild for child in children for grandchild in _below(child)]


def _is_running(pid: int) -> bool:
    """Tell whether a process is there and no mere entry that waits to be read (a zombie)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def supervise(tmp_path):
    runs = []

    def start(*programs: str, kind: str = "usual") -> Run:
        runs.append(Run(tmp_path, list(programs), kind))
        return runs[-1]

    yield start
    for run in runs:
        family = run.family()
        run.process.kill()
        run.process.wait()
        for pid in filter(_is_running, family):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_everything_within_five_seconds_without_traceback(supervise, number):
    run = supervise(SLEEPER, STUBBORN, PARENT)
    run.wait_ready(3)
    wait_until(lambda: len(run.family()) >= 4, 5, "the child of a program")
    family = run.family()
    started = time.monotonic()
    run.process.send_signal(number)
    assert run.process.wait(timeout=10) == 0
    assert time.monotonic() - started < 5
    assert [pid for pid in family if _is_running(pid)] == []
    assert run.text() == "running\n"


def test_killed_supervisor_takes_its_programs_along(supervise):
    run = supervise(SLEEPER, SLEEPER)
    run.wait_ready(2)
    family = run.family()
    run.process.kill()
    run.process.wait()
    wait_until(lambda: not any(_is_running(pid) for pid in family), 5, "the end of the programs")


def test_program_that_dies_is_reported_in_one_line_and_started_again(supervise):
    run = supervise(SLEEPER, SLEEPER)
    run.wait_ready(2)
    first = run.family()
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: "program-0 ended" in run.text(), 5, "the report")
    wait_until(lambda: len(run.family()) == 2 and run.family() != first, 5, "the restart")
    reports = run.text().splitlines()[1:]
    assert len(reports) == 1
    assert reports[0].startswith("program-0 ended (SIGKILL): up Started again in 0 s; log: ")


def test_vital_program_that_keeps_dying_stops_everything(supervise):
    run = supervise("raise SystemExit('no such table')", kind="vital")
    assert run.process.wait(timeout=20) == 1
    assert run.text().splitlines()[-1] == "program-0 ended 3 times in a row: no such table"
