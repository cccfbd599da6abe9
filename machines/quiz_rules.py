"""The rules of the quiz: pure, the moment and the dice passed in, every problem as a sentence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Protocol, TypedDict, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from machines.models.quiz import LETTERS, OPEN_FOR

ATTEMPTS_A_DAY = 5
NO_ANSWER = "-"
BREAKS = re.compile(r"[\x00-\x20\x7f-\x85\u2028\u2029]+")


class Asked(TypedDict):
    """A question as somebody saw it, fit for JSON; `choices` are pairs of letter and text."""

    id: int
    text: str
    safety: bool
    explanation: str
    choices: list[list[str]]
    right: str


class Graded(Protocol):
    """Anything that says whether it must be right."""

    safety: bool


AnyQuestion = TypeVar("AnyQuestion", bound=Graded)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A question answered wrong or not at all; `given` is empty then."""

    text: str
    safety: bool
    explanation: str
    given: str
    right: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the answers are worth."""

    score: int
    out_of: int
    passed: bool


def draw(questions: Sequence[AnyQuestion], length: int, rng: Random) -> list[AnyQuestion]:
    """Return every safety question and others by chance up to `length`, in an order of chance."""
    drawn = [question for question in questions if question.safety]
    others = [question for question in questions if not question.safety]
    drawn += rng.sample(others, min(max(length - len(drawn), 0), len(others)))
    rng.shuffle(drawn)
    return drawn


def judge(questions: Sequence[Asked], answers: Sequence[str], percent: int) -> Verdict:
    """Passed means enough right answers, and no safety question wrong."""
    right = [given == question["right"] for question, given in zip(questions, answers, strict=True)]
    safe = all(ok for question, ok in zip(questions, right, strict=True) if question["safety"])
    score, out_of = sum(right), len(questions)
    return Verdict(score, out_of, passed=safe and score * 100 >= percent * out_of)


def mistakes(questions: Sequence[Asked], answers: Sequence[str]) -> list[Mistake]:
    """Return what was answered wrong, with the right answer."""
    pairs = zip(questions, answers, strict=True)
    return [_mistake(question, given) for question, given in pairs if given != question["right"]]


def _mistake(question: Asked, given: str) -> Mistake:
    texts = {letter: f"{letter}. {text}" for letter, text in question["choices"]}
    return Mistake(
        question["text"],
        question["safety"],
        question["explanation"],
        texts.get(given, ""),
        texts[question["right"]],
    )


def start_problems(*, has_questions: bool, attempts_today: int) -> list[ValidationError]:
    """Say why a quiz cannot be started now."""
    if not has_questions:
        return [ValidationError(_("There is no quiz for these machines yet."), "no_quiz")]
    if attempts_today >= ATTEMPTS_A_DAY:
        words = _("You have tried this quiz %(count)s times today. Sleep on it, and try again tomorrow.")
        return [ValidationError(words % {"count": attempts_today}, "too_many")]
    return []


def finish_problems(
    questions: Sequence[Asked], answers: Sequence[str], started_at: datetime, now: datetime
) -> list[ValidationError]:
    """Say why these answers cannot end a quiz on a screen: begun too long ago, or a question without an answer."""
    if found := stale_problems(started_at, now):
        return found
    if found := letter_problems(questions, answers):
        return found
    left = sum(not given for given in answers)
    words = ngettext("%(count)s question has no answer yet.", "%(count)s questions have no answer yet.", left)
    return [ValidationError(words % {"count": left}, "unanswered")] if left else []


def stale_problems(started_at: datetime, now: datetime) -> list[ValidationError]:
    """Say that a quiz was begun too long ago to be finished."""
    if now - started_at < OPEN_FOR:
        return []
    return [ValidationError(_("You began this quiz more than a day ago. Start a new one."), "too_old")]


def read_letters(text: str) -> list[str]:
    """Read letters as people type them: `ab dca` is A, B, D, C, A; a dash stands for no answer."""
    return ["" if letter == NO_ANSWER else letter for letter in "".join(text.split()).upper()]


def letter_problems(questions: Sequence[Asked], answers: Sequence[str]) -> list[ValidationError]:
    """Say why letters do not fit the questions: too few, too many, or one that a question does not have."""
    if len(answers) != len(questions):
        words = _("For %(asked)s questions there are %(typed)s letters: one for each, a dash where there is no answer.")
        return [ValidationError(words % {"asked": len(questions), "typed": len(answers)}, "length")]
    return [
        _no_such_letter(number, given, _letters_of(question))
        for number, (question, given) in enumerate(zip(questions, answers, strict=True), start=1)
        if given and given not in _letters_of(question)
    ]


def _no_such_letter(number: int, given: str, letters: list[str]) -> ValidationError:
    words = _("Question %(number)s has no answer “%(letter)s”, only %(letters)s.")
    return ValidationError(words % {"number": number, "letter": given, "letters": ", ".join(letters)}, "letter")


def _letters_of(question: Asked) -> list[str]:
    return [letter for letter, _text in question["choices"]]


def plain(text: str) -> str:
    """Put a text on one line, with one space between words; the fixed spaces of French typography stay."""
    return BREAKS.sub(" ", text).strip()


def choice_problems(choices: Sequence[str], right: str) -> list[str]:
    """Say what is wrong with the answers that a question offers; `right` is a letter."""
    found = []
    if not 2 <= len(choices) <= len(LETTERS):
        found.append(_("A question offers two to four answers."))
    if not all(choices):
        found.append(_("Leave no empty answer between two others."))
    if len(set(choices)) < len(choices):
        found.append(_("Two answers say the same."))
    if not right or right not in LETTERS[: len(choices)]:
        found.append(_("Say which answer is right: one of the letters that you filled in."))
    return found
