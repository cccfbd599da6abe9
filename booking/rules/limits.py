"""Rules of sharing: what others hold, what the person holds already, how much one may have."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.facts import Booked, Facts, Wish, blocked_span
from booking.problems import Problem
from booking.rules.steps import duration_text, my_bookings, other_times
from place.clock import hour_text, local, merged, period_text


def overlap(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    wanted = blocked_span(facts.machine, wish.span)
    clashes = [taken for taken in facts.taken if taken.reservation_id != wish.ignore and taken.span.meets(wanted)]
    if not clashes:
        return None
    busy = merged([clash.span for clash in clashes])
    message = _("Already taken from %(start)s to %(end)s.") % {
        "start": hour_text(busy[0].start),
        "end": hour_text(busy[-1].end),
    }
    return Problem("overlap", message, {"busy": [[span.start, span.end] for span in busy]}, other_times(facts))


def member_overlap(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Nobody is in two places; who answers for a partner's group may have several machines for it."""
    if wish.terms is not None:
        return None
    for booked in _booked(wish, facts):
        if booked.span.meets(wish.span):
            message = _("You already have %(machine)s at that time (%(period)s).") % {
                "machine": booked.machine_name,
                "period": period_text(booked.span.start, booked.span.end),
            }
            return Problem("member_overlap", message, {"reservation": booked.reservation_id}, my_bookings())
    return None


def quota_reached(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Bookings ahead, a week's number, and time in the day, the week and any days in a row, over the category.

    For a partner's group the agreement counts instead.
    """
    if wish.terms is not None:
        return None
    same = [booked for booked in _booked(wish, facts) if booked.category_id == facts.machine.category_id]
    return (
        _too_many_ahead(same, facts, now)
        or _too_many_in_week(same, wish, facts)
        or _too_long_in_day(same, wish, facts)
        or _too_long_in_week(same, wish, facts)
        or _too_long_in_a_row(same, wish, facts)
        or _too_long_for_household(same, wish, facts)
    )


def _too_many_ahead(same: list[Booked], facts: Facts, now: datetime) -> Problem | None:
    limit = facts.machine.max_upcoming
    if sum(booked.span.end > now for booked in same) < limit:
        return None
    message = ngettext(
        "You already have %(count)s booking ahead on these machines; it is the most you can hold.",
        "You already have %(count)s bookings ahead on these machines; it is the most you can hold.",
        limit,
    ) % {"count": limit}
    return Problem("quota_reached", message, {"max_upcoming": limit}, my_bookings())


def _too_many_in_week(same: list[Booked], wish: Wish, facts: Facts) -> Problem | None:
    limit, week = facts.machine.weekly_max_bookings, _week(wish.span.start)
    if not limit or sum(_week(booked.span.start) == week for booked in same) < limit:
        return None
    message = ngettext(
        "You already have %(count)s booking in that week on these machines; it is the most.",
        "You already have %(count)s bookings in that week on these machines; it is the most.",
        limit,
    ) % {"count": limit}
    return Problem("quota_reached", message, {"weekly_max_bookings": limit}, my_bookings())


def _too_long_in_day(same: list[Booked], wish: Wish, facts: Facts) -> Problem | None:
    limit, day = facts.machine.daily_quota_minutes, _day(wish.span.start)
    used = _minutes(booked for booked in same if _day(booked.span.start) == day)
    if not limit or used + wish.span.minutes <= limit:
        return None
    message = _("That day you have %(left)s left on these machines (of %(limit)s).") % _left(used, limit)
    return Problem("quota_reached", message, {"daily_quota_minutes": limit, "used_minutes": used}, my_bookings())


def _too_long_in_week(same: list[Booked], wish: Wish, facts: Facts) -> Problem | None:
    limit, week = facts.machine.weekly_quota_minutes, _week(wish.span.start)
    used = _minutes(booked for booked in same if _week(booked.span.start) == week)
    if used + wish.span.minutes <= limit:
        return None
    message = _("In that week you have %(left)s left on these machines (of %(limit)s).") % _left(used, limit)
    return Problem("quota_reached", message, {"weekly_quota_minutes": limit, "used_minutes": used}, my_bookings())


def _too_long_in_a_row(same: list[Booked], wish: Wish, facts: Facts) -> Problem | None:
    """Look at every stretch of days that holds the wished one; the fullest decides."""
    days, limit, day = facts.machine.rolling_days, facts.machine.rolling_quota_minutes, _day(wish.span.start)
    if not days or not limit:
        return None
    used = max(_minutes_from(same, day - timedelta(days=back), days) for back in range(days))
    if used + wish.span.minutes <= limit:
        return None
    message = _("In %(days)s days in a row you may have %(limit)s on these machines; %(left)s are left.")
    detail = {"rolling_days": days, "rolling_quota_minutes": limit, "used_minutes": used}
    return Problem("quota_reached", message % {"days": days, **_left(used, limit)}, detail, my_bookings())


def _too_long_for_household(same: list[Booked], wish: Wish, facts: Facts) -> Problem | None:
    """A family membership shares a week's time, whoever of the household books."""
    limit, week = facts.machine.household_weekly_minutes, _week(wish.span.start)
    if not limit or facts.person is None:
        return None
    others = (booked for booked in facts.person.household if booked.category_id == facts.machine.category_id)
    used = _minutes(booked for booked in (*same, *others) if _week(booked.span.start) == week)
    if used + wish.span.minutes <= limit:
        return None
    message = _("In that week your household has %(left)s left on these machines (of %(limit)s).") % _left(used, limit)
    return Problem("quota_reached", message, {"household_weekly_minutes": limit, "used_minutes": used}, my_bookings())


def _minutes_from(same: list[Booked], first: date, days: int) -> int:
    last = first + timedelta(days=days - 1)
    return _minutes(booked for booked in same if first <= _day(booked.span.start) <= last)


def _minutes(booked: Iterable[Booked]) -> int:
    return int(sum(one.span.minutes for one in booked))


def _left(used: int, limit: int) -> dict[str, str]:
    return {"left": duration_text(max(0, limit - used)), "limit": duration_text(limit)}


def _day(moment: datetime) -> date:
    return local(moment).date()


def _week(moment: datetime) -> tuple[int, int]:
    return local(moment).isocalendar()[:2]


def _booked(wish: Wish, facts: Facts) -> list[Booked]:
    if facts.person is None:
        return []
    return [booked for booked in facts.person.booked if booked.reservation_id != wish.ignore]
