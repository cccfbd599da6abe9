"""Run what must pass: `python -m scripts.verify static|all|soak`.

Every step is run, also after one that failed; the end lists what failed and what was not run, and why.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from scripts import system_packages
from tests.services import ServiceMissing
from tests.services.postgres import cluster

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
    Step("settings", manage("check", "--fail-level", "WARNING"), TESTING),
    Step("migrations", manage("makemigrations", "--check", "--dry-run"), TESTING),
    Step("translations", [sys.executable, "-m", "scripts.check_translations"], TESTING, needs="xgettext"),
]
TESTS = [
    Step("tests on SQLite", [*PYTEST, *WAITING]),
    Step("tests in a browser", [*PYTEST, *BROWSING]),
    Step("tests on PostgreSQL", [*PYTEST, *WAITING], needs="initdb", postgres=True),
]
SOAK = [
    Step(f"{step.name}, full counts", step.command, {"FABLAB_SOAK": "1"}, step.needs, step.postgres) for step in TESTS
]
SUITES = {"static": STATIC, "all": STATIC + TESTS, "soak": SOAK}


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


def run(step: Step, lacking: list[str], report: Report) -> None:
    """Run one step and note how it ended."""
    if step.needs in lacking:
        report.skipped.append(f"{step.name}, because {step.needs} is not installed")
        return
    started = time.monotonic()
    print(f"--- {step.name}", flush=True)
    try:
        code = _exit_code(step, {**os.environ, **step.environment, "FABLAB_NOT_RUN": str(report.notes)})
    except ServiceMissing as missing:
        report.skipped.append(f"{step.name}, because {missing}")
        return
    print(f"--- {step.name}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
    if code:
        report.failed.append(step.name)


def _exit_code(step: Step, environment: dict[str, str]) -> int:
    with cluster() if step.postgres else nullcontext() as server:
        if server is not None:
            environment["TEST_DATABASE_URL"] = server.url
        return subprocess.run(step.command, cwd=ROOT, env=environment, check=False).returncode


def main(suite: str) -> int:
    started = time.monotonic()
    lacking = system_packages.ensure() if suite != "static" else system_packages.missing()
    with tempfile.TemporaryDirectory(prefix="fablab-verify-") as folder:
        report = Report(Path(folder) / "not-run.txt")
        for step in SUITES[suite]:
            run(step, lacking, report)
        print(*report.lines(), sep="\n")
        outcome = "Everything passed" if report.exit_code == 0 else "Something is wrong"
        print(f"{outcome} ({time.monotonic() - started:.0f} s).", flush=True)
        return report.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
