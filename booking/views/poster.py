"""A sheet to hang at a machine: what it is, who may use it, and the way to its page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from booking.views.errand import machine_of
from place.drawing import qr


@require_safe
def poster(request: HttpRequest, slug: str) -> HttpResponse:
    machine = machine_of(slug)
    address = f"{settings.SITE_URL}/machines/{machine.slug}/"
    return render(request, "booking/poster.html", {"machine": machine, "address": address, "qr": qr(address)})
