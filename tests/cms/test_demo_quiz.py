"""The questions of the demonstration are sound, and load through the service."""

from collections import Counter
from datetime import date

import pytest

from cms.demo import quiz
from cms.demo.stage import Stage
from machines.models import Question
from machines.quiz_queries import has_quiz
from tests.factories.machines import CategoryFactory
from tests.factories.members import AdminFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def questions() -> list[Question]:
    stage = Stage(date(2026, 11, 22))
    stage.people["admin"] = AdminFactory()
    for slug in ("impression-3d", "decoupe-laser"):
        CategoryFactory(slug=slug)
    return quiz.load(stage)


def test_there_are_twelve_questions_for_each_of_two_machines(questions) -> None:
    assert Counter(one.category.slug for one in questions) == {"impression-3d": 12, "decoupe-laser": 12}
    assert all(has_quiz(one.category) for one in questions)


def test_the_laser_has_safety_questions_that_fit_in_a_quiz(questions) -> None:
    safety = Counter(one.category.slug for one in questions if one.safety)
    assert 5 <= safety["decoupe-laser"] <= 10
    assert safety["impression-3d"] >= 3


def test_every_question_explains_itself_and_no_letter_is_always_right(questions) -> None:
    assert all(one.explanation for one in questions)
    letters = Counter(one.choices.get(right=True).letter for one in questions)
    assert (set(letters), max(letters.values()) < len(questions) / 2) == (set("ABCD"), True)
