"""The one writer of openings and closures; whoever must settle bookings hit by a change wraps these calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext

from members.models import User
from members.services import record
from place import clock, recurrence
from place.models import Closure, During, OpeningPeriod, OpeningSeries
from place.queries import lab, school_holidays
from place.recurrence import ONCE, InvalidRule, RuleSpec, Slot
from place.rules import takes_place
from place.services.calendar import follow_calendar

OPENINGS, CLOSURES = "openings", "closures"


class Scope(StrEnum):
    """Which dates of a pattern a change is for; `ALL` means all that have not started."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


def plan_openings(
    *,
    kind: str,
    label: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    rule: RuleSpec = ONCE,
    during: str = During.ALWAYS,
    now: datetime | None = None,
) -> OpeningSeries:
    """Plan an opening, repeated or not, and lay out its dates. Raises InvalidRule, UnreadableTime.

    Dates outside that part of the school year are laid out too, off the calendar: they come back when it changes.
    """
    with transaction.atomic():
        event = recurrence.create_event(calendar=OPENINGS, title=label, starts_at=starts_at, ends_at=ends_at, rule=rule)
        series = OpeningSeries(event=event, kind=kind, label=label, during=during)
        series.full_clean()
        series.save()
        _open_dates([series], recurrence.materialise(event, horizon(now, ends_at)))
        _log(actor, "opening.planned", series, starts_at=starts_at.isoformat(), rule=recurrence.rrule_text(event))
    return series


def extend_horizons(now: datetime | None = None) -> int:
    """Lay out openings and closures up to the lab's horizon; return how many dates are new. Idempotent."""
    now = now or timezone.now()
    with transaction.atomic():
        opened = recurrence.extend(calendar=OPENINGS, now=now, until=horizon(now))
        closed = recurrence.extend(calendar=CLOSURES, now=now, until=horizon(now))
        _open_dates(OpeningSeries.objects.filter(event__in={slot.event_id for slot in opened}), opened)
        _close_dates(closed)
        follow_calendar(now)
    return len(opened) + len(closed)


def cancel_opening(*, period: OpeningPeriod, actor: User | None) -> OpeningPeriod:
    """Cancel one date."""
    with transaction.atomic():
        period = _locked(period)
        if period.occurrence_id:
            recurrence.cancel_occurrence(period.occurrence_id)
        period.cancelled = True
        period.save(update_fields=["cancelled"])
        _log(actor, "opening.cancelled", period)
    return period


def move_opening(*, period: OpeningPeriod, starts_at: datetime, ends_at: datetime, actor: User | None) -> OpeningPeriod:
    """Move one date. Raises InvalidRule, UnreadableTime."""
    with transaction.atomic():
        period = _locked(period)
        before = period.starts_at.isoformat()
        if period.occurrence_id:
            recurrence.move_occurrence(period.occurrence_id, starts_at, ends_at)
        period.starts_at, period.ends_at = starts_at, ends_at
        period.full_clean()
        period.save(update_fields=["starts_at", "ends_at"])
        _log(actor, "opening.moved", period, before=before, after=starts_at.isoformat())
    return period


def edit_series(
    *,
    period: OpeningPeriod,
    scope: Scope,
    starts_at: datetime,
    ends_at: datetime,
    actor: User | None,
    rule: RuleSpec | None = None,
    now: datetime | None = None,
) -> OpeningSeries:
    """Change a pattern from one of its dates, given that date's new times; return the series it is now in.

    `THIS` moves that date alone. The others lay out again every date that has not started: this one and after it, or
    all, each shifted as this one is. Dates cancelled one by one stay cancelled, dates moved one by one take the new
    times. Raises InvalidRule (also when the period has no pattern or no date is left), UnreadableTime.
    """
    now = now or timezone.now()
    with transaction.atomic():
        series = _locked_series(period)
        if Scope(scope) == Scope.THIS:
            move_opening(period=period, starts_at=starts_at, ends_at=ends_at, actor=actor)
            return series
        assert period.occurrence_id is not None
        place = recurrence.slot(period.occurrence_id)
        since = max(now, place.original_start) if Scope(scope) == Scope.FOLLOWING else now
        change = _Change(place.original_start, starts_at, ends_at, rule)
        return _laid_out_again(series, since, change, actor, now)


def relabel_series(
    *,
    series: OpeningSeries,
    kind: str,
    label: str,
    actor: User | None,
    during: str | None = None,
    now: datetime | None = None,
) -> None:
    """Change what a pattern is for, its name and its part of the school year, on the dates that have not started."""
    now = now or timezone.now()
    with transaction.atomic():
        series = OpeningSeries.objects.select_for_update(no_key=True).get(pk=series.pk)
        series.kind, series.label, series.during = kind, label, during or series.during
        series.full_clean()
        series.save(update_fields=["kind", "label", "during"])
        series.periods.filter(starts_at__gt=now).update(kind=kind, label=label)
        follow_calendar(now)
        _log(actor, "opening.relabelled", series, kind=kind, label=label, during=series.during)


def end_series(*, series: OpeningSeries, at: datetime, actor: User | None) -> int:
    """End a pattern: its dates from `at` on are cancelled; return how many."""
    with transaction.atomic():
        series = OpeningSeries.objects.select_for_update(no_key=True).get(pk=series.pk)
        recurrence.close(series.event, at)
        periods = series.periods.filter(occurrence__original_start__gte=at, cancelled=False)
        recurrence.cancel_occurrences(periods.values_list("occurrence_id", flat=True))
        ended = periods.update(cancelled=True)
        _log(actor, "opening.ended", series, at=at.isoformat(), cancelled=ended)
    return ended


