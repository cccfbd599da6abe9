"""Keep a few programs running as one: started together, restarted when they die, gone together."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
TICK_S, GRACE_S = 0.1, 3.0
STEADY_S = 60.0  # a program that ran so long is restarted at once when it dies
SLOWEST_RESTART_S = 30.0
TRIES_OF_A_VITAL = 3


class Stopped(Exception):
    """Somebody asked for the end (SIGINT or SIGTERM)."""


class CannotStart(Exception):
    """Something without which nothing works; the text is one sentence."""


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _before_exec() -> None:
    """Make a child end with its supervisor, whatever kills that one, and leave Ctrl-C to it."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Program:
    """One program to keep running; `every` seconds for one that does its turn and ends."""

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, vital: bool = False, every: float = 0.0
    ) -> None:
        self.name, self.command, self.log = name, list(command), log
        self.vital, self.every = vital, every
        self.process: subprocess.Popen | None = None
        self.started_at = self.due_at = 0.0
        self.failures = 0

    def start(self, environment: Mapping[str, str]) -> None:
        self.started_at = time.monotonic()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                preexec_fn=_before_exec,  # noqa: PLW1509 -- the supervisor has one thread
            )  # fmt: skip

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def plan_next(self) -> str:
        """Note the end of the process and when to start it again; return what to report ("" when all is well)."""
        assert self.process is not None
        code, self.process = self.process.returncode, None
        now = time.monotonic()
        if self.every and code == 0:
            self.failures, self.due_at = 0, self.started_at + self.every
            return ""
        self.failures = 1 if now - self.started_at > STEADY_S else self.failures + 1
        delay = max(min(2.0 ** (self.failures - 1) - 1, SLOWEST_RESTART_S), self.every)
        self.due_at = now + delay
        return (
            f"{self.name} ended ({_ending(code)}): {self.last_line()} Started again in {delay:.0f} s; log: {self.log}"
        )

    def first_line(self) -> str:
        """Return what the program said of itself when it started."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            return log.readline().strip()

    def last_line(self) -> str:
        """Return the end of the log, a reader's first hint."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            lines = log.read().decode("utf-8", errors="replace").splitlines()
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "it said nothing.")


def _ending(code: int) -> str:
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name


class Supervisor:
    """Own the signals and the programs; everything ends with it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.environment: Mapping[str, str] = os.environ
        self.programs: list[Program] = []
        self.stopping = False
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def check(self) -> None:
        """Raise Stopped once somebody asked for the end."""
        if self.stopping:
            raise Stopped

    def run_once(self, command: Sequence[str], *, interactive: bool = False) -> int:
        """Run a command to its end, its output on the terminal; return its exit code."""
        # A program ended while it asks for a password leaves the terminal without echo.
        terminal = termios.tcgetattr(sys.stdin) if interactive and sys.stdin.isatty() else None
        process = subprocess.Popen(
            list(command), env=dict(self.environment), stdin=None if interactive else subprocess.DEVNULL,
            preexec_fn=_before_exec,  # noqa: PLW1509 -- the supervisor has one thread
        )  # fmt: skip
        try:
            while process.poll() is None:
                self.check()
                time.sleep(TICK_S)
        finally:
            _end([process])
            if terminal is not None:
                termios.tcsetattr(sys.stdin, termios.TCSANOW, terminal)
        return process.returncode

    def add(self, program: Program, after: float = 0.0) -> None:
        """Keep a program running, from now on or from some seconds later."""
        self.check()
        self.programs.append(program)
        program.due_at = time.monotonic() + after
        if not after:
            program.start(self.environment)

    def wait_for(self, program: Program, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until a program that was added serves; raise CannotStart if it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if program.has_ended or time.monotonic() > deadline:
                raise CannotStart(f"{program.name} could not start: {program.last_line()} Log: {program.log}")
            time.sleep(TICK_S)

    def keep_running(self) -> None:
        """Restart what dies until somebody asks for the end; raise Stopped, or CannotStart for a vital program."""
        while True:
            self.check()
            for program in self.programs:
                self._look_after(program)
            time.sleep(TICK_S)

    def _look_after(self, program: Program) -> None:
        if program.has_ended:
            report = program.plan_next()
            if program.vital and program.failures >= TRIES_OF_A_VITAL:
                raise CannotStart(f"{program.name} ended {program.failures} times in a row: {program.last_line()}")
            if report:
                self.say(report)
        elif program.process is None and time.monotonic() >= program.due_at:
            program.start(self.environment)

    def end(self) -> None:
        """End every program and whatever they left behind; takes a few seconds at most."""
        _end([program.process for program in self.programs if program.process])
        for orphan in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)


def _end(processes: list[subprocess.Popen]) -> None:
    running = [process for process in processes if process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and any(process.poll() is None for process in running):
        time.sleep(0.02)
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


def _children() -> list[int]:
    """Return the processes that have us as parent: orphans of our programs come to us."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(number) for number in path.read_text().split()] if path.exists() else []
