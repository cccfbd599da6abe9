"""The rule of what is brought: a machine's own list says what it may take (domain.md §2.4)."""

from datetime import datetime

from django.utils.translation import gettext as _

from booking.facts import Facts, Material, Wish
from booking.problems import Problem
from booking.rules.steps import ask_desk
from machines.models import Allowed, Declared


def material_refused(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """A material that is forbidden or not on the list; or none, where it must be said when booking."""
    if not wish.material:
        return _unsaid(wish, facts)
    chosen = _chosen(wish, facts)
    if chosen is None:
        message = _("This material is not on the list of this machine: ask the team.")
        return Problem("material_refused", message, _listed(facts), ask_desk())
    if chosen.allowed != Allowed.NO:
        return None
    named = {"material": chosen.name, "machine": facts.machine.name}
    message = _("%(material)s is forbidden on “%(machine)s”.") % named + (f" {chosen.note}" if chosen.note else "")
    return Problem("material_refused", message, {"material": chosen.name, **_listed(facts)}, ask_desk())


def material_waits(wish: Wish, facts: Facts) -> bool:
    """Tell whether the team has to say yes to a material first."""
    chosen = _chosen(wish, facts)
    return chosen is not None and chosen.allowed == Allowed.ASK


def _unsaid(wish: Wish, facts: Facts) -> Problem | None:
    asked = wish.declared and facts.machine.material_declared == Declared.BOOKING and facts.materials
    return material_unsaid(facts) if asked else None


def material_unsaid(facts: Facts) -> Problem:
    return Problem("material_refused", _("Say which material you bring."), _listed(facts), ask_desk())


def _chosen(wish: Wish, facts: Facts) -> Material | None:
    said = wish.material.casefold()
    return next((one for one in facts.materials if one.name.casefold() == said), None)


def _listed(facts: Facts) -> dict[str, list[str]]:
    return {"allowed": [one.name for one in facts.materials if one.allowed != Allowed.NO]}
