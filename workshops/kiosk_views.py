"""The two questions at the end of a session, on the lab's own tablet: an address that only the roll gives."""

from datetime import datetime, timedelta

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from workshops import services
from workshops.forms import FacesOfOne
from workshops.models import WorkshopSession

SALT, OPEN_AFTER = "workshops.kiosk", timedelta(days=1)


def address(session: WorkshopSession) -> str:
    """Return the address of the questions of a session; nobody can make up another."""
    return reverse("workshops:kiosk", args=[session.pk, _token(session.pk)])


def _token(pk: int) -> str:
    return signing.Signer(salt=SALT).signature(str(pk))


def is_open(session: WorkshopSession, now: datetime) -> bool:
    """Tell whether the questions are asked: from the start until a day after the end."""
    held = session.state == WorkshopSession.State.SCHEDULED
    return held and session.starts_at <= now <= session.ends_at + OPEN_AFTER


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def kiosk(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Ask one person after the other; nobody signs in, nobody is named."""
    if not constant_time_compare(token, _token(pk)):
        raise Http404
    session = get_object_or_404(WorkshopSession.objects.select_related("workshop"), pk=pk)
    here, opened = request.path, is_open(session, timezone.now())
    form = FacesOfOne(request.POST if request.method == "POST" else None)
    if request.method == "POST" and opened and form.is_valid():
        services.answer_at_kiosk(session=session, faces=form.faces())
        return redirect(f"{here}?merci")
    context = {"session": session, "form": form, "open": opened, "thanks": "merci" in request.GET, "here": here}
    return render(request, "workshops/kiosk.html", context, status=422 if form.errors else 200)
