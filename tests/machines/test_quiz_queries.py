from datetime import date, timedelta

import pytest
from django.utils import timezone

from machines.quiz_queries import has_quiz, passed_attempt, quiz_overview
from tests.factories.machines import CategoryFactory
from tests.factories.members import MemberFactory
from tests.factories.quiz import AttemptFactory, QuestionFactory, SheetFactory, passed_quiz

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timezone.localdate()


def test_a_pass_counts_from_its_day_for_its_months() -> None:
    category, member = CategoryFactory(quiz_valid_months=6), MemberFactory()
    kept = passed_quiz(member, category=category, taken_on=date(2026, 5, 20))
    for day, found in (
        (date(2026, 5, 19), None),
        (date(2026, 5, 20), kept),
        (date(2026, 11, 20), kept),
        (date(2026, 11, 21), None),
    ):
        assert passed_attempt(member, category, day) == found


def test_the_latest_pass_is_the_one_that_counts() -> None:
    category, member = CategoryFactory(), MemberFactory()
    passed_quiz(member, category=category, taken_on=DAY - timedelta(days=30))
    latest = passed_quiz(member, category=category, taken_on=DAY - timedelta(days=3))
    passed_quiz(member, category=category, taken_on=DAY, passed=False)
    AttemptFactory(member=member, category=category)
    passed_quiz(MemberFactory(), category=category)
    passed_quiz(member, category=CategoryFactory())
    assert passed_attempt(member, category, DAY) == latest


def test_a_category_has_a_quiz_when_there_is_something_to_ask() -> None:
    asked = QuestionFactory().category
    retired = QuestionFactory(active=False).category
    off = QuestionFactory(category__quiz_length=0).category
    assert [has_quiz(one) for one in (asked, retired, off, CategoryFactory())] == [True, False, False, False]


@pytest.mark.parametrize("count", [1, 5])
def test_the_overview_takes_two_queries_for_one_quiz_and_many(count, django_assert_num_queries) -> None:
    member = MemberFactory()
    for question in QuestionFactory.create_batch(count):
        passed_quiz(member, category=question.category)
        AttemptFactory(member=member, category=question.category)
    with django_assert_num_queries(2):
        rows = quiz_overview(member, DAY, NOW)
        assert [bool(row.passed and row.passed.valid_until and row.unfinished) for row in rows] == [True] * count


def test_the_overview_tells_mine_and_nobody_elses() -> None:
    member, other = MemberFactory(), MemberFactory()
    taken, untouched = (question.category for question in QuestionFactory.create_batch(2))
    QuestionFactory(category=CategoryFactory(quiz_length=0))
    old = passed_quiz(member, category=taken, taken_on=DAY - timedelta(days=20))
    passed_quiz(member, category=taken, passed=False)
    passed_quiz(member, category=taken, passed=False, mode="paper", sheet=SheetFactory(category=taken))
    begun = AttemptFactory(member=member, category=taken, taken_on=DAY - timedelta(days=1))
    AttemptFactory(member=member, category=taken, started_at=NOW - timedelta(hours=25), taken_on=DAY - timedelta(1))
    passed_quiz(other, category=untouched)
    AttemptFactory(member=other, category=untouched)
    rows = {row.category: (row.passed, row.unfinished) for row in quiz_overview(member, DAY, NOW)}
    assert rows == {taken: (old, begun), untouched: (None, None)}


def test_the_overview_forgets_a_pass_that_ended() -> None:
    category = QuestionFactory(category__quiz_valid_months=1).category
    kept = passed_quiz(MemberFactory(), category=category, taken_on=DAY - timedelta(days=40))
    assert [row.passed for row in quiz_overview(kept.member, DAY, NOW)] == [None]
