"""The screen where the thresholds of a plug are found: what it measured, what fits, and what would be counted."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from booking.rules import duration_text
from cms.gestion import rights
from cms.gestion.devices import DEVICES
from cms.gestion.forms.machines import ThresholdsForm
from cms.gestion.machines import OneRow
from iot_bridge import calibrating, calibration, devices, queries
from iot_bridge.adapters import ADAPTERS
from iot_bridge.calibrating import Recording
from iot_bridge.memory import Use
from iot_bridge.models import Device
from iot_bridge.rules import PowerRule
from place.clock import moment_text, period_text

SHOWN = 20
"""Uses listed on each side; the others are counted."""
WIDTH, HEIGHT = 600, 160


class DeviceCalibrate(OneRow):
    """Saves nothing while thresholds are only tried."""

    right = rights.MANAGE_PARK
    model = Device
    template_name = "cms/gestion/calibration.html"
    page_title = _("Thresholds")
    parent = DEVICES
    header_icon = "site"
    form_class = ThresholdsForm
    submit_label = _("Save")
    success_message = _("The thresholds are saved. The bridge takes them up within seconds.")
    done_url = DEVICES[0]

    @cached_property
    def row(self) -> Device:
        found = Device.objects.select_related("machine").filter(pk=self.kwargs["pk"], role=Device.Role.POWER).first()
        if found is None or found.kind not in ADAPTERS:
            raise Http404
        return found

    @cached_property
    def present(self) -> PowerRule:
        """What is kept; the row itself takes what the form says."""
        return queries.power_rule(self.row)

    @cached_property
    def told(self) -> Recording:
        return calibrating.recording(self.row, timezone.now())

    @cached_property
    def proposal(self) -> calibration.Proposal | None:
        return calibration.propose(self.told.measures, self.present)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.row}

    def get_initial(self) -> dict[str, Any]:
        """What is proposed stands in the form, if there is something."""
        return super().get_initial() | (_fields(self.proposal.rule) if self.proposal else {})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what would be counted, or save."""
        _kept = self.present
        if "try" not in request.POST:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        form.is_valid()
        return self.render_to_response(self.get_context_data(form=form))

    def act(self, data: dict[str, Any]) -> Device:
        return devices.save_device(actor=self.request.user, device=self.row)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        present, context = self.present, super().get_context_data(**kwargs)
        tried = _tried(context["form"], present)
        columns = [(_("Present thresholds"), present), (_("Thresholds in the form"), tried)]
        return context | {
            "told": self.told,
            "levels": levels_text(self.proposal),
            "most": calibrating.MOST,
            "since": self._since(),
            "bars": bars(self.told, tried),
            "previews": [preview(label, rule, self.told) for label, rule in columns],
        }

    def _since(self) -> str:
        if not self.told.messages:
            return ""
        return moment_text(_moment(self.told.messages[0].received_at))


def _tried(form: forms.BaseForm, present: PowerRule) -> PowerRule:
    """Return what the form holds: what was typed if it can be used, else what stands in it at first."""
    given = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
    return PowerRule(*(given.get(name, value) for name, value in _fields(present).items()))


def _fields(rule: PowerRule) -> dict[str, Any]:
    return {
        "start_watts": rule.start_watts,
        "start_hold_seconds": rule.start_hold,
        "stop_watts": rule.stop_watts,
        "stop_hold_seconds": rule.stop_hold,
    }


def levels_text(proposal: calibration.Proposal | None) -> Any:
    """Return in one sentence why these thresholds are proposed."""
    if proposal is None:
        return _(
            "Only one level of power was measured: nothing can be proposed before the machine has rested and worked."
        )
    rests = ", ".join(_range(level) for level in proposal.rests)
    works = _range(calibration.Level(proposal.works[0].low, proposal.works[-1].high))
    text = _("The machine rests at %(rests)s and works at %(works)s: the proposed thresholds lie between the two.")
    return text % {"rests": rests, "works": works}


def _range(level: calibration.Level) -> str:
    low, high = round(level.low), round(level.high)
    return f"{low} W" if low == high else f"{low}–{high} W"


def bars(told: Recording, rule: PowerRule) -> dict[str, Any] | None:
    """Return the drawing of how long each power lasted; heights grow as the square root: short ones are seen."""
    found = calibration.histogram(calibration.durations(told.measures))
    longest = max(bar.seconds for bar in found)
    if not longest:
        return None
    step, scale = WIDTH // len(found), WIDTH / found[-1].high
    rows = [
        {
            "x": number * step,
            "height": round(HEIGHT * (bar.seconds / longest) ** 0.5),
            "watts": f"{bar.low}–{bar.high - 1} W",
            "time": _length(bar.seconds),
            "seconds": bar.seconds,
        }
        for number, bar in enumerate(found)
    ]
    for row in rows:
        row["y"] = HEIGHT - row["height"]
    lines = {"start": min(WIDTH, round(rule.start_watts * scale)), "stop": min(WIDTH, round(rule.stop_watts * scale))}
    size = {"width": WIDTH, "height": HEIGHT, "bar": step - 2}
    return {"rows": rows, "lines": lines, "highest": found[-1].high - 1, **size}


def _length(seconds: float) -> Any:
    if 0 < seconds < 60:
        return _("less than a minute")
    return duration_text(round(seconds / 60))


def preview(label: Any, rule: PowerRule, told: Recording) -> dict[str, Any]:
    """Return what a power rule would have counted, the newest first; what still runs counts up to the last message."""
    found = calibrating.uses(told, rule)
    until = told.messages[-1].received_at if told.messages else 0.0
    lasted = sum((use.ended_at or until) - use.started_at for use in found)
    return {
        "label": label,
        "rule": rule,
        "count": len(found),
        "time": _length(lasted),
        "uses": [_use(use) for use in reversed(found[-SHOWN:])],
        "others": max(0, len(found) - SHOWN),
    }


def _use(use: Use) -> dict[str, Any]:
    start = _moment(use.started_at)
    if use.ended_at is None:
        return {"period": moment_text(start), "time": _("running")}
    return {"period": period_text(start, _moment(use.ended_at)), "time": _length(use.ended_at - use.started_at)}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone())
