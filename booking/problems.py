"""Why not: a refusal that helps. Codes are stable and promised in docs/contract.md §4."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from place.clock import Span, period_text


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do now: words for a button, and where it leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """A slot that the same person may take."""

    machine: str
    machine_name: str
    span: Span

    @property
    def label(self) -> str:
        return f"{self.machine_name}, {period_text(self.span.start, self.span.end)}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule said no."""

    code: str
    message: str
    detail: dict[str, Any] = field(default_factory=dict)
    next_step: NextStep | None = None
    alternatives: tuple[Alternative, ...] = ()


class Refused(Exception):
    """An act was refused; `problems` holds every reason, in rule order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem.message) for problem in self.problems))

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]

    def with_alternatives(self, alternatives: Iterable[Alternative]) -> "Refused":
        found = tuple(alternatives)
        return Refused(replace(problem, alternatives=found) for problem in self.problems)

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        return self.problems[0].alternatives if self.problems else ()
