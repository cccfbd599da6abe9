"""What to do now: the next steps that refusals offer, and how lengths are said."""

from django.urls import reverse
from django.utils.translation import gettext as _

from booking.facts import Facts
from booking.problems import NextStep


def duration_text(minutes: int) -> str:
    """Return `45 min`, `1 h` or `1 h 30`."""
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return f"{rest}\u00a0min"
    return f"{hours}\u00a0h" + (f"\u00a0{rest:02}" if rest else "")


def other_times(facts: Facts) -> NextStep:
    return NextStep(_("See the free times"), reverse("booking:slots", kwargs={"slug": facts.machine.slug}))


def other_machines() -> NextStep:
    return NextStep(_("See the other machines"), "/machines/")


def my_bookings() -> NextStep:
    return NextStep(_("See my bookings"), reverse("booking:mine"))


def workshops() -> NextStep:
    return NextStep(_("See the next workshops and trainings"), reverse("workshops:agenda"))


def papers() -> NextStep:
    return NextStep(_("See my papers"), reverse("desk:papers"))


def ask_desk() -> NextStep:
    return NextStep(_("Ask the desk"), "/contact/")
