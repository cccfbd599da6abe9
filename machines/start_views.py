"""“Start this machine”, from its page or its QR code: asked, decided and told to its switch as with a card."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from machines.models import Machine
from machines.services.starts import offer_start, start_by_page
from members.models import User
from place.clock import hour_text


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Say whether somebody may start a machine now; POST has it switched on."""
    machine = get_object_or_404(Machine.objects.select_related("category"), slug=slug, in_service=True)
    person, now = cast(User, request.user), timezone.now()
    refused: list[str] = []
    if request.method == "POST":
        try:
            given = start_by_page(actor=person, machine=machine, now=now)
        except ValidationError as error:
            refused = error.messages
        else:
            words = _("The machine is yours until %(hour)s. It is switched on within a second or two.")
            messages.success(request, words % {"hour": hour_text(given.until or now)})
            return redirect("machines:start", slug)
    context = {"machine": machine, "offer": offer_start(person, machine, now)}
    return render(request, "machines/start.html", context, status=422 if refused else 200)
