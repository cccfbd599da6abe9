"""Open Badges 2.0 as hosted JSON-LD (1EdTech, Open Badges v2.0): issuer, badge class, assertion.

An assertion names its holder only by the salted hash of an e-mail; it exists because they asked for it.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from machines.models import Level, LevelName, MachineCategory, OpenBadge, Qualification
from machines.services.badges import ask_for_badge, take_badge_back
from place.queries import lab

CONTEXT = "https://w3id.org/openbadges/v2"
GONE = 410


def _url(name: str, *args: Any) -> str:
    return settings.SITE_URL + reverse(f"machines:{name}", args=args)


def _answer(document: dict[str, Any], status: int = 200) -> JsonResponse:
    response = JsonResponse({"@context": CONTEXT, **document}, status=status, content_type="application/ld+json")
    response["Access-Control-Allow-Origin"] = "*"  # a verifier reads it from its own page; nothing here needs a session
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """Say who gives these badges: the lab, never a person."""
    place = lab()
    document = {"type": "Issuer", "id": _url("badge_issuer"), "name": place.name, "url": settings.SITE_URL}
    return _answer({**document, "email": place.email} if place.email else document)


@require_safe
def badge_class(request: HttpRequest, slug: str, level: int) -> HttpResponse:
    """Say what a level on a family of machines means."""
    category = get_object_or_404(MachineCategory, slug=slug)
    if level not in Level.values:
        return HttpResponse(status=404)
    name = LevelName.objects.filter(pk=level).first()
    label = str(name or Level(level).label)
    return _answer(
        {
            "type": "BadgeClass",
            "id": _url("badge_class", slug, level),
            "name": f"{category.name} – {label}",
            "description": f"{category.name}: {label}",
            "image": settings.SITE_URL + static("images/mark.svg"),
            "criteria": {"narrative": "A quiz with every safety question right, and practice watched by a trainer."},
            "issuer": _url("badge_issuer"),
        }
    )


@require_safe
def assertion(request: HttpRequest, key: UUID) -> HttpResponse:
    """Say that the holder of an e-mail has a badge; 410 once it is revoked or the habilitation suspended."""
    rows = OpenBadge.objects.select_related("qualification__category")
    badge = get_object_or_404(rows, key=key, qualification__member__is_active=True)
    held = badge.qualification
    address = {"type": "Assertion", "id": _url("badge", badge.key)}
    if badge.revoked_at or held.withdrawn_reason or held.level < badge.level:
        return _answer({**address, "revoked": True}, status=GONE)
    document = {
        **address,
        "recipient": {"type": "email", "hashed": True, "salt": badge.salt, "identity": badge.recipient_hash},
        "badge": _url("badge_class", held.category.slug, badge.level),
        "verification": {"type": "HostedBadge"},
        "issuedOn": badge.issued_at.isoformat(),
    }
    return _answer({**document, "expires": f"{held.expires_on}T23:59:59Z"} if held.expires_on else document)


@login_required
@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a badge of one's own habilitation."""
    qualification = get_object_or_404(Qualification, pk=pk, member=request.user)
    try:
        ask_for_badge(person=request.user, qualification=qualification)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("/compte/")


@login_required
@require_POST
def take_back(request: HttpRequest, key: UUID) -> HttpResponse:
    """End one's own badge."""
    badge = get_object_or_404(
        OpenBadge.objects.select_related("qualification"), key=key, qualification__member=request.user
    )
    take_badge_back(person=request.user, badge=badge)
    return redirect("/compte/")
