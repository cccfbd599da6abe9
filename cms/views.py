"""What the lab knows about me: to read, to take away, to have forgotten."""

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.services.forgetting import erase_on_request
from cms.services.personal import export, known_about, refuse_reading
from desk.lock import at_desk
from desk.views.account import person_of, shown
from desk.views.person import asks_motive
from members.models import Channel, User
from place.clock import today


class EraseForm(forms.Form):
    username = forms.CharField(label=gettext_lazy("To be sure: type the sign-in name"), max_length=150)


@login_required
@never_cache
@require_safe
def my_data(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Say in plain words what is kept, for how long, and who can see it."""
    person = person_of(request, pk)
    context = shown(request, person, known=known_about(person), form=EraseForm())
    return render(request, "cms/my_data.html", context)


@login_required
@never_cache
@require_POST
def my_export(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Hand over everything about one person in one file."""
    return _zip(request, person_of(request, pk))


def _zip(request: HttpRequest, person: User, channel: str = Channel.ONLINE) -> HttpResponse:
    content = export(actor=request.user, person=person, now=timezone.now(), channel=channel)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="canlab-{person.username}-{today()}.zip"'
    return response


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Forget somebody who asks, after the sign-in name was typed."""
    person = person_of(request, pk)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_named(form, person) and _erased(request, person, form):
        return _goodbye(request, pk)
    return render(request, "cms/erase.html", shown(request, person, form=form), status=422 if form.errors else 200)


@at_desk("members.manage_papers")
@require_http_methods(["GET", "HEAD", "POST"])
def data_at_desk(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand over somebody's data, or forget them, for a person who asks at the desk."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    if asked := asks_motive(request, person):
        return asked
    refuse_reading(request.user, person)
    if "export" in request.POST:
        return _zip(request, person, Channel.DESK)
    form = EraseForm(request.POST if "username" in request.POST else None)
    if form.is_valid() and _is_named(form, person) and _erased(request, person, form, Channel.DESK):
        messages.success(request, _("It is done: we no longer know who it was."))
        return redirect("desk:counter")
    context = {"person": person, "form": form, "known": known_about(person)}
    return render(request, "cms/data_at_desk.html", context, status=422 if form.errors else 200)


def _is_named(form: EraseForm, person: User) -> bool:
    """Tell whether the sign-in name was typed, and say so in the form when it was not."""
    if form.cleaned_data["username"].strip().lower() == person.username.lower():
        return True
    form.add_error("username", _("This is not the sign-in name."))
    return False


def _erased(request: HttpRequest, person: User, form: EraseForm, channel: str = Channel.ONLINE) -> bool:
    try:
        erase_on_request(actor=request.user, person=person, now=timezone.now(), channel=channel)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _goodbye(request: HttpRequest, pk: int | None) -> HttpResponse:
    if pk is None:
        logout(request)
    messages.success(request, _("It is done: we no longer know who it was."))
    return redirect("/" if pk is None else "desk:account")
