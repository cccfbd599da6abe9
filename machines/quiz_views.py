"""My quizzes: which there are, one on a page, and what came out."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from machines import quiz_rules
from machines.models import MachineCategory, QuizAttempt, QuizMode
from machines.quiz_forms import AnswersForm
from machines.quiz_queries import categories_with_quiz, open_attempt, passed_attempt, quiz_overview
from machines.services import quiz as services
from members.models import User
from place.clock import today


@login_required
@never_cache
@require_safe
def quizzes(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = quiz_overview(_member(request), today(now), now)
    return render(request, "machines/quizzes.html", {"rows": rows})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quiz(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what a quiz asks for; POST begins it."""
    category = get_object_or_404(categories_with_quiz(), slug=slug)
    if request.method != "POST":
        return _begin_page(request, category, services.start_problems(_member(request), category, timezone.now()))
    try:
        attempt = services.start_attempt(member=_member(request), category=category)
    except ValidationError as error:
        return _begin_page(request, category, error.error_list, status=422)
    return redirect("machines:quiz_attempt", attempt.pk)


def _begin_page(
    request: HttpRequest, category: MachineCategory, problems: Sequence[ValidationError], status: int = 200
) -> HttpResponse:
    now, member = timezone.now(), _member(request)
    context = {
        "category": category,
        "passed": passed_attempt(member, category, today(now)),
        "unfinished": open_attempt(member, category, now),
        "problems": problems,
    }
    return render(request, "machines/quiz.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the questions of an open attempt, or what came out of it; POST hands in the answers."""
    found = get_object_or_404(QuizAttempt.objects.select_related("category"), pk=pk, member=_member(request))
    if found.finished_at:
        return render(request, "machines/quiz_result.html", _result(found))
    form = AnswersForm(found.questions, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        return _hand_in(request, found, form)
    problems = quiz_rules.stale_problems(found.started_at, timezone.now())
    return _questions_page(request, found, form, problems, status=422 if form.is_bound else 200)


def _hand_in(request: HttpRequest, found: QuizAttempt, form: AnswersForm) -> HttpResponse:
    try:
        services.finish_attempt(attempt=found, answers=form.letters())
    except ValidationError as error:
        return _questions_page(request, found, form, error.error_list, status=422)
    return redirect("machines:quiz_attempt", found.pk)


def _questions_page(
    request: HttpRequest, found: QuizAttempt, form: AnswersForm, problems: Sequence[ValidationError], status: int
) -> HttpResponse:
    context = {"attempt": found, "form": form, "problems": problems, "left": len(form.errors)}
    return render(request, "machines/quiz_questions.html", context, status=status)


def _result(found: QuizAttempt) -> dict[str, Any]:
    wrong = quiz_rules.mistakes(found.questions, found.answers)
    return {
        "attempt": found,
        "mistakes": wrong,
        "unsafe": any(mistake.safety for mistake in wrong),
        "on_paper": found.mode == QuizMode.PAPER,
    }


def _member(request: HttpRequest) -> User:
    return cast(User, request.user)
