"""Quiz and practice of one person, and the waiver for a day."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.forms.training import ObservationForm, WaiverForm
from desk.lock import at_desk
from desk.queries.training import training_of
from machines.services.access import waive_for_a_day
from machines.services.training import observe
from members.models import User
from members.services.households import note_if_superuser
from place.clock import today
from place.form_errors import add_errors


@at_desk()
@require_http_methods(["GET", "HEAD", "POST"])
def training(request: HttpRequest, pk: int) -> HttpResponse:
    """What somebody has passed, and the two acts of a trainer: sign a practice, let do without for a day."""
    person = get_object_or_404(User, pk=pk, is_active=True)
    note_if_superuser(actor=request.user, person=person)
    rows = training_of(person, request.user, today())
    practice = ObservationForm(
        request.POST if "observe" in request.POST else None, rows=rows, initial={"observed_on": today()}
    )
    waiver = WaiverForm(request.POST if "waive" in request.POST else None, rows=rows, initial={"day": today()})
    form = next((form for form in (practice, waiver) if form.is_bound), None)
    if form is not None and form.is_valid():
        try:
            act = observe if form is practice else waive_for_a_day
            act(actor=request.user, member=person, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Noted."))
            return redirect("desk:training", pk=pk)
    context = {"person": person, "rows": rows, "practice": practice, "waiver": waiver}
    return render(request, "desk/counter/training.html", context, status=422 if form and form.errors else 200)
