"""What may be put at a free time of the week, and where each is made: the screens that exist, filled in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from booking.forms import window_initial
from desk.queries.grid import USUAL_HOURS, Powers
from machines.models import Machine
from place.clock import Span, day_span, local
from place.queries import openings_between

BOOK_FOR_OTHERS = "booking.book_for_others"
BACK_OFFICE = "wagtailadmin.access_admin"
PLAN_OPENINGS, PLAN_SESSIONS = "place.change_openingperiod", "workshops.manage_workshops"


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be planned: who may, on which screen, and how that screen calls a time and a machine."""

    label: Any
    icon: str
    right: str
    screen: str
    whole_days: bool = False
    machine: str = ""  # the machine's attribute that the screen's form asks for

    def url(self, span: Span, machine: Machine | None) -> str:
        fields = window_initial(span.start, span.end)
        if self.whole_days:
            fields["first_day"] = fields["last_day"] = fields.pop("day")
        if self.machine and machine:
            fields["machine"] = str(getattr(machine, self.machine))
        return f"{reverse(self.screen)}?{urlencode(fields)}"


OFFERS = (
    Offer(
        _("A booking that sets a rule aside"), "pencil", "booking.waive_rules", "lab_reservation_book", machine="slug"
    ),
    Offer(_("An opening"), "calendar", PLAN_OPENINGS, "lab_opening_plan"),
    Offer(_("Somebody on duty"), "user", "place.change_dutyshift", "lab_duty_plan"),
    Offer(_("A closure"), "lock", "place.change_closure", "lab_closure_add", whole_days=True),
    Offer(
        _("An outage or maintenance of a machine"),
        "wrench",
        "machines.manage_park",
        "lab_outage_declare",
        whole_days=True,
        machine="pk",
    ),
    Offer(_("A workshop session"), "graduation-cap", PLAN_SESSIONS, "lab_session_plan"),
)


def offers_for(user: Any) -> Sequence[Offer]:
    """Return what a person may plan in the back office; bookings have their own way from here."""
    return [one for one in OFFERS if may_plan(user, one.right)]


def may_plan(user: Any, right: str) -> bool:
    """Tell whether a screen of the back office opens for somebody."""
    return user.has_perm(BACK_OFFICE) and user.has_perm(right)


def powers_of(user: Any) -> Powers:
    """Return what somebody may do from the grid."""
    return Powers(
        move=user.has_perm(BOOK_FOR_OTHERS),
        openings=may_plan(user, PLAN_OPENINGS),
        sessions=may_plan(user, PLAN_SESSIONS),
        add_url=reverse("desk:planning_add") if may_add(user) else "",
    )


def may_add(user: Any) -> bool:
    return user.has_perm(BOOK_FOR_OTHERS) or bool(offers_for(user))


def proposed(day: date, starts: time | None = None) -> dict[str, str]:
    """Return an hour of a day, as an address writes it: from `starts`, else from when the lab opens. One query."""
    first = datetime.combine(day, starts or local(_opening(day)).time())
    last = min(first + timedelta(hours=1), datetime.combine(day, time(23, 59)))
    return {"day": day.isoformat(), "starts": f"{first:%H:%M}", "ends": f"{last:%H:%M}"}


def _opening(day: date) -> datetime:
    """Return when the lab opens on a day, else the usual hour."""
    span = day_span(day)
    opens = [max(one.starts_at, span.start) for one in openings_between(span.start, span.end)]
    return min(opens, default=span.start + timedelta(hours=USUAL_HOURS[0]))
