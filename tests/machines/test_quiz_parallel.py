"""Two taps at once, each in a connection of its own."""

import pytest
from django.utils import timezone

from machines.models import QuizAttempt
from machines.services import quiz
from members.models import AuditEntry
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.quiz import AttemptFactory, QuestionFactory, SheetFactory
from tests.workshops.test_parallel import all_at_once

pytestmark = [pytest.mark.parallel, pytest.mark.usefixtures("committed_db")]


def test_a_quiz_handed_in_many_times_at_once_has_one_result():
    attempt = AttemptFactory()
    answers = [["B", "B", "A"], ["C", "C", "C"]] * 4
    results = all_at_once(
        [lambda given=given: quiz.finish_attempt(attempt=attempt, answers=given).answers for given in answers]
    )
    attempt.refresh_from_db()
    assert results == [attempt.answers] * 8
    assert AuditEntry.objects.filter(action="quiz.finished").count() == 1


def test_starting_many_times_at_once_begins_one_quiz():
    question, member = QuestionFactory(), MemberFactory()
    found = all_at_once([lambda: quiz.start_attempt(member=member, category=question.category).pk] * 8)
    assert found == [QuizAttempt.objects.get().pk] * 8


def test_keying_in_the_same_paper_many_times_at_once_is_one_result():
    sheet, member, actor = SheetFactory(), MemberFactory(), StaffFactory()
    day = timezone.localdate()
    found = all_at_once(
        [lambda: quiz.record_paper_attempt(actor=actor, member=member, sheet=sheet, answers="BBA", taken_on=day).pk] * 8
    )
    assert found == [QuizAttempt.objects.get().pk] * 8


def test_the_same_import_sent_twice_at_once_is_stored_once():
    question, actor = QuestionFactory(), StaffFactory()
    text = "Neuve ?\nA. x\nB. y\nANSWER: A\n"
    acts = [lambda: len(quiz.import_questions(actor=actor, category=question.category, text=text))] * 4
    found = all_at_once(acts)
    assert (found.count(1), question.category.questions.count()) == (1, 2)
