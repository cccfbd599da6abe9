"""Fault drills with a table: the tests that kill, stop or fill a real service on purpose."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from scripts import system_packages

ROOT = Path(__file__).resolve().parents[1]
DRILLS = ["-m", "fault or mqtt", "-k", "fault or kill or standby or disk or restart or garbage"]


def run_drills(report: Path) -> int:
    """Run the drills; return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", *DRILLS, f"--junit-xml={report}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def rows(report: Path) -> Iterator[tuple[str, str, str]]:
    """Yield drill, outcome and seconds from a report in JUnit's form."""
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 -- our own file
        name = case.get("name", "").removeprefix("test_").replace("_", " ")
        yield name, _outcome(case), f"{float(case.get('time', '0')):.1f}"


def _outcome(case: ElementTree.Element) -> str:
    for tag, word in (("failure", "FAILED"), ("error", "FAILED"), ("skipped", "not run")):
        if case.find(tag) is not None:
            return word
    return "held"


def table(lines: list[tuple[str, str, str]]) -> str:
    """Return the rows as text columns under a heading."""
    lines = [("drill", "outcome", "seconds"), *lines]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def main() -> int:
    system_packages.ensure()
    with tempfile.TemporaryDirectory(prefix="fablab-faults-") as folder:
        report = Path(folder) / "report.xml"
        code = run_drills(report)
        if report.exists():
            print("\n" + table(list(rows(report))))
    return code


if __name__ == "__main__":
    sys.exit(main())
