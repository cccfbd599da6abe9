"""The lock of the desk, and signing in with a card."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from desk import lock
from desk.forms.card import CodeForm
from desk.forms.counter import UnlockForm
from members.cards import looks_like_code
from members.queries import card_of_token, live_card
from members.services import try_code


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def locked(request: HttpRequest) -> HttpResponse:
    """Shut the desk, and open it again to the same person: by password or card."""
    if not request.user.is_authenticated:
        return redirect_to_login("/accueil/")
    if not request.user.has_perm("members.use_desk"):
        raise PermissionDenied
    if request.method != "POST":
        _shut(request)
    form = UnlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if _is_the_person(request, form.cleaned_data["secret"]):
            return _open(request)
        form.add_error("secret", get_adapter().error_messages["username_password_mismatch"])
    return render(request, "desk/counter/lock.html", {"form": form}, status=403 if form.errors else 200)


def _shut(request: HttpRequest) -> None:
    """Shut the desk; a page that shuts itself says where it was."""
    lock.shut(request.session)
    came_from = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts=None):
        request.session[lock.CAME_FROM] = came_from


def _is_the_person(request: HttpRequest, secret: str) -> bool:
    """Judge a password or a code; ten wrong ones in a minute are judged no more."""
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        return False
    card = live_card(request.user)
    return request.user.check_password(secret) or bool(card and looks_like_code(secret) and try_code(card, secret))


def _open(request: HttpRequest) -> HttpResponse:
    lock.touch(request.session)
    came_from = request.session.pop(lock.CAME_FROM, "/accueil/")
    kept = request.session.pop(lock.KEPT, None)
    if not url_has_allowed_host_and_scheme(came_from, allowed_hosts=None):
        came_from = "/accueil/"
    if kept:
        return render(request, "desk/counter/resume.html", {"kept": kept, "url": came_from})
    return redirect(came_from)


@require_POST
def awake(request: HttpRequest) -> HttpResponse:
    """A hand moves at the desk: keep it open. A shut desk stays shut (409)."""
    if not request.user.is_authenticated or lock.SEEN not in request.session or lock.is_shut(request.session):
        return HttpResponse(status=409)
    lock.touch(request.session)
    return HttpResponse(status=204)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card_sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in with the QR of a card and its code; a card that is not valid looks like any other."""
    if request.user.is_authenticated and request.user.has_perm("members.use_desk"):
        return redirect(f"/accueil/?q={token}")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = _owner(request, token, form)
        if user is not None:
            return perform_login(request, Login(user=user))
    return render(request, "desk/account/card_sign_in.html", {"form": form}, status=403 if form.errors else 200)


def _owner(request: HttpRequest, token: str, form: CodeForm) -> Any:
    """Return whose card and code these are; tries are counted and throttled as those of any sign-in."""
    card = card_of_token(token)
    name = card.user.username if card else token
    try:
        user = get_adapter().authenticate(request, username=name, password=form.cleaned_data["code"])
    except ValidationError as error:
        form.add_error("code", error)
        return None
    if user is None:
        form.add_error("code", get_adapter().error_messages["username_password_mismatch"])
    return user
