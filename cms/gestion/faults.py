"""Screens of what members say is wrong: the reports, their photos, and the one answer to each."""

from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.machines import FaultFilter, TriageForm
from cms.gestion.machines import OneRow
from cms.gestion.rights import Guarded
from cms.gestion.views import LinkColumn, Listing
from machines.models import FaultReport, FaultState
from machines.services import faults
from place.clock import moment_text

FOR_THEIR_EYES = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
FAULTS = ("lab_faults", _("Reports of faults"))


class FaultList(Listing):
    right = rights.TRIAGE_FAULTS
    page_title = FAULTS[1]
    header_icon = "warning"
    filter_form_class = FaultFilter
    order = ("-waits", "-created_at", "-pk")
    empty_text = _("Nobody has reported anything.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[FaultReport]:
        waits = Case(When(state=FaultState.NEW, then=Value(1)), default=Value(0), output_field=IntegerField())
        found = FaultReport.objects.annotate(waits=waits).select_related("machine", "reported_by", "decided_by")
        wanted = {name: value for name, value in filters.items() if value}
        return found.filter(**wanted)

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine")),
            Column("what", label=_("What happened")),
            Column("dangerous", label=_("Dangerous"), accessor=lambda row: _("yes") if row.dangerous else _("no")),
            Column("created_at", label=_("Reported"), accessor=lambda row: moment_text(row.created_at)),
            Column("reported_by", label=_("Reported by"), accessor=lambda row: row.reported_by or ""),
            LinkColumn("photo", label=_("Photo"), accessor=_photo_words, get_url=_photo_url),
            Column("state", label=_("State"), accessor=lambda row: row.get_state_display()),
            Column("decision", label=_("What the team says"), accessor=_answer),
        ]

    def actions(self, row: FaultReport) -> list[tuple[Any, str]]:
        if row.state != FaultState.NEW:
            return []
        return [(_("Answer"), reverse("lab_fault_triage", args=[row.pk]))]


def _answer(row: FaultReport) -> str:
    return " – ".join(str(part) for part in (row.decision_note, row.decided_by) if part)


def _photo_words(row: FaultReport) -> Any:
    return _("see the photo") if row.photo else ""


def _photo_url(row: FaultReport) -> str | None:
    return reverse("lab_fault_photo", args=[row.pk]) if row.photo else None


class FaultTriage(OneRow):
    right = rights.TRIAGE_FAULTS
    model = FaultReport
    template_name = "cms/gestion/fault.html"
    page_title = _("Answer a report")
    parent = FAULTS
    header_icon = "warning"
    form_class = TriageForm
    submit_label = _("Answer")
    success_message = _("The report is answered; who reported it and people who had booked are told.")
    done_url = FAULTS[0]

    def act(self, data: dict[str, Any]) -> FaultReport:
        answer = {"decision": data["decision"], "note": data["note"]}
        if data["decision"] == FaultState.MAINTENANCE:
            answer |= {name: data.get(name) for name in ("starts_at", "ends_at")}
        return faults.triage(actor=self.request.user, report=self.row, **answer)


class FaultPhoto(Guarded, View):
    """The photo of a report, to who may answer it and nobody else; no browser guesses what it is, or keeps it."""

    right = rights.TRIAGE_FAULTS

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        photo = get_object_or_404(FaultReport.objects.exclude(photo=""), pk=pk).photo
        try:
            return FileResponse(photo.open("rb"), content_type="image/jpeg", headers=FOR_THEIR_EYES)
        except FileNotFoundError as gone:
            raise Http404 from gone
