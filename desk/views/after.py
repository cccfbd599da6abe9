"""After a session: what people thought of it, the facilitator's note, who has completed it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.forms.after import FacesForm, NoteForm
from desk.lock import at_desk, shut
from desk.queries.after import after_of
from machines.services.training import observe
from members.models import Channel, User
from place.clock import local
from workshops import services
from workshops.kiosk_views import address
from workshops.models import Attendance, Workshop, WorkshopSession


@at_desk("workshops.register_others")
@require_http_methods(["GET", "HEAD", "POST"])
def after(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a session that was held, and do one of the things that come after it."""
    session = get_object_or_404(WorkshopSession.objects.select_related("workshop", "facilitator"), pk=pk)
    act = ACTS.get(request.POST.get("act", ""))
    if request.method == "POST" and act:
        try:
            act(request, session)
        except (ValidationError, PermissionDenied) as refused:
            messages.error(request, " ".join(getattr(refused, "messages", [str(refused)])))
        return redirect("desk:after", pk=pk)
    found = after_of(session, request.user, timezone.now())
    context = {
        "after": found,
        "session": session,
        "faces": FacesForm(),
        "note": NoteForm(initial={"note": session.note}),
    }
    return render(request, "desk/counter/after.html", context)


def _note(request: HttpRequest, session: WorkshopSession) -> None:
    form = NoteForm(request.POST)
    if form.is_valid():
        services.write_note(session=session, note=form.cleaned_data["note"], actor=request.user)
        messages.success(request, _("Saved."))


def _faces(request: HttpRequest, session: WorkshopSession) -> None:
    """Key in how many gave which face on paper."""
    form = FacesForm(request.POST)
    if not form.is_valid():
        raise ValidationError(_("A number is not right: from 0 to 500."))
    services.key_in_feedback(session=session, counts=form.counts(), actor=request.user)
    messages.success(request, _("Counted."))


def _practice(request: HttpRequest, session: WorkshopSession) -> None:
    """A trainer signs that somebody managed: with the quiz, that is the habilitation."""
    if session.workshop.kind != Workshop.Kind.TRAINING or session.workshop.category is None:
        raise ValidationError(_("This workshop trains for no machine."))
    key = request.POST.get("person", "")
    there = Attendance.objects.filter(session=session, state=Attendance.State.PRESENT)
    person = get_object_or_404(User, attendances__in=there, pk=int(key) if key.isdecimal() and len(key) < 18 else 0)
    observe(
        actor=request.user,
        member=person,
        category=session.workshop.category,
        level=session.workshop.level,
        passed=True,
        observed_on=local(session.starts_at).date(),
        channel=Channel.DESK,
    )
    messages.success(request, _("Signed: %(name)s has completed the training.") % {"name": person.first_name})


ACTS: dict[str, Callable[[HttpRequest, WorkshopSession], Any]] = {
    "note": _note,
    "faces": _faces,
    "practice": _practice,
}


@at_desk("workshops.register_others")
@require_http_methods(["POST"])
def kiosk(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the tablet over for the two questions: the desk shuts, only they stay open."""
    session = get_object_or_404(WorkshopSession, pk=pk)
    shut(request.session)
    return redirect(address(session))
