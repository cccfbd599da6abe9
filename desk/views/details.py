"""Correct what the lab holds of a person."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.forms.counter import IdentityForm
from desk.lock import at_desk
from members.models import User
from members.services import update_member
from place.form_errors import add_errors


@at_desk("members.manage_members")
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a name, a birth date, how to reach somebody; an account above one's own is refused (403)."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    held = {name: getattr(person, name) for name in IdentityForm.base_fields}
    form = IdentityForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        try:
            update_member(actor=request.user, member=person, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:person", pk=pk)
    context = {"person": person, "form": form}
    return render(request, "desk/counter/details.html", context, status=422 if form.errors else 200)
