"""Rules of time: when a machine may be had, whoever asks."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.facts import Facts, Wish
from booking.problems import Problem
from booking.rules.steps import duration_text, other_machines, other_times
from place.clock import day_text, hour_text, local, period_text


def past(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    if wish.span.start >= now:
        return None
    message = _("This time is over: %(period)s.") % {"period": period_text(wish.span.start, wish.span.end)}
    return Problem("past", message, {"starts_at": wish.span.start}, other_times(facts))


def bad_granularity(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    step = facts.machine.step_minutes
    start = local(wish.span.start)
    off_grid = (start.hour * 60 + start.minute) % step or start.second or start.microsecond
    if not off_grid and wish.span.minutes % step == 0:
        return None
    message = _("Times go by steps of %(step)s minutes.") % {"step": step}
    return Problem("bad_granularity", message, {"step_minutes": step}, other_times(facts))


def too_short(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    shortest = facts.machine.min_minutes
    if wish.span.minutes >= shortest:
        return None
    message = _("On this machine a booking lasts at least %(duration)s.") % {"duration": duration_text(shortest)}
    return Problem("too_short", message, {"min_minutes": shortest}, other_times(facts))


def too_long(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    longest = facts.machine.max_minutes
    if wish.span.minutes <= longest:
        return None
    message = _("On this machine a booking lasts at most %(duration)s.") % {"duration": duration_text(longest)}
    return Problem("too_long", message, {"max_minutes": longest}, other_times(facts))


def too_early(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Not further ahead than the machine's horizon, counted in the lab's days; an agreement has days of its own."""
    if wish.terms is not None:
        return None
    most = facts.machine.horizon_days
    first = local(wish.span.start).date() - timedelta(days=most)
    if not most or first <= local(now).date():
        return None
    message = ngettext(
        "This machine is booked at most %(count)s day ahead: come back on %(day)s.",
        "This machine is booked at most %(count)s days ahead: come back on %(day)s.",
        most,
    ) % {"count": most, "day": day_text(first)}
    return Problem("too_early", message, {"horizon_days": most, "from": first}, other_times(facts))


def too_late(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Long enough before, where the machine wants to be prepared."""
    notice = facts.machine.notice_minutes
    if not notice or not now <= wish.span.start < now + timedelta(minutes=notice):
        return None
    message = _("This machine is booked at least %(notice)s before.") % {"notice": duration_text(notice)}
    return Problem("too_late", message, {"notice_minutes": notice}, other_times(facts))


def closed(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    if any(opening.covers(wish.span) for opening in facts.accepted_openings()):
        return None
    for closure in facts.closures:
        if closure.span.meets(wish.span):
            message = _("The lab is closed then: %(reason)s.") % {"reason": closure.reason}
            return Problem("closed", message, {"reason": closure.reason}, other_times(facts))
    return Problem("closed", _closed_message(wish, facts), {}, other_times(facts))


def _closed_message(wish: Wish, facts: Facts) -> str:
    touching = [opening for opening in facts.accepted_openings() if opening.meets(wish.span)]
    if not touching:
        return _("The lab is not open for this machine at that time.")
    return _("That day the machine can be used from %(start)s to %(end)s.") % {
        "start": hour_text(touching[0].start),
        "end": hour_text(touching[-1].end),
    }


def machine_down(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    machine = facts.machine
    if not (machine.in_service and machine.bookable):
        return Problem("machine_down", _("This machine is no longer in use."), {}, other_machines())
    for outage in facts.outages:
        if outage.span.meets(wish.span):
            message = _("%(machine)s is out of order: %(reason)s.") % {"machine": machine, "reason": outage.reason}
            return Problem("machine_down", message, {"reason": outage.reason}, other_machines())
    return None
