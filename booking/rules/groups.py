"""The rule of groups: how many around a machine, and what was agreed with a partner."""

from datetime import datetime

from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from booking.facts import Facts, Terms, Wish
from booking.problems import Problem
from booking.rules.steps import ask_desk, duration_text
from members.standing import is_under
from place.clock import covering, local


def group_refused(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Say why a group may not come: too many around the machine, nobody grown-up, or not as agreed."""
    if wish.people > facts.machine.most_people:
        message = _("At most %(count)s people fit around this machine.") % {"count": facts.machine.most_people}
        return _no(message, most_people=facts.machine.most_people)
    if wish.terms is None:
        return None
    return _nobody_grown_up(wish, facts) or _not_agreed(wish, wish.terms, facts) or _beyond(wish, wish.terms)


def _nobody_grown_up(wish: Wish, facts: Facts) -> Problem | None:
    """An adult answers for a partner's group; members of the lab book for themselves."""
    day = local(wish.span.start).date()
    if facts.person is None or not is_under(settings.MAJORITY_AGE, facts.person.birth_date, day):
        return None
    return _no(_("A grown-up answers for the group: name somebody of 18 or over."))


def _not_agreed(wish: Wish, terms: Terms, facts: Facts) -> Problem | None:
    start, end = local(wish.span.start), local(wish.span.end)
    if not terms.first_day <= start.date() <= terms.last_day:
        days = {"first": date_format(terms.first_day, "j F Y"), "last": date_format(terms.last_day, "j F Y")}
        return _no(_("The agreement holds from %(first)s to %(last)s.") % days)
    if terms.machines and facts.machine.pk not in terms.machines:
        return _no(_("The agreement does not name this machine."))
    fits = any(
        start.weekday() == day and since <= start.time() and end.date() == start.date() and end.time() <= until
        for day, since, until in terms.slots
    )
    return None if fits else _no(_("The agreement names other times: %(times)s.") % {"times": _times(terms)})


def _beyond(wish: Wish, terms: Terms) -> Problem | None:
    if wish.people > terms.most_people:
        return _no(_("The agreement is for at most %(count)s people.") % {"count": terms.most_people})
    held = [booked for booked in terms.held if booked.reservation_id != wish.ignore]
    starts = [wish.span.start, *(booked.span.start for booked in held if booked.span.start > wish.span.start)]
    meeting = [booked.span for booked in held if booked.span.meets(wish.span)]
    peak = max(covering(meeting, moment) for moment in starts)
    if peak >= terms.most_machines:
        return _no(_("The agreement is for %(count)s machines at the same time.") % {"count": terms.most_machines})
    week = local(wish.span.start).isocalendar()[:2]
    used = sum(int(one.span.minutes) for one in held if local(one.span.start).isocalendar()[:2] == week)
    if terms.weekly_minutes and used + wish.span.minutes > terms.weekly_minutes:
        left = duration_text(max(0, terms.weekly_minutes - used))
        return _no(_("In that week the agreement has %(left)s of machines left.") % {"left": left})
    return None


def _times(terms: Terms) -> str:
    return ", ".join(f"{WEEKDAYS[day]} {since:%H:%M}–{until:%H:%M}" for day, since, until in terms.slots)


def _no(message: str, **detail: int) -> Problem:
    return Problem("not_allowed", message, dict(detail), ask_desk())
