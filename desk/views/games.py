"""A live quiz run from the desk or a tablet: start, go on, count cards, end."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from desk.forms.games import CardsForm, FreeQuizForm, StartForm
from desk.lock import at_desk
from machines.models.quiz import LETTERS
from place.form_errors import add_errors
from workshops import game_queries
from workshops.models import FreeQuiz, LiveGame, Player
from workshops.services import games as service

RIGHT = "workshops.register_others"
State = LiveGame.State


@at_desk(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def games(request: HttpRequest) -> HttpResponse:
    """Start a quiz on one of the banks; see those that run and the totals of those that ran."""
    now = timezone.now()
    form = StartForm(request.POST if request.method == "POST" else None, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            game = service.start_game(actor=request.user, **form.chosen())
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("desk:game", game.pk)
    context = {"form": form, "games": game_queries.recent_games(), "quizzes": FreeQuiz.objects.all()}
    return render(request, "desk/games/list.html", context, status=422 if form.errors else 200)


@at_desk(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def game(request: HttpRequest, pk: int) -> HttpResponse:
    """Run one quiz: every button is a form, and the page says where the room is."""
    one = get_object_or_404(LiveGame, pk=pk)
    form = CardsForm(request.POST if "cards" in request.POST else None, game=one)
    if request.method == "POST":
        try:
            done = _act(request, one, form)
        except ValidationError as error:
            add_errors(form, error)
            done = False
        if done:
            return redirect("desk:game", pk)
    context = {**game_queries.on_screen(one), "form": form, "phones": one.players.all(), "next": _next_words(one)}
    context["results"] = game_queries.results(one) if one.state == State.OVER else []
    return render(request, "desk/games/game.html", context, status=422 if form.errors else 200)


def _act(request: HttpRequest, one: LiveGame, form: CardsForm) -> bool:
    if "cards" in request.POST:
        if form.is_valid():
            service.count_cards(game=one, number=one.current, counts=form.counts(), actor=request.user)
        return form.is_valid()
    if "remove" in request.POST:
        player = get_object_or_404(Player, pk=int(request.POST["remove"] or 0), game=one)
        service.remove_player(player=player, actor=request.user)
    elif "end" in request.POST:
        service.end_game(game=one, actor=request.user)
    else:
        state, _dot, current = request.POST.get("seen", "").partition(".")
        seen = (state, int(current) if current.lstrip("-").isdecimal() else 0)
        service.advance(game=one, seen=seen, actor=request.user)
    return True


def _next_words(one: LiveGame) -> str:
    """Return what the button does next."""
    if one.state == State.LOBBY:
        return _("Ask the first question")
    if one.state == State.ASKING:
        return _("Show the answer")
    return _("Next question") if one.current + 1 < len(one.questions) else _("End the quiz")


@at_desk(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def free_quiz(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a quiz about anything as text; every line that cannot be read is told."""
    quiz = get_object_or_404(FreeQuiz, pk=pk) if pk else FreeQuiz()
    form = FreeQuizForm(request.POST if request.method == "POST" else None, instance=quiz)
    if request.method == "POST" and form.is_valid():
        try:
            service.save_free_quiz(quiz=form.instance, actor=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The quiz is saved."))
            return redirect("desk:games")
    return render(request, "desk/games/free_quiz.html", {"form": form}, status=422 if form.errors else 200)


@at_desk(RIGHT)
@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """The cards A, B, C and D to print and hold up: no phone is needed."""
    return render(request, "desk/print/cards.html", {"bars": [{"letter": letter} for letter in LETTERS]})
