"""Invented samples that fill the living page at /styleguide/."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fablab.templatetags import lab


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("First name"), help_text=_("The one your friends use."), max_length=40)
    about = forms.CharField(label=_("What do you want to make?"), widget=forms.Textarea, required=False)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    count = forms.IntegerField(label=_("How many?"), min_value=1, required=False)
    process = forms.ChoiceField(label=_("Machine"), choices=[("fdm", _("3D printer")), ("laser_cut", _("Laser"))])
    level = forms.ChoiceField(
        label=_("Level"), choices=[("0", _("I discover")), ("1", _("I know a little"))], widget=forms.RadioSelect
    )
    agree = forms.BooleanField(label=_("I have read the rules of the lab"))


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """What django.contrib.messages hands to the page."""

    tags: str
    text: Any

    def __str__(self) -> str:
        return str(self.text)


def context() -> dict[str, Any]:
    """Return one sample of each thing the components can show."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0)
    return {
        "start": start,
        "end": start + timedelta(hours=1, minutes=30),
        "days": [start + timedelta(days=offset) for offset in range(7)],
        "machines": _machines(),
        "sessions": _sessions(start),
        "states": list(lab.STATES),
        "processes": [*sorted(lab.PICTURES), "tools"],
        "icons": sorted(lab.icons()),
        "form": SampleForm(),
        "wrong_form": SampleForm({"name": "", "day": "2025-02-30", "process": "fdm", "count": "0"}),
        "notices": [
            SampleMessage("success", _("Booked. See you on Wednesday!")),
            SampleMessage("error", _("This time has just been taken.")),
        ],
        "problems": _problems(),
        "alternatives": [
            {"label": "ven. 27, 17 h", "url": "#problems"},
            {"label": "Mistral 3, 16 h", "url": "#problems"},
        ],
    }


def _machines() -> list[dict[str, str]]:
    rows = [
        ("Mistral 1", "Ender-3 · 1", "fdm", "free"),
        ("Mistral 2", "42 min", "fdm", "in_use"),
        ("Grande Laser", "15 h", "laser_cut", "reserved"),
        ("Grande Laser 2", "", "laser_cut", "in_use"),
        ("Brodeuse", "", "embroidery", "down"),
        ("Fraiseuse", "", "cnc_mill", "paused"),
        ("Cigale", "", "vinyl_cut", "offline"),
        ("Presse", "", "heat_press", "closed"),
    ]
    keys = ("name", "detail", "process", "state")
    return [{**dict(zip(keys, row, strict=True)), "url": "#machines"} for row in rows]


def _sessions(start: Any) -> list[dict[str, Any]]:
    return [
        {
            "starts_at": start + timedelta(days=2),
            "title": "Porte-clés du quartier",
            "meta": "14 h – 17 h · 11–15",
            "tag": _("3 places"),
            "url": "#sessions",
        },
        {
            "starts_at": start + timedelta(days=5),
            "title": "Duo : lampe en bois",
            "meta": "10 h – 12 h 30",
            "tag": _("full · waiting list open"),
            "url": "#sessions",
        },
    ]


def _problems() -> list[dict[str, Any]]:
    return [
        {
            "message": _("Before 18, a trained adult must be there. On Wednesday Samia leaves at 17:00."),
            "next_step": None,
        },
        {
            "message": _("This machine asks for level 1. You have level 0."),
            "next_step": {"label": _("Next training"), "url": "#problems"},
        },
    ]