def add_closure(
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: User | None,
    rule: RuleSpec = ONCE,
    now: datetime | None = None,
) -> list[Closure]:
    """Close the lab, once or on a pattern; return the dates laid out. Raises InvalidRule, UnreadableTime."""
    with transaction.atomic():
        event = recurrence.create_event(
            calendar=CLOSURES, title=reason, starts_at=starts_at, ends_at=ends_at, rule=rule
        )
        closures = _close_dates(recurrence.materialise(event, horizon(now, ends_at)))
        _log(actor, "closure.added", closures[0], starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
    return closures


def remove_closure(*, closure: Closure, actor: User | None, scope: Scope = Scope.THIS) -> int:
    """Take a closure away: that date, or it and those of its pattern that follow; return how many."""
    with transaction.atomic():
        gone = [closure]
        if Scope(scope) != Scope.THIS and closure.occurrence_id:
            gone = _close_pattern(closure)
        recurrence.cancel_occurrences([row.occurrence_id for row in gone if row.occurrence_id])
        _log(actor, "closure.removed", closure, reason=closure.reason, dates=len(gone))
        Closure.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return len(gone)


def horizon(now: datetime | None, at_least: datetime | None = None) -> datetime:
    """Return until when dates are laid out: the lab's number of days from now, or a first date beyond that."""
    end = (now or timezone.now()) + timedelta(days=lab().horizon_days)
    return max(end, at_least or end)


@dataclass(frozen=True, slots=True)
class _Change:
    """The date that stood at `original` in the pattern now goes from `starts_at` to `ends_at`."""

    original: datetime
    starts_at: datetime
    ends_at: datetime
    rule: RuleSpec | None

    def applied_to(self, original: datetime) -> tuple[datetime, datetime]:
        """Return the new times of another date of the pattern, shifted alike on the wall clock."""
        return self._shifted(original, self.starts_at), self._shifted(original, self.ends_at)

    def former_day(self, slot: Slot) -> date:
        """Return the day a new date had in the old pattern."""
        return clock.local(slot.original_start).date() - (_day(self.starts_at) - _day(self.original))

    def _shifted(self, original: datetime, moment: datetime) -> datetime:
        wall = recurrence.wall(original) + (recurrence.wall(moment) - recurrence.wall(self.original))
        return clock.at(wall.date(), wall.time())


def _laid_out_again(
    series: OpeningSeries, since: datetime, change: _Change, actor: User | None, now: datetime
) -> OpeningSeries:
    replaced = recurrence.slots_from(series.event, since)
    if not replaced:
        raise InvalidRule(gettext("This pattern has no date left to change."))
    starts_at, ends_at = change.applied_to(replaced[0].original_start)
    event = recurrence.split(
        series.event, replaced[0].original_start, starts_at=starts_at, ends_at=ends_at, rule=change.rule
    )
    _drop(replaced, now)
    following = OpeningSeries.objects.create(event=event, kind=series.kind, label=series.label, during=series.during)
    _open_dates([following], recurrence.materialise(event, horizon(now, ends_at)))
    _cancel_again(following, change, {_day(slot.original_start) for slot in replaced if slot.cancelled})
    _log(actor, "opening.changed", following, former=series.pk, starts_at=starts_at.isoformat())
    return following


def _drop(replaced: list[Slot], now: datetime) -> None:
    """Delete the dates that a new pattern replaces, save one that was moved and has already taken place."""
    gone = OpeningPeriod.objects.filter(occurrence__in=[slot.occurrence_id for slot in replaced], starts_at__gt=now)
    occurrences = list(gone.values_list("occurrence_id", flat=True))
    gone.delete()
    recurrence.forget(occurrences)


def _cancel_again(series: OpeningSeries, change: _Change, days: set[date]) -> None:
    slots = recurrence.slots_from(series.event, series.event.start)
    again = [slot.occurrence_id for slot in slots if change.former_day(slot) in days]
    recurrence.cancel_occurrences(again)
    series.periods.filter(occurrence__in=again).update(cancelled=True)


def _open_dates(series: Iterable[OpeningSeries], slots: list[Slot]) -> None:
    of_event = {one.event_id: one for one in series}
    holidays = school_holidays() if any(one.during != During.ALWAYS for one in of_event.values()) else []
    OpeningPeriod.objects.bulk_create(
        OpeningPeriod(
            series=of_event[slot.event_id],
            occurrence_id=slot.occurrence_id,
            kind=of_event[slot.event_id].kind,
            label=of_event[slot.event_id].label,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            off_calendar=not takes_place(of_event[slot.event_id].during, _day(slot.original_start), holidays),
        )
        for slot in slots
    )


def _close_dates(slots: list[Slot]) -> list[Closure]:
    return Closure.objects.bulk_create(
        Closure(occurrence_id=slot.occurrence_id, reason=slot.title, starts_at=slot.starts_at, ends_at=slot.ends_at)
        for slot in slots
    )


def _close_pattern(closure: Closure) -> list[Closure]:
    place = closure.occurrence
    assert place is not None
    recurrence.close(place.event, place.original_start)
    return list(
        Closure.objects.filter(occurrence__event=place.event_id, occurrence__original_start__gte=place.original_start)
    )


def _locked(period: OpeningPeriod) -> OpeningPeriod:
    return OpeningPeriod.objects.select_for_update(no_key=True).get(pk=period.pk)


def _locked_series(period: OpeningPeriod) -> OpeningSeries:
    if period.series_id is None:
        raise InvalidRule(gettext("This opening happens just once."))
    return OpeningSeries.objects.select_for_update(no_key=True).get(pk=period.series_id)


def _day(moment: datetime) -> date:
    return clock.local(moment).date()


def _log(actor: User | None, action: str, row: Model, **detail: Any) -> None:
    record(actor=actor, action=action, subject=f"{row._meta.model_name}:{row.pk}", detail=detail)
