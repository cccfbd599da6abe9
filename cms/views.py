"""What the lab knows about me: to read, to take away, to have forgotten."""

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.services.forgetting import erase_on_request
from cms.services.personal import export, known_about
from desk.views.account import person_of, shown
from members.models import User
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
    person = person_of(request, pk)
    content = export(actor=request.user, person=person, now=timezone.now())
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
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["username"].strip().lower() != person.username.lower():
            form.add_error("username", _("This is not the sign-in name."))
        elif _erased(request, person, form):
            return _goodbye(request, pk)
    return render(request, "cms/erase.html", shown(request, person, form=form), status=422 if form.errors else 200)


def _erased(request: HttpRequest, person: User, form: EraseForm) -> bool:
    try:
        erase_on_request(actor=request.user, person=person, now=timezone.now())
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _goodbye(request: HttpRequest, pk: int | None) -> HttpResponse:
    if pk is None:
        logout(request)
    messages.success(request, _("It is done: we no longer know who it was."))
    return redirect("/" if pk is None else "desk:account")
