"""The first screen of the back office: what this day is made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from wagtail.admin.ui.components import Component

from booking.ledger_models import Anomaly, AnomalyState
from booking.models import LIVE, Kind, Reservation
from cms import queries
from cms.gestion import rights
from machines.queries import waiting_faults
from machines.stock_queries import stock_alerts
from machines.upkeep_queries import open_tasks
from members.models import JoinRequest, Message, User
from place.clock import Span, day_span, today
from workshops.models import WorkshopSession
from workshops.queries import sessions_between

MOST = 12


class TodayPanel(Component):
    """Machines, sessions and bookings of the day; each part only to who may see it."""

    name = "today"
    template_name = "cms/gestion/today.html"
    order = 1

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        request, now = parent_context["request"], timezone.now()
        return {"request": request, "now": now, "opening": queries.opening_now(now), **parts(request.user, now)}


def parts(user: User, now: datetime) -> dict[str, Any]:
    """Return what this person may see of the day."""
    day = day_span(today(now))
    shown: dict[str, Any] = {}
    if user.has_perm(rights.SEE_RESERVATIONS):
        shown |= {"machines": queries.park(now), "reservations": bookings_of(day)}
    if user.has_perm(rights.TRIAGE_FAULTS):
        shown["faults"] = waiting_faults()
    if user.has_perm(rights.DO_UPKEEP):
        shown |= {"work": open_tasks(), "short": stock_alerts(MOST)}
    if user.has_perm(rights.QUALIFY_ANOMALIES):
        shown["anomalies"] = Anomaly.objects.filter(state=AnomalyState.OPEN).count()
    if user.has_perm(rights.REGISTER_OTHERS):
        shown["sessions"] = sessions_of(day)
    if user.has_perm(rights.MANAGE_MEMBERS):
        shown |= {"requests": waiting_requests(), "calls": waiting_calls()}
    return shown


def bookings_of(day: Span) -> list[Reservation]:
    rows = Reservation.objects.filter(starts_at__lt=day.end, ends_at__gt=day.start, state__in=LIVE, kind=Kind.MEMBER)
    return list(rows.select_related("machine", "member").order_by("starts_at", "pk")[:MOST])


def sessions_of(day: Span) -> list[WorkshopSession]:
    return sessions_between(day.start, day.end, limit=MOST)


def waiting_requests() -> list[JoinRequest]:
    return list(JoinRequest.objects.filter(state=JoinRequest.State.PENDING).order_by("created_at", "pk")[:MOST])


def waiting_calls() -> int:
    return Message.objects.filter(state=Message.State.WAITING, via=Message.Via.CALL).count()
