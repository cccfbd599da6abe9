"""The one writer of quizzes."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from machines.models import Choice, PaperSheet, Question, QuizAttempt
from machines.services import quiz
from members.models import AuditEntry
from tests.factories.machines import CategoryFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.place import wall
from tests.factories.quiz import AttemptFactory, QuestionFactory, SheetFactory, asked

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timezone.localdate()
THREE = {"text": "Où ?", "choices": ["ici", "là", "ailleurs"], "right": "B"}
TWO_QUESTIONS = "! Un ?\nA. x\nB. y\nANSWER: B\n\nDeux ?\nA. x\nB. y\nANSWER: A\n"


@pytest.fixture
def manager():
    return StaffFactory()


@pytest.fixture
def facilitator():
    return StaffFactory(roles=["facilitator"])


def choices(question: Question) -> list[tuple[str, str, bool]]:
    return list(question.choices.order_by("letter").values_list("letter", "text", "right"))


def logged() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


# --- Questions --------------------------------------------------------------------------------------------------------


def test_a_question_is_written_and_changed_with_its_answers(manager) -> None:
    category = CategoryFactory()
    question = quiz.save_question(actor=manager, category=category, safety=True, explanation="car", **THREE)
    assert choices(question) == [("A", "ici", False), ("B", "là", True), ("C", "ailleurs", False)]
    changed = {"text": " Où  donc\r\n? ", "choices": ["ici", "là"], "right": "A"}
    quiz.save_question(actor=manager, category=category, question=question, **changed)
    row = Question.objects.get()
    assert (row.text, row.safety, choices(row)) == ("Où donc ?", False, [("A", "ici", True), ("B", "là", False)])
    assert logged() == ["question.created", "question.updated"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "! Où ?"},
        {"text": "x" * 501},
        {"choices": ["ici"]},
        {"choices": ["ici", "ici"]},
        {"choices": ["ici", "x" * 251]},
        {"right": "D"},
        {"right": ""},
    ],
)
def test_a_question_that_makes_no_sense_leaves_nothing(manager, wrong) -> None:
    with pytest.raises(ValidationError):
        quiz.save_question(actor=manager, category=CategoryFactory(), **(THREE | wrong))
    assert (Question.objects.count(), Choice.objects.count(), logged()) == (0, 0, [])


def test_the_same_question_is_asked_once_but_may_come_back_when_retired(manager) -> None:
    category = CategoryFactory()
    first = quiz.save_question(actor=manager, category=category, **THREE)
    with pytest.raises(ValidationError):
        quiz.save_question(actor=manager, category=category, **THREE)
    quiz.save_question(actor=manager, category=CategoryFactory(), **THREE)
    quiz.retire_question(actor=manager, question=first)
    quiz.save_question(actor=manager, category=category, **THREE)
    assert Question.objects.filter(active=True).count() == 2
    assert "question.retired" in logged()


@pytest.mark.parametrize(
    "wrong", [{"letter": "A", "right": False}, {"letter": "D", "right": True}, {"letter": "E", "right": False}]
)
def test_the_database_holds_one_right_answer_and_letters_once(wrong) -> None:
    question = QuestionFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Choice.objects.create(question=question, text="x", **wrong)


def test_an_import_stores_every_question(manager) -> None:
    category = CategoryFactory()
    made = quiz.import_questions(actor=manager, category=category, text=TWO_QUESTIONS)
    assert [(one.text, one.safety) for one in made] == [("Un ?", True), ("Deux ?", False)]
    assert [choices(one)[1] for one in made] == [("B", "y", True), ("B", "y", False)]
    assert logged() == ["question.imported"]
    assert quiz.export_questions(actor=manager, category=category) == TWO_QUESTIONS


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TWO_QUESTIONS + "\nTrois ?\nA. x\n", 11),
        (TWO_QUESTIONS + "\nUn ?\nA. x\nB. y\nANSWER: A\n", 11),
        (TWO_QUESTIONS + "\n!! Trois ?\nA. x\nB. y\nANSWER: A\n", 11),
        (TWO_QUESTIONS + f"\nTrois ?\nA. {'x' * 300}\nB. y\nANSWER: A\n", 11),
        (TWO_QUESTIONS + "\nDéjà là ?\nA. x\nB. y\nANSWER: A\n", 11),
    ],
)
def test_one_fault_keeps_the_whole_import_out_and_tells_the_line(manager, text, line) -> None:
    known = QuestionFactory(text="Déjà là ?")
    with pytest.raises(ValidationError) as caught:
        quiz.import_questions(actor=manager, category=known.category, text=text)
    assert [str(line) in message for message in caught.value.messages] == [True]
    assert (list(Question.objects.all()), logged()) == ([known], [])


def test_an_empty_import_says_so_and_a_hopeless_one_is_cut_short(manager) -> None:
    category = CategoryFactory()
    for text, told in (("\n \n", 1), ("x\n\n" * 400, quiz.SHOWN_FAULTS + 1)):
        with pytest.raises(ValidationError) as caught:
            quiz.import_questions(actor=manager, category=category, text=text)
        assert len(caught.value.messages) == told


def test_an_import_costs_the_same_queries_for_one_question_and_many(manager, django_assert_num_queries) -> None:
    manager.has_perm("x")
    for count in (1, 30):
        text = "\n".join(f"Question {count} {number} ?\nA. x\nB. y\nANSWER: B\n" for number in range(count))
        category = CategoryFactory()
        with django_assert_num_queries(7):
            quiz.import_questions(actor=manager, category=category, text=text)


@pytest.mark.parametrize("role", ["member", "mentor", "facilitator", "editor"])
def test_who_may_not_write_questions(role) -> None:
    actor, question = StaffFactory(roles=[role]), QuestionFactory()
    acts = (
        lambda: quiz.save_question(actor=actor, category=question.category, **THREE),
        lambda: quiz.save_question(actor=actor, category=question.category, question=question, **THREE),
        lambda: quiz.retire_question(actor=actor, question=question),
        lambda: quiz.import_questions(actor=actor, category=question.category, text=TWO_QUESTIONS),
    )
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    assert list(Question.objects.values_list("text", "active")) == [(question.text, True)]


# --- Taking a quiz on a screen ----------------------------------------------------------------------------------------


def test_a_quiz_is_drawn_as_it_is_now_and_no_later_change_touches_it(manager) -> None:
    category, member = CategoryFactory(quiz_length=3), MemberFactory()
    bank = QuestionFactory.create_batch(5, category=category)
    safe = QuestionFactory(category=category, safety=True, text="Dangereux ?")
    QuestionFactory(category=category, active=False, text="Retirée ?")
    QuestionFactory(text="Autre famille ?")
    attempt = quiz.start_attempt(member=member, category=category, now=NOW)
    assert (attempt.out_of, attempt.taken_on, attempt.channel) == (3, timezone.localdate(NOW), "online")
    texts = {one["text"] for one in attempt.questions}
    assert safe.text in texts
    assert texts <= {one.text for one in bank} | {safe.text}
    quiz.save_question(actor=manager, category=category, question=safe, **THREE)
    attempt.refresh_from_db()
    assert {one["text"] for one in attempt.questions} == texts


def test_starting_twice_goes_on_with_the_same_quiz_for_a_day() -> None:
    question, member = QuestionFactory(), MemberFactory()
    first = quiz.start_attempt(member=member, category=question.category, now=NOW)
    assert quiz.start_attempt(member=member, category=question.category, now=NOW + timedelta(hours=23)) == first
    assert quiz.start_attempt(member=member, category=question.category, now=NOW + timedelta(hours=25)) != first
    assert quiz.start_attempt(member=MemberFactory(), category=question.category, now=NOW) != first


def test_five_quizzes_a_local_day_and_no_more() -> None:
    question, member = QuestionFactory(), MemberFactory()
    late = wall(2026, 11, 25, 23, 30)
    for minute in range(5):
        begun = quiz.start_attempt(member=member, category=question.category, now=late + timedelta(minutes=minute))
        quiz.finish_attempt(attempt=begun, answers=["A"], now=late + timedelta(minutes=minute))
    with pytest.raises(ValidationError) as caught:
        quiz.start_attempt(member=member, category=question.category, now=late + timedelta(minutes=9))
    assert caught.value.error_list[0].code == "too_many"
    quiz.start_attempt(member=MemberFactory(), category=question.category, now=late)
    quiz.start_attempt(member=member, category=QuestionFactory().category, now=late)
    after_midnight = quiz.start_attempt(member=member, category=question.category, now=late + timedelta(minutes=31))
    assert after_midnight.taken_on.day == 26


@pytest.mark.parametrize("category", [{"quiz_length": 0}, {"quiz_length": 10}])
def test_no_quiz_without_a_length_or_a_question(category) -> None:
    row = CategoryFactory(**category)
    QuestionFactory(category=row, active=not category["quiz_length"])
    with pytest.raises(ValidationError):
        quiz.start_attempt(member=MemberFactory(), category=row)
    assert QuizAttempt.objects.count() == 0


@pytest.mark.parametrize(("answers", "score", "passed"), [("BBA", 3, True), ("BBC", 2, False), ("CCC", 0, False)])
def test_answers_are_judged_and_the_result_is_logged(answers, score, passed) -> None:
    attempt = quiz.finish_attempt(attempt=AttemptFactory(), answers=list(answers))
    attempt.refresh_from_db()
    assert (attempt.score, attempt.passed, attempt.answers) == (score, passed, list(answers))
    entry = AuditEntry.objects.get(action="quiz.finished")
    assert (entry.actor, entry.detail["score"], entry.detail["passed"]) == (attempt.member, score, passed)


def test_a_second_tap_changes_nothing() -> None:
    attempt = AttemptFactory()
    first = quiz.finish_attempt(attempt=attempt, answers=["B", "B", "A"])
    again = quiz.finish_attempt(attempt=attempt, answers=["C", "C", "C"])
    assert (again.passed, again.answers, again.finished_at) == (True, ["B", "B", "A"], first.finished_at)
    assert logged() == ["quiz.finished"]


@pytest.mark.parametrize(("answers", "hours"), [(["B", "B", ""], 0), (["B", "B", "Z"], 0), (["B", "B", "A"], 24)])
def test_missing_strange_or_late_answers_leave_the_quiz_open(answers, hours) -> None:
    attempt = AttemptFactory()
    with pytest.raises(ValidationError):
        quiz.finish_attempt(attempt=attempt, answers=answers, now=attempt.started_at + timedelta(hours=hours))
    attempt.refresh_from_db()
    assert (attempt.finished_at, attempt.passed, logged()) == (None, None, [])


@pytest.mark.parametrize(
    "wrong", [{"passed": True}, {"finished_at": NOW}, {"score": 4, "passed": True, "finished_at": NOW}]
)
def test_the_database_keeps_open_and_finished_apart(wrong) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AttemptFactory(started_at=NOW, **wrong)


# --- On paper ---------------------------------------------------------------------------------------------------------


def record(actor, sheet, member, answers="BBA", taken_on=DAY, **when) -> QuizAttempt:
    return quiz.record_paper_attempt(
        actor=actor, member=member, sheet=sheet, answers=answers, taken_on=taken_on, **when
    )


def test_letters_are_judged_against_the_sheet_that_was_printed(facilitator, manager) -> None:
    question, member = QuestionFactory(right="A"), MemberFactory()
    sheet = quiz.print_sheet(actor=facilitator, category=question.category)
    quiz.save_question(actor=manager, category=question.category, question=question, **THREE)
    kept = record(facilitator, sheet, member, "a")
    assert (kept.passed, kept.mode, kept.channel, kept.recorded_by) == (True, "paper", "paper", facilitator)
    entry = AuditEntry.objects.get(action="quiz.recorded")
    assert (entry.channel, entry.subject, entry.actor) == ("paper", f"user:{member.pk}", facilitator)


def test_the_true_date_is_kept(facilitator) -> None:
    sheet = SheetFactory(made_at=NOW - timedelta(days=9))
    kept = record(facilitator, sheet, MemberFactory(), taken_on=DAY - timedelta(days=5))
    assert kept.taken_on == DAY - timedelta(days=5)


@pytest.mark.parametrize("days", [-10, 1])
def test_nobody_answers_before_the_print_or_tomorrow(facilitator, days) -> None:
    sheet = SheetFactory(made_at=NOW - timedelta(days=9))
    with pytest.raises(ValidationError, match="taken_on"):
        record(facilitator, sheet, MemberFactory(), taken_on=DAY + timedelta(days=days))
    assert QuizAttempt.objects.count() == 0


@pytest.mark.parametrize("letters", ["", "BB", "BBAB", "BBE", "BB1"])
def test_letters_that_do_not_fit_are_refused(facilitator, letters) -> None:
    with pytest.raises(ValidationError, match="letters"):
        record(facilitator, SheetFactory(), MemberFactory(), letters)
    assert QuizAttempt.objects.count() == 0


def test_a_question_left_blank_on_paper_is_wrong(facilitator) -> None:
    kept = record(facilitator, SheetFactory(questions=asked("BBA", "x")), MemberFactory(), "-BA")
    assert (kept.score, kept.passed, kept.answers) == (2, False, ["", "B", "A"])


def test_keying_in_twice_is_one_result_and_other_letters_are_refused(facilitator) -> None:
    sheet, member = SheetFactory(), MemberFactory()
    first = record(facilitator, sheet, member)
    assert record(facilitator, sheet, member, "bb a") == first
    with pytest.raises(ValidationError):
        record(facilitator, sheet, member, "BBC")
    record(facilitator, sheet, MemberFactory(), "BBC")
    assert list(QuizAttempt.objects.order_by("pk").values_list("passed", flat=True)) == [True, False]


def test_paper_has_a_sheet_in_the_database_too() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AttemptFactory(mode="paper", finished_at=NOW, started_at=NOW, score=1, passed=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        AttemptFactory(sheet=SheetFactory())


@pytest.mark.parametrize("role", ["member", "mentor", "editor"])
def test_who_may_neither_print_nor_key_in(role) -> None:
    actor, question, sheet = StaffFactory(roles=[role]), QuestionFactory(), SheetFactory()
    with pytest.raises(PermissionDenied):
        quiz.print_sheet(actor=actor, category=question.category)
    with pytest.raises(PermissionDenied):
        record(actor, sheet, actor)
    with pytest.raises(PermissionDenied):
        quiz.export_questions(actor=actor, category=question.category)
    assert (PaperSheet.objects.count(), QuizAttempt.objects.count(), logged()) == (1, 0, [])


def test_no_sheet_without_questions(facilitator) -> None:
    with pytest.raises(ValidationError):
        quiz.print_sheet(actor=facilitator, category=CategoryFactory())
