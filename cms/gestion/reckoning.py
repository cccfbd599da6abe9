"""Screens of planned against real: the ledger, its anomalies, and hours by month and machine."""

from datetime import date, time
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from tablib import Dataset
from wagtail.admin.ui.tables import Column, Table

from booking.ledger_models import Anomaly, AnomalyState, BookingOutcome
from booking.ledger_queries import anomalies, planned_and_used
from booking.rules import duration_text
from booking.services import answer_anomaly
from cms import sheets
from cms.gestion import rights
from cms.gestion.forms.reckoning import AnomalyAnswerForm, AnomalyFilter, LedgerFilter
from cms.gestion.machines import OneRow, named, period_column
from cms.gestion.rights import Guarded
from cms.gestion.views import Furniture, Listing
from members.services import record
from place.clock import at, moment_text, period_text, today

ANOMALIES = ("lab_anomalies", _("What the machines tell"))
LEDGER = ("lab_ledger", _("Booked and used, one by one"))
HOURS = ("lab_hours", _("Booked and really used"))


class AnomalyList(Listing):
    right = rights.QUALIFY_ANOMALIES
    page_title = ANOMALIES[1]
    header_icon = "warning"
    filter_form_class = AnomalyFilter
    order = ("-noticed_at", "-pk")
    empty_text = _("Nothing to look at.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Anomaly]:
        return anomalies().filter(**{name: value for name, value in filters.items() if value})

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine")),
            Column("kind", label=_("Kind"), accessor=lambda row: row.get_kind_display()),
            Column("period", label=_("When"), accessor=_when),
            Column("who", label=_("Who"), accessor=_who),
            Column("state", label=_("State"), accessor=lambda row: row.get_state_display()),
            Column("answer", label=_("What the team says"), accessor=_answer),
        ]

    def actions(self, row: Anomaly) -> list[tuple[Any, str]]:
        if row.state != AnomalyState.OPEN:
            return []
        return [(_("Answer"), reverse("lab_anomaly_answer", args=[row.pk]))]


def _when(row: Anomaly) -> str:
    use, booking = row.usage_session, row.reservation
    if use is None:
        return period_text(booking.starts_at, booking.ends_at)
    if use.ended_at is None:
        return moment_text(use.started_at)
    return period_text(use.started_at, use.ended_at)


def _who(row: Anomaly) -> Any:
    return (row.usage_session or row.reservation).member or ""


def _answer(row: Anomaly) -> str:
    return " – ".join(str(part) for part in (row.get_answer_display(), row.note, row.answered_by) if part)


class AnomalyAnswered(OneRow):
    right = rights.QUALIFY_ANOMALIES
    model = Anomaly
    page_title = _("Say what it was")
    parent = ANOMALIES
    header_icon = "warning"
    form_class = AnomalyAnswerForm
    submit_label = _("Answer")
    success_message = _("Noted: thank you.")
    done_url = ANOMALIES[0]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"kind": self.row.kind}

    def act(self, data: dict[str, Any]) -> Anomaly:
        return answer_anomaly(actor=self.request.user, anomaly=self.row, **data)


class Ledger(Listing):
    right = rights.SEE_USAGE
    page_title = LEDGER[1]
    header_icon = "history"
    filter_form_class = LedgerFilter
    order = ("-starts_at", "-pk")
    empty_text = _("No booking is over yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[BookingOutcome]:
        found = BookingOutcome.objects.select_related("reservation__machine", "reservation__member")
        if filters.get("since"):
            found = found.filter(starts_at__gte=at(filters["since"], time.min))
        if filters.get("machine"):
            found = found.filter(reservation__machine=filters["machine"])
        if filters.get("verdict"):
            found = found.filter(verdict=filters["verdict"])
        return found.filter(named(filters.get("q", ""), "reservation__member__"))

    def columns(self) -> list[Column]:
        return [
            period_column(),
            Column("machine", label=_("Machine"), accessor=lambda row: row.reservation.machine),
            Column("who", label=_("Who"), accessor=lambda row: row.reservation.member or ""),
            Column("verdict", label=_("What became of it"), accessor=lambda row: row.get_verdict_display()),
            *(
                Column(name, label=label, accessor=lambda row, name=name: _length(getattr(row, f"{name}_minutes")))
                for name, label in MINUTES.items()
            ),
        ]


MINUTES = {
    "planned": _("Booked"),
    "used": _("Used"),
    "idle": _("Unused"),
    "over_run": _("Beyond the end"),
    "released": _("Given back"),
}


def _length(minutes: int | None) -> str:
    return _now("not measured") if minutes is None else duration_text(minutes)


def year_to(day: date) -> tuple[date, date]:
    """Return the first day of the month a year before, and the first day of next month."""
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day.replace(year=day.year - 1, day=1), after


class Hours(Furniture, TemplateView):
    """Booked and really used hours, by month and machine, over a year: one query."""

    right = rights.SEE_USAGE
    template_name = "cms/gestion/hours.html"
    page_title = HOURS[1]
    header_icon = "history"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = planned_and_used(*year_to(today()))
        columns = [
            Column("month", label=_("Month"), accessor=lambda row: date_format(row["month"], "F Y")),
            Column("machine", label=_("Machine"), accessor=lambda row: row["reservation__machine__name"]),
            Column("bookings", label=_("Reservations"), accessor=lambda row: row["bookings"]),
            *(
                Column(name, label=label, accessor=lambda row, name=name: _length(row[name]))
                for name, label in MINUTES.items()
            ),
            Column("share", label=_("Share used"), accessor=_share),
        ]
        table = Table(columns, rows, caption=self.get_page_title()) if rows else None
        return super().get_context_data(table=table, empty_text=_("No booking is over yet."), **kwargs)


def _share(row: dict[str, Any]) -> str:
    """Return the part of the booked time that was used, over the bookings that are measured."""
    return f"{round(100 * row['used'] / row['measured'])} %" if row["measured"] else ""


class HoursExport(Guarded, View):
    """The same figures in minutes, as a file; it names nobody."""

    right = rights.SEE_USAGE

    def get(self, request: HttpRequest, file_format: str) -> HttpResponse:
        if file_format not in sheets.CONTENT_TYPES:
            raise Http404
        rows = planned_and_used(*year_to(today()))
        names = ["bookings", *MINUTES]
        data = Dataset(headers=["month", "machine", "bookings", *(f"{name}_minutes" for name in MINUTES)])
        for row in rows:
            month = f"{row['month']:%Y-%m}"
            data.append([month, row["reservation__machine__name"], *(row[name] for name in names)])
        record(actor=request.user, action="data.exported", subject="heures", detail={"format": file_format})
        name = f"heures-{today().isoformat()}.{file_format}"
        return HttpResponse(
            sheets.write(data, file_format),
            content_type=sheets.CONTENT_TYPES[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
