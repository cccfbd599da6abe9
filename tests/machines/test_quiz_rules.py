from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines import quiz_rules
from machines.models.quiz import months_after
from tests.factories.place import wall
from tests.factories.quiz import asked

NOW = wall(2026, 11, 25, 14)


@dataclass
class Card:
    number: int
    safety: bool


def cards(safety: int, others: int) -> list[Card]:
    return [Card(number, number < safety) for number in range(safety + others)]


def codes(problems) -> list[str]:
    return [problem.code for problem in problems]


@given(st.integers(0, 8), st.integers(0, 30), st.integers(1, 15), st.integers())
def test_every_safety_question_is_drawn_and_others_up_to_the_length(safety, others, length, seed):
    bank = cards(safety, others)
    drawn = quiz_rules.draw(bank, length, Random(seed))
    assert [card for card in bank if card.safety and card not in drawn] == []
    assert len(drawn) == max(safety, min(length, safety + others))
    assert len({card.number for card in drawn}) == len(drawn)


def test_chance_decides_the_others_and_the_order():
    drawn = {tuple(card.number for card in quiz_rules.draw(cards(1, 9), 4, Random(seed))) for seed in range(20)}
    assert len(drawn) > 10


@pytest.mark.parametrize(
    ("answers", "percent", "passed"),
    [("BBA", 100, True), ("BBC", 100, False), ("BBC", 66, True), ("BBC", 67, False), ("CCC", 1, False)],
)
def test_enough_right_answers_pass(answers, percent, passed):
    verdict = quiz_rules.judge(asked("BBA"), answers, percent)
    assert (verdict.passed, verdict.out_of) == (passed, 3)


def test_one_wrong_safety_answer_fails_whatever_the_score():
    right = "B" * 10
    assert quiz_rules.judge(asked(right, "x"), "B" * 9 + "A", 80).passed
    verdict = quiz_rules.judge(asked(right, "x"), "A" + "B" * 9, 80)
    assert (verdict.score, verdict.passed) == (9, False)


def test_mistakes_tell_what_was_said_and_what_is_right():
    wrong = quiz_rules.mistakes(asked("BBA", " x"), ["B", "C", ""])
    told = [(one.text, one.safety, one.given, one.right) for one in wrong]
    assert told == [("Question 2", True, "C. bleu", "B. vert"), ("Question 3", False, "", "A. rouge")]


def test_five_tries_a_day_are_enough():
    def tried(times):
        return codes(quiz_rules.start_problems(has_questions=True, attempts_today=times))

    assert (tried(4), tried(5)) == ([], ["too_many"])
    assert codes(quiz_rules.start_problems(has_questions=False, attempts_today=0)) == ["no_quiz"]


@pytest.mark.parametrize(
    ("answers", "hours", "found"),
    [
        ("BBA", 0, []),
        ("BBA", 23.9, []),
        ("BBA", 24, ["too_old"]),
        (["B", "", ""], 0, ["unanswered"]),
        ("BBD", 0, ["letter"]),
        ("BB", 0, ["length"]),
    ],
)
def test_what_cannot_end_a_quiz(answers, hours, found):
    started = NOW - timedelta(hours=hours)
    assert codes(quiz_rules.finish_problems(asked("BBA"), answers, started, NOW)) == found


def test_unanswered_questions_are_counted():
    (problem,) = quiz_rules.finish_problems(asked("BBA"), ["B", "", ""], NOW, NOW)
    assert "2" in problem.message


@pytest.mark.parametrize("typed", ["ABC-A", "abc-a", " a b c\n- a", "AB C-\u00a0A"])
def test_letters_are_read_as_people_type_them(typed):
    assert quiz_rules.read_letters(typed) == ["A", "B", "C", "", "A"]


def test_letters_that_do_not_fit_the_sheet_are_explained():
    (short,) = quiz_rules.letter_problems(asked("BBA"), ["B"])
    assert ("3" in short.message, "1" in short.message) == (True, True)
    (strange,) = quiz_rules.letter_problems(asked("BBA"), ["B", "E", ""])
    assert ("2" in strange.message, "E" in strange.message, "A, B, C" in strange.message) == (True, True, True)


@given(st.text(max_size=60))
def test_any_text_is_read_as_letters_without_breaking(typed):
    letters = quiz_rules.read_letters(typed)
    assert isinstance(quiz_rules.letter_problems(asked("BBA"), letters), list)


@pytest.mark.parametrize(
    ("choices", "right", "count"),
    [
        (["un", "deux"], "A", 0),
        (["un", "deux", "trois", "quatre"], "D", 0),
        (["un"], "A", 1),
        (["un", "deux", "trois", "quatre", "cinq"], "A", 1),
        (["un", "un"], "A", 1),
        (["un", "", "trois"], "A", 1),
        (["un", "deux"], "C", 1),
        (["un", "deux"], "", 1),
        ([], "", 2),
    ],
)
def test_a_question_offers_two_to_four_answers_one_of_them_right(choices, right, count):
    assert len(quiz_rules.choice_problems(choices, right)) == count


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 11, 25), 12, date(2027, 11, 25)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day, months, then):
    assert months_after(day, months) == then
