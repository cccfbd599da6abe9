"""The only writer of quizzes: questions, printed sheets, attempts."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from machines import aiken, quiz_rules
from machines.models import Choice, MachineCategory, PaperSheet, Question, QuizAttempt, QuizMode
from machines.models.quiz import LETTERS
from machines.quiz_queries import asked_questions, attempts_on, has_quiz, open_attempt
from machines.services.training import award_if_earned
from members.models import Channel, User
from members.services import record
from place.clock import local, today

SHOWN_FAULTS = 50


@transaction.atomic
def save_question(
    *,
    actor: User,
    category: MachineCategory,
    text: str,
    choices: Sequence[str],
    right: str,
    safety: bool = False,
    explanation: str = "",
    question: Question | None = None,
) -> Question:
    """Write a question with its two to four answers, or change one; quizzes taken before keep what they asked.

    `right` is the letter of the right answer. Raises PermissionDenied and ValidationError.
    """
    _may_edit(actor)
    MachineCategory.objects.select_for_update(no_key=True).get(pk=category.pk)
    action = "question.updated" if question else "question.created"
    question = question or Question()
    question.category, question.safety = category, safety
    question.text, question.explanation = quiz_rules.plain(text), quiz_rules.plain(explanation)
    answers = _choices(question, [quiz_rules.plain(choice) for choice in choices], right)
    question.full_clean()
    question.save()
    question.choices.all().delete()
    Choice.objects.bulk_create(answers)
    record(actor=actor, action=action, subject=f"question:{question.pk}", detail={"category": category.slug})
    return question


def _choices(question: Question, texts: Sequence[str], right: str) -> list[Choice]:
    """Return the rows of the answers, judged. Raises ValidationError."""
    if found := quiz_rules.choice_problems(texts, right):
        raise ValidationError(found)
    rows = [
        Choice(question=question, letter=letter, text=text, right=letter == right)
        for letter, text in zip(LETTERS, texts, strict=False)
    ]
    for row in rows:
        row.clean_fields(exclude={"question"})
    return rows


@transaction.atomic
def retire_question(*, actor: User, question: Question) -> Question:
    """Ask a question no more; nothing is deleted. Raises PermissionDenied."""
    _may_edit(actor)
    question.active = False
    question.save(update_fields=["active"])
    record(actor=actor, action="question.retired", subject=f"question:{question.pk}")
    return question


@transaction.atomic
def import_questions(*, actor: User, category: MachineCategory, text: str) -> list[Question]:
    """Store every question of an Aiken text, or none.

    Raises PermissionDenied, and ValidationError with one sentence for each fault, its line in front.
    """
    _may_edit(actor)
    MachineCategory.objects.select_for_update(no_key=True).get(pk=category.pk)
    items, faults = aiken.parse(text)
    if not items and not faults:
        raise ValidationError(_("There is no question in this text."))
    questions = [Question(category=category, text=item.text, safety=item.safety) for item in items]
    answers, more_faults = _judged(category, questions, items)
    if faults := sorted([*faults, *more_faults]):
        raise ValidationError(_told(faults))
    Question.objects.bulk_create(questions)
    Choice.objects.bulk_create(answers)
    detail = {"questions": len(questions)}
    record(actor=actor, action="question.imported", subject=f"category:{category.pk}", detail=detail)
    return questions


def _judged(
    category: MachineCategory, questions: Iterable[Question], items: Iterable[aiken.Item]
) -> tuple[list[Choice], list[aiken.Fault]]:
    """Return the answers to store, and what the rows themselves refuse, at the line of its question."""
    known = set(asked_questions(category).values_list("text", flat=True))
    answers, faults = [], []
    for question, item in zip(questions, items, strict=True):
        try:
            question.clean_fields(exclude={"category"})
            answers += _choices(question, item.choices, item.right)
        except ValidationError as error:
            faults += [aiken.Fault(item.line, message) for message in error.messages]
        if item.text in known:
            faults.append(aiken.Fault(item.line, _("This question is already asked.")))
        known.add(item.text)
    return answers, faults


def _told(faults: Sequence[aiken.Fault]) -> list[str]:
    words = _("Line %(line)s: %(message)s")
    told = [words % {"line": fault.line, "message": fault.message} for fault in faults[:SHOWN_FAULTS]]
    more = len(faults) - SHOWN_FAULTS
    return told if more <= 0 else [*told, _("And %(count)s more.") % {"count": more}]


@transaction.atomic
def export_questions(*, actor: User, category: MachineCategory) -> str:
    """Return the questions that are asked, in the Aiken format; the log keeps who took them."""
    if not (actor.has_perm("machines.manage_qualifications") or actor.has_perm("machines.record_quiz")):
        raise PermissionDenied(_("You cannot export the questions of a quiz."))
    items = [_item(question) for question in asked_questions(category)]
    record(actor=actor, action="question.exported", subject=f"category:{category.pk}")
    return aiken.render(items)


def _item(question: Question) -> aiken.Item:
    asked = _asked(question)
    return aiken.Item(question.text, tuple(text for _letter, text in asked["choices"]), asked["right"], question.safety)


@transaction.atomic
def start_attempt(*, member: User, category: MachineCategory, now: datetime | None = None) -> QuizAttempt:
    """Begin a quiz, or go on with the one that is open. Raises ValidationError: no quiz, or enough for today."""
    now = now or timezone.now()
    User.objects.select_for_update(no_key=True).get(pk=member.pk)
    if begun := open_attempt(member, category, now):
        return begun
    if found := start_problems(member, category, now):
        raise ValidationError(found)
    questions = drawn_questions(category)
    attempt = QuizAttempt.objects.create(
        member=member,
        category=category,
        mode=QuizMode.SELF,
        questions=questions,
        out_of=len(questions),
        taken_on=today(now),
        started_at=now,
        recorded_by=member,
    )
    _log(member, "quiz.started", attempt)
    return attempt


def start_problems(member: User, category: MachineCategory, now: datetime) -> list[ValidationError]:
    """Return why a member cannot begin a quiz now: what the page says is what `start_attempt` decides."""
    tried = attempts_on(member, category, today(now))
    return quiz_rules.start_problems(has_questions=has_quiz(category), attempts_today=tried)


def drawn_questions(category: MachineCategory) -> list[quiz_rules.Asked]:
    """Draw the questions of a quiz and write them down as they are now."""
    drawn = quiz_rules.draw(list(asked_questions(category)), category.quiz_length, secrets.SystemRandom())
    return [_asked(question) for question in drawn]


def _asked(question: Question) -> quiz_rules.Asked:
    choices = sorted(question.choices.all(), key=lambda choice: choice.letter)
    return {
        "id": question.pk,
        "text": question.text,
        "safety": question.safety,
        "explanation": question.explanation,
        "choices": [[choice.letter, choice.text] for choice in choices],
        "right": next(choice.letter for choice in choices if choice.right),
    }


@transaction.atomic
def finish_attempt(*, attempt: QuizAttempt, answers: Sequence[str], now: datetime | None = None) -> QuizAttempt:
    """Judge the answers, a letter for each question in order; finished already, the first result stands.

    Raises ValidationError: begun more than a day ago, or an answer is missing.
    """
    now = now or timezone.now()
    locked = QuizAttempt.objects.select_for_update(of=("self",)).select_related("category", "member").get(pk=attempt.pk)
    if locked.finished_at:
        return locked
    if found := quiz_rules.finish_problems(locked.questions, answers, locked.started_at, now):
        raise ValidationError(found)
    _give_result(locked, answers, now)
    locked.save(update_fields=["answers", "finished_at", "score", "passed"])
    _log(locked.member, "quiz.finished", locked)
    award_if_earned(member=locked.member, category=locked.category, day=locked.taken_on)
    return locked


def _give_result(attempt: QuizAttempt, answers: Sequence[str], now: datetime) -> None:
    verdict = quiz_rules.judge(attempt.questions, answers, attempt.category.quiz_pass_percent)
    attempt.answers, attempt.finished_at = list(answers), now
    attempt.score, attempt.passed = verdict.score, verdict.passed


@transaction.atomic
def print_sheet(*, actor: User, category: MachineCategory) -> PaperSheet:
    """Draw the questions of a sheet to print; its number is its key. Raises PermissionDenied, ValidationError."""
    _may_record(actor)
    if found := quiz_rules.start_problems(has_questions=has_quiz(category), attempts_today=0):
        raise ValidationError(found)
    sheet = PaperSheet.objects.create(category=category, questions=drawn_questions(category), made_by=actor)
    record(actor=actor, action="quiz.printed", subject=f"sheet:{sheet.pk}", detail={"category": category.slug})
    return sheet


@transaction.atomic
def record_paper_attempt(
    *, actor: User, member: User, sheet: PaperSheet, answers: str, taken_on: date, now: datetime | None = None
) -> QuizAttempt:
    """Key in what somebody answered on a sheet, as `ABDCA`; the same letters again give the same result.

    Raises PermissionDenied, and ValidationError for letters or a day that do not fit, or other letters that day.
    """
    _may_record(actor)
    now, letters = now or timezone.now(), quiz_rules.read_letters(answers)
    if found := quiz_rules.letter_problems(sheet.questions, letters):
        raise ValidationError({"letters": found})
    if not local(sheet.made_at).date() <= taken_on <= today(now):
        raise ValidationError({"taken_on": _("This day lies before the sheet was printed, or is still to come.")})
    User.objects.select_for_update(no_key=True).get(pk=member.pk)
    known = QuizAttempt.objects.filter(member=member, sheet=sheet, taken_on=taken_on).first()
    return _same(known, letters) if known else _recorded(actor, member, sheet, letters, taken_on, now)


def _same(known: QuizAttempt, letters: Sequence[str]) -> QuizAttempt:
    if known.answers != letters:
        raise ValidationError(_("This person’s answers on this sheet are already keyed in for that day."))
    return known


def _recorded(
    actor: User, member: User, sheet: PaperSheet, letters: Sequence[str], taken_on: date, now: datetime
) -> QuizAttempt:
    attempt = QuizAttempt(
        member=member,
        category=sheet.category,
        mode=QuizMode.PAPER,
        sheet=sheet,
        questions=sheet.questions,
        out_of=len(sheet.questions),
        taken_on=taken_on,
        started_at=now,
        recorded_by=actor,
        channel=Channel.PAPER,
    )
    _give_result(attempt, letters, now)
    attempt.save()
    _log(actor, "quiz.recorded", attempt)
    award_if_earned(member=member, category=sheet.category, day=today(now))
    return attempt


def _may_edit(actor: User) -> None:
    if not actor.has_perm("machines.manage_qualifications"):
        raise PermissionDenied(_("You cannot change the questions of a quiz."))


def _may_record(actor: User) -> None:
    if not actor.has_perm("machines.record_quiz"):
        raise PermissionDenied(_("You cannot print a quiz or key in its results."))


def _log(actor: User, action: str, attempt: QuizAttempt) -> None:
    detail = {"quiz": attempt.pk, "category": attempt.category.slug, "passed": attempt.passed, "score": attempt.score}
    record(actor=actor, action=action, subject=f"user:{attempt.member_id}", channel=attempt.channel, detail=detail)
