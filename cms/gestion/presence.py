"""The log of presence at machines: who said when that somebody is there, and when nobody did."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.machines import PresenceFilter
from cms.gestion.views import Listing
from machines.models import PresenceCheck
from machines.presence_rules import Answer, answer_of
from place.clock import moment_text

ANSWERS = {
    Answer.WAITING: _("not yet"),
    Answer.OVERDUE: _("nobody yet, and it is too long"),
    Answer.SHORT: _("not needed: the use was over before"),
    Answer.NEVER: _("nobody has confirmed"),
}


class PresenceList(Listing):
    right = rights.MANAGE_PARK
    page_title = _("Presence at machines")
    header_icon = "user"
    filter_form_class = PresenceFilter
    order = ("-asked_at", "-pk")
    empty_text = _("No machine has asked yet whether somebody is there.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[PresenceCheck]:
        found = PresenceCheck.objects.filter(asked_at__lte=timezone.now())
        found = found.select_related("session__machine", "confirmed_by")
        if filters.get("machine"):
            found = found.filter(session__machine=filters["machine"])
        return found.filter(confirmed_at=None) if filters.get("unconfirmed") else found

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine"), accessor="session.machine"),
            Column("started", label=_("Use started"), accessor=lambda row: moment_text(row.session.started_at)),
            Column("asked", label=_("Asked at"), accessor=lambda row: moment_text(row.asked_at)),
            Column("answer", label=_("Confirmed after"), accessor=_answer),
            Column("confirmed_by", label=_("By whom"), accessor=lambda row: row.confirmed_by or ""),
            Column("channel", label=_("How"), accessor=lambda row: row.get_channel_display()),
        ]


def _answer(row: PresenceCheck) -> Any:
    """Return the delay, or what stands in its place."""
    found = answer_of(
        due_at=row.due_at, confirmed_at=row.confirmed_at, ended_at=row.session.ended_at, now=timezone.now()
    )
    return _delay(row.confirmed_at - row.asked_at) if row.confirmed_at else ANSWERS[found]


def _delay(delay: timedelta) -> str:
    minutes, seconds = divmod(int(delay.total_seconds()), 60)
    if not minutes:
        return ngettext("%(seconds)s second", "%(seconds)s seconds", seconds) % {"seconds": seconds}
    return _("%(minutes)s min %(seconds)02d s") % {"minutes": minutes, "seconds": seconds}
