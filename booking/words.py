"""Short words for a slot that cannot be taken; the whole sentence is the problem's message."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.problems import Problem

SHORT = {
    "past": _("over"),
    "bad_granularity": _("other times only"),
    "too_short": _("too short"),
    "too_long": _("too long"),
    "too_early": _("too far ahead"),
    "too_late": _("too short notice"),
    "closed": pgettext_lazy("slot", "closed"),
    "machine_down": _("out of order"),
    "suspended": _("suspended for now"),
    "membership_expired": _("membership needed"),
    "consent_missing": _("a parent must agree first"),
    "too_young": _("not at your age yet"),
    "qualification_missing": _("training needed"),
    "supervision_missing": _("nobody on duty for this machine"),
    "material_refused": _("not with this material"),
    "overlap": _("already taken"),
    "member_overlap": _("you are busy elsewhere"),
    "quota_reached": _("you have reached your limit"),
    "not_allowed": _("sign in to book"),
}


def short_reason(problems: tuple[Problem, ...]) -> str:
    """Return the word that explains best: what is true for everybody comes before what is true for you."""
    codes = [problem.code for problem in problems]
    first = next((code for code in ("overlap", "machine_down") if code in codes), codes[0])
    return str(SHORT[first])
