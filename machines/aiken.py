"""Aiken, the plain text format of quizzes: read with every fault told, and written so that it reads back the same.

A question is its text, then two to four answers `A. …` or `A) …`, then `ANSWER: B`; a blank line between questions.
Ours alone: a text that begins with `! ` is a safety question.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from machines.models.quiz import LETTERS
from machines.quiz_rules import choice_problems, plain

LINE_END = re.compile(r"\r\n|\r|\n")
CHOICE = re.compile(r"([A-Z])[.)](?:\s+(.*)|$)")
ANSWER = re.compile(r"ANSWER\s*:\s*(.*)", re.IGNORECASE)
SAFETY = re.compile(r"!\s+")


@dataclass(frozen=True, slots=True)
class Item:
    """A question that was read; `line` is where it begins, and no part of what it says."""

    text: str
    choices: tuple[str, ...]
    right: str
    safety: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Why a line cannot be read."""

    line: int
    message: str


@dataclass(slots=True)
class _Block:
    """The question that is being read."""

    line: int
    texts: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def parse(text: str) -> tuple[list[Item], list[Fault]]:
    """Return the questions and, in the order of the lines, every fault; with one fault nothing should be stored."""
    items: list[Item] = []
    faults: list[Fault] = []
    block: _Block | None = None
    for number, raw in enumerate(LINE_END.split(text.removeprefix("\ufeff")), start=1):
        line = plain(raw)
        if block is None:
            block = _Block(number, [line]) if line else None
        elif answer := ANSWER.fullmatch(line):
            _close(block, answer[1].upper(), number, items, faults)
            block = None
        elif line:
            _read(block, line, number)
        else:
            faults += [*block.faults, _unfinished(block)]
            block = None
    if block:
        faults += [*block.faults, _unfinished(block)]
    return items, sorted(faults)


def _read(block: _Block, line: str, number: int) -> None:
    choice = CHOICE.fullmatch(line)
    if choice:
        block.faults += _choice_faults(len(block.choices), choice[1], choice[2] or "", number)
        block.choices.append(choice[2] or "")
    elif block.choices:
        block.faults.append(Fault(number, _("After the answers comes “ANSWER:” and the letter of the right one.")))
    else:
        block.texts.append(line)


def _choice_faults(before: int, letter: str, text: str, number: int) -> list[Fault]:
    if before >= len(LETTERS):
        return [Fault(number, _("A question has four answers at most, A to D."))]
    if letter != LETTERS[before]:
        words = _("Here comes answer %(wanted)s, not %(found)s.")
        return [Fault(number, words % {"wanted": LETTERS[before], "found": letter})]
    return [] if text else [Fault(number, _("Answer %(letter)s is empty.") % {"letter": letter})]


def _unfinished(block: _Block) -> Fault:
    if not block.choices:
        return Fault(block.line, _("This question has no answers: write “A.” and the first answer below it."))
    return Fault(block.line, _("This question does not say which answer is right: end it with “ANSWER: B”."))


def _close(block: _Block, right: str, number: int, items: list[Item], faults: list[Fault]) -> None:
    """End a question at its ANSWER line; what its own lines already told is not told again."""
    if not block.faults:
        block.faults += [Fault(number, words) for words in choice_problems(block.choices, right)]
    if block.faults:
        faults += block.faults
        return
    text = " ".join(block.texts)
    mark = SAFETY.match(text)
    words = text[mark.end() :] if mark else text
    items.append(Item(words, tuple(block.choices), right, bool(mark), block.line))


def render(items: Iterable[Item]) -> str:
    """Write questions so that `parse` reads the same ones; explanations have no place in this format."""
    return "\n".join(_rendered(item) for item in items)


def _rendered(item: Item) -> str:
    choices = [f"{letter}. {text}" for letter, text in zip(LETTERS, item.choices, strict=False)]
    text = "! " * item.safety + item.text
    return "\n".join([text, *choices, f"ANSWER: {item.right}", ""])
