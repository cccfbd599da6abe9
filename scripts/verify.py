"""Run what must pass: `python -m scripts.verify static|all|soak`.

Every step is run, also after one that failed; the end lists what failed and what was not run, and why. Steps stand in
lanes: one after another in a lane, the lanes beside each other, because tests also wait (for a broker, a
process, a page). What a step says is shown when it has ended.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from scripts import system_packages
from tests.services import ServiceMissing
from tests.services.postgres import Cluster, cluster

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
TESTING = {"DJANGO_SETTINGS_MODULE": "fablab.settings.test"}
PYTEST = [sys.executable, "-m", "pytest", "-q", "--durations=10"]
WAITING = ["-n", "3", "-m", "not e2e"]  # more workers than processors: many wait for a broker, a process or a database
BROWSING = ["-n", "2", "-m", "e2e"]


@dataclass(frozen=True)
class Step:
    """One command that must exit 0; `needs` names a system program, `postgres` a cluster beside it."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    needs: str = ""
    postgres: bool = False


def manage(*words: str) -> list[str]:
    return [sys.executable, "manage.py", *words]


STATIC = [
    Step("format", [str(BIN / "ruff"), "format", "--check"]),
    Step("lint", [str(BIN / "ruff"), "check"]),
    Step("imports", [str(BIN / "lint-imports"), "--no-cache"]),
    Step("types", [str(BIN / "mypy"), "."], TESTING),
    Step("names in tests", [sys.executable, "-m", "scripts.check_test_names"], TESTING),
    Step("settings", manage("check", "--fail-level", "WARNING"), TESTING),
    Step("migrations", manage("makemigrations", "--check", "--dry-run"), TESTING),
    Step("translations", [sys.executable, "-m", "scripts.check_translations"], TESTING, needs="xgettext"),
]
ON_SQLITE = Step("tests on SQLite", [*PYTEST, *WAITING])
IN_A_BROWSER = Step("tests in a browser", [*PYTEST, *BROWSING])
ON_POSTGRES = Step("tests on PostgreSQL", [*PYTEST, *WAITING], needs="initdb", postgres=True)


def _full(step: Step) -> Step:
    return replace(step, name=f"{step.name}, full counts", environment={"FABLAB_SOAK": "1"})


Lanes = list[list[Step]]
SUITES: dict[str, Lanes] = {
    "static": [STATIC],
    "all": [[*STATIC, IN_A_BROWSER], [ON_SQLITE, ON_POSTGRES]],
    "soak": [[_full(IN_A_BROWSER)], [_full(ON_SQLITE), _full(ON_POSTGRES)]],
}


class Report:
    """What happened, said once at the end."""

    def __init__(self, notes: Path) -> None:
        self.failed: list[str] = []
        self.skipped: list[str] = []
        self.notes = notes

    def lines(self) -> Iterator[str]:
        yield from (f"Not run: {what}" for what in (*self.skipped, *self._tests_not_run()))
        yield from (f"Failed: {name}" for name in self.failed)

    def _tests_not_run(self) -> list[str]:
        return self.notes.read_text(encoding="utf-8").splitlines() if self.notes.exists() else []

    @property
    def exit_code(self) -> int:
        left_out = bool(self.skipped or self._tests_not_run())
        return int(bool(self.failed) or (IN_CI and left_out))


class Runner:
    """Runs lanes of steps and notes how each one ended; `server` is the PostgreSQL that runs, or why none does."""

    def __init__(self, report: Report, lacking: list[str], server: Cluster | ServiceMissing | None = None) -> None:
        self.report, self.lacking, self.server = report, lacking, server

    def run(self, lanes: Lanes) -> None:
        with ThreadPoolExecutor(len(lanes)) as pool:
            list(pool.map(self._run_lane, lanes))

    def _run_lane(self, lane: list[Step]) -> None:
        for step in lane:
            reason = self._hindrance(step)
            if reason:
                self.report.skipped.append(f"{step.name}, because {reason}")
            else:
                self._run_step(step)

    def _hindrance(self, step: Step) -> str:
        """Return why a step cannot be run, or nothing."""
        if step.needs in self.lacking:
            return f"{step.needs} is not installed"
        return str(self.server) if step.postgres and isinstance(self.server, ServiceMissing) else ""

    def _run_step(self, step: Step) -> None:
        started = time.monotonic()
        print(f"--- {step.name}: begins\n", end="", flush=True)
        with tempfile.TemporaryFile() as said:
            code = subprocess.run(
                step.command, cwd=ROOT, env=self._environment(step), stdout=said, stderr=said, check=False
            ).returncode
            said.seek(0)
            text = said.read().decode(errors="replace")
        outcome = "FAILED" if code else "passed"
        seconds = time.monotonic() - started
        print(f"--- {step.name}\n{text}--- {step.name}: {outcome} in {seconds:.0f} s\n", end="", flush=True)
        if code:
            self.report.failed.append(step.name)

    def _environment(self, step: Step) -> dict[str, str]:
        database = {"TEST_DATABASE_URL": self.server.url} if step.postgres and isinstance(self.server, Cluster) else {}
        return {**os.environ, **step.environment, **database, "FABLAB_NOT_RUN": str(self.report.notes)}


def postgres_for(lanes: Lanes, lacking: list[str], stack: ExitStack) -> Cluster | ServiceMissing | None:
    """Start the server that a step needs, and before there is a second thread: it must end with this process."""
    if not any(step.postgres and step.needs not in lacking for lane in lanes for step in lane):
        return None
    try:
        return stack.enter_context(cluster())
    except ServiceMissing as missing:
        return missing


def main(suite: str) -> int:
    started, lanes = time.monotonic(), SUITES[suite]
    lacking = system_packages.ensure() if suite != "static" else system_packages.missing()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fablab-verify-"))
        report = Report(Path(folder) / "not-run.txt")
        Runner(report, lacking, postgres_for(lanes, lacking, stack)).run(lanes)
        print(*report.lines(), sep="\n")
        outcome = "Everything passed" if report.exit_code == 0 else "Something is wrong"
        print(f"{outcome} ({time.monotonic() - started:.0f} s).", flush=True)
        return report.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
