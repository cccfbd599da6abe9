"""My quizzes: what a member sees and does."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from machines.models import QuizAttempt
from machines.services import quiz
from tests.factories.machines import CategoryFactory
from tests.factories.members import MemberFactory
from tests.factories.quiz import AttemptFactory, QuestionFactory, asked, passed_quiz

pytestmark = pytest.mark.django_db
RIGHT = {"q1": "B", "q2": "B", "q3": "A"}


@pytest.fixture
def member(client: Client):
    person = MemberFactory(first_name="Inès")
    client.force_login(person)
    return person


def text(response) -> str:
    return response.content.decode()


def at(attempt: QuizAttempt) -> str:
    return f"/compte/quiz/essai/{attempt.pk}/"


@pytest.mark.parametrize("path", ["/compte/quiz/", "/compte/quiz/fil/", "/compte/quiz/essai/1/"])
def test_strangers_sign_in_first(client: Client, path: str) -> None:
    QuestionFactory(category__slug="fil")
    assert client.get(path).url == f"/connexion/?next={path}"
    assert client.post(path).url == f"/connexion/?next={path}"
    assert QuizAttempt.objects.count() == 0


def test_the_list_says_what_is_passed_begun_and_to_take(client: Client, member) -> None:
    passed, begun, fresh = (question.category for question in QuestionFactory.create_batch(3))
    passed_quiz(member, category=passed)
    AttemptFactory(member=member, category=begun)
    hidden = QuestionFactory(category__quiz_length=0).category
    html = text(client.get("/compte/quiz/"))
    assert [f"/compte/quiz/{one.slug}/" in html for one in (passed, begun, fresh, hidden)] == [True, True, True, False]
    assert [html.count(f'class="state {colour}"') for colour in ("free", "resv", "down")] == [1, 1, 1]


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_takes_the_same_queries_for_one_quiz_and_many(
    client: Client, member, count: int, django_assert_num_queries
) -> None:
    for question in QuestionFactory.create_batch(count):
        passed_quiz(member, category=question.category)
    client.get("/compte/quiz/")
    with django_assert_num_queries(7):
        client.get("/compte/quiz/")


def test_looking_begins_nothing_and_posting_begins_a_quiz(client: Client, member) -> None:
    category = QuestionFactory(category__slug="fil").category
    assert "<form" in text(client.get("/compte/quiz/fil/"))
    assert QuizAttempt.objects.count() == 0
    response = client.post("/compte/quiz/fil/")
    begun = QuizAttempt.objects.get()
    assert (response.url, begun.member, begun.category) == (at(begun), member, category)
    assert at(begun) in text(client.get("/compte/quiz/fil/"))
    assert client.post("/compte/quiz/fil/").url == at(begun)


@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_no_page_for_a_quiz_that_is_not(client: Client, member, method: str) -> None:
    CategoryFactory(slug="vide")
    QuestionFactory(category__slug="retire", active=False)
    found = [getattr(client, method)(f"/compte/quiz/{slug}/").status_code for slug in ("vide", "retire", "rien")]
    assert found == [404, 404, 404]


def test_the_sixth_quiz_of_the_day_is_told_in_words(client: Client, member) -> None:
    category = QuestionFactory(category__slug="fil").category
    for _ in range(5):
        passed_quiz(member, category=category, passed=False)
    page = client.get("/compte/quiz/fil/")
    assert (page.status_code, 'class="why"' in text(page), "btn go" in text(page)) == (200, True, False)
    response = client.post("/compte/quiz/fil/")
    assert (response.status_code, 'class="why"' in text(response), QuizAttempt.objects.count()) == (422, True, 5)


@pytest.mark.parametrize("count", [1, 12])
def test_all_questions_are_on_one_page_for_the_same_queries(
    client: Client, member, count: int, django_assert_num_queries
) -> None:
    attempt = AttemptFactory(member=member, questions=asked("B" * count))
    client.get(at(attempt))
    with django_assert_num_queries(6):
        html = text(client.get(at(attempt)))
    assert (html.count("<fieldset"), html.count('type="radio"')) == (count, 3 * count)


def test_a_question_without_an_answer_is_told_beside_it_and_ticks_are_kept(client: Client, member) -> None:
    attempt = AttemptFactory(member=member)
    response = client.post(at(attempt), {"q1": "B", "q3": "Z"})
    html = text(response)
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["q2", "q3"])
    assert html.count('class="errors"') == 2
    assert html.count("checked") == 1
    attempt.refresh_from_db()
    assert attempt.finished_at is None


def test_passing_says_what_comes_next(client: Client, member) -> None:
    attempt = AttemptFactory(member=member)
    assert client.post(at(attempt), RIGHT).url == at(attempt)
    page = client.get(at(attempt))
    attempt.refresh_from_db()
    assert (attempt.passed, page.context["mistakes"], "/agenda/" in text(page)) == (True, [], True)
    assert client.post(at(attempt), {"q1": "C", "q2": "C", "q3": "C"}).status_code == 200
    attempt.refresh_from_db()
    assert attempt.passed


def test_failing_shows_each_mistake_with_its_explanation_and_tries_again(client: Client, member) -> None:
    attempt = AttemptFactory(member=member, questions=asked("BBA", "  x"))
    client.post(at(attempt), RIGHT | {"q3": "C"})
    html = text(client.get(at(attempt)))
    assert ("C. bleu" in html, "A. rouge" in html, "explication 3" in html) == (True, True, True)
    assert "explication 1" not in html
    assert f'action="/compte/quiz/{attempt.category.slug}/"' in html


def test_right_answers_are_not_told_before(client: Client, member) -> None:
    html = text(client.get(at(AttemptFactory(member=member))))
    assert "explication" not in html


def test_a_quiz_begun_yesterday_says_so_and_offers_a_new_one(client: Client, member) -> None:
    attempt = AttemptFactory(member=member, started_at=timezone.now() - timedelta(hours=25))
    for response, status in ((client.get(at(attempt)), 200), (client.post(at(attempt), RIGHT), 422)):
        assert (response.status_code, 'class="why"' in text(response), "<fieldset" in text(response)) == (
            status,
            True,
            False,
        )
    attempt.refresh_from_db()
    assert attempt.finished_at is None


@pytest.mark.parametrize("finished", [True, False])
def test_somebody_elses_quiz_does_not_exist(client: Client, member, finished: bool) -> None:
    theirs = AttemptFactory(questions=asked("BBA"))
    if finished:
        quiz.finish_attempt(attempt=theirs, answers=["C", "C", "C"])
    assert (client.get(at(theirs)).status_code, client.post(at(theirs), RIGHT).status_code) == (404, 404)
    theirs.refresh_from_db()
    assert theirs.passed is (False if finished else None)


def test_typed_questions_are_shown_as_text(client: Client, member) -> None:
    evil = '<img src=x onerror="alert(1)">'
    questions = asked("B")
    questions[0] |= {"text": evil, "explanation": evil, "choices": [["A", evil], ["B", "vert"]]}
    attempt = AttemptFactory(member=member, questions=questions)
    pages = [text(client.get(at(attempt)))]
    client.post(at(attempt), {"q1": "A"})
    pages.append(text(client.get(at(attempt))))
    assert [(evil in page, "onerror" in page) for page in pages] == [(False, True), (False, True)]
