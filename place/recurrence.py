"""The one door to django-scheduler: patterns that repeat on the lab's wall clock, laid out as dated occurrences.

Its Calendar, Event, Rule and Occurrence tables keep what repeats and what was moved or cancelled. They are expanded
here only, in local time, and persisted: everybody else reads rows. An event is never edited once it has
occurrences (they would be orphaned): `split` closes it and opens another.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from importlib import import_module
from itertools import islice

from django.contrib import admin
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from schedule.models import Calendar, CalendarRelation, Event, EventRelation, Occurrence, Rule

from place import clock
from place.patterns import ONCE, Frequency, InvalidRule, Nth, RuleSpec, Weekday

MAX_WINDOW = timedelta(days=800)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Slot:
    """One dated occurrence: `original_start` and `original_end` say its place in the pattern, the rest may move."""

    occurrence_id: int
    event_id: int
    title: str
    original_start: datetime
    original_end: datetime
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


def create_event(*, calendar: str, title: str, starts_at: datetime, ends_at: datetime, rule: RuleSpec = ONCE) -> Event:
    """Store a pattern whose first date is `[starts_at, ends_at)`, in the calendar of that short name.

    Raises InvalidRule when the first date is not on the pattern, UnreadableTime when one of its dates in the next
    800 days falls in the hour that spring skips.
    """
    _check_ordered(starts_at, ends_at)
    rule.check_first(clock.local(starts_at).date(), ends_at - starts_at)
    with transaction.atomic():
        event = Event(
            calendar=Calendar.objects.get_or_create(slug=calendar, defaults={"name": calendar})[0],
            title=title,
            start=_to_minute(starts_at),
            end=_to_minute(ends_at),
            rule=_stored_rule(rule),
        )
        event.end_recurring_period = _end(event, rule)
        list(_spans(event, starts_at + MAX_WINDOW))
        event.save()
    return event


def materialise(event: Event, until: datetime) -> list[Slot]:
    """Persist the dates of an event that start before `until` and are not there yet; return the new ones.

    Never looks more than 800 days past the last known date: what is beyond waits for the next time.
    """
    with transaction.atomic():
        return _lay_out(_locked(Q(pk=event.pk)), until)


def extend(*, calendar: str, now: datetime, until: datetime) -> list[Slot]:
    """Lay out every pattern of a calendar that still repeats; return the new dates. Fixed number of queries."""
    still_repeats = Q(end_recurring_period__isnull=True) | Q(end_recurring_period__gt=now)
    with transaction.atomic():
        return _lay_out(_locked(still_repeats & Q(calendar__slug=calendar, rule__isnull=False)), until)


def move_occurrence(occurrence_id: int, starts_at: datetime, ends_at: datetime) -> Slot:
    """Give one date other times; its place in the pattern stays. Raises InvalidRule, UnreadableTime."""
    _check_ordered(starts_at, ends_at)
    return _change(occurrence_id, start=starts_at, end=ends_at)


def cancel_occurrence(occurrence_id: int) -> Slot:
    return _change(occurrence_id, cancelled=True)


def cancel_occurrences(occurrence_ids: Collection[int]) -> None:
    Occurrence.objects.filter(pk__in=occurrence_ids).update(cancelled=True, updated_on=timezone.now())


def restore_occurrence(occurrence_id: int) -> Slot:
    return _change(occurrence_id, cancelled=False)


def slots_from(event: Event, at: datetime) -> list[Slot]:
    """Return the persisted dates of an event whose place in the pattern is `at` or later, in order."""
    rows = event.occurrence_set.filter(original_start__gte=at).select_related("event")
    return [_slot(row) for row in rows.order_by("original_start")]


def coming_slots(*, calendar: str, now: datetime, without: QuerySet) -> list[Slot]:
    """Return the dates of a calendar still to come and not cancelled, except the occurrences that `without` names."""
    rows = Occurrence.objects.filter(event__calendar__slug=calendar, start__gt=now, cancelled=False)
    return [_slot(row) for row in rows.exclude(pk__in=without).select_related("event").order_by("start", "pk")]


def slot(occurrence_id: int) -> Slot:
    return _slot(Occurrence.objects.select_related("event").get(pk=occurrence_id))


def wall(moment: datetime) -> datetime:
    """Return what the lab's clock on the wall shows, without a time zone."""
    return clock.local(moment).replace(tzinfo=None)


def close(event: Event, at: datetime) -> None:
    """End a pattern: none of its dates from `at` on will be laid out. Persisted ones stay."""
    event.end_recurring_period = min(at, event.end_recurring_period or at)
    event.save(update_fields=["end_recurring_period", "updated_on"])


def forget(occurrence_ids: Collection[int]) -> None:
    """Delete dates that a new pattern replaces; no row may point to them any more."""
    Occurrence.objects.filter(pk__in=occurrence_ids).delete()


def split(event: Event, at: datetime, *, starts_at: datetime, ends_at: datetime, rule: RuleSpec | None = None) -> Event:
    """Change "this and the following": close the pattern before its date `at`, which now is `[starts_at, ends_at)`.

    Returns the new pattern; without a rule it goes on as it was, its last day shifted as this date is.
    """
    spec = rule or _shifted(rule_of(event), (wall(starts_at).date() - wall(at).date()).days)
    with transaction.atomic():
        close(event, at)
        return create_event(
            calendar=event.calendar.slug, title=event.title, starts_at=starts_at, ends_at=ends_at, rule=spec
        )


def _shifted(spec: RuleSpec, days: int) -> RuleSpec:
    """Return a pattern whose every date comes some days later, or earlier: its weekdays and its last day move too."""
    names = list(Weekday)
    weekdays = tuple(names[(names.index(day) + days) % len(names)] for day in spec.weekdays)
    return replace(spec, weekdays=weekdays, until=spec.until and spec.until + timedelta(days=days))


def rule_of(event: Event) -> RuleSpec:
    """Read back the pattern of an event; a number of dates has become a last day."""
    if event.rule is None:
        return ONCE
    params = dict(part.split(":") for part in event.rule.params.split(";") if part)
    end = event.end_recurring_period
    return RuleSpec(
        frequency=Frequency(event.rule.name),
        weekdays=tuple(Weekday(day) for day in params.get("byweekday", "").split(",") if day),
        nth=Nth(int(params["bysetpos"])) if "bysetpos" in params else None,
        until=end and wall(end - timedelta(microseconds=1)).date(),
    )


def rrule_text(event: Event) -> str:
    """Return the pattern as an RFC 5545 recurrence rule, UNTIL in UTC; empty for what happens once."""
    if event.rule is None:
        return ""
    spec = rule_of(event)
    parts = [f"FREQ={event.rule.frequency}"]
    parts += ["INTERVAL=2"] if spec.frequency == Frequency.FORTNIGHTLY else []
    parts += [f"BYDAY={','.join(spec.weekdays)}"] if spec.weekdays else []
    parts += [f"BYSETPOS={spec.nth.value}"] if spec.nth else []
    if event.end_recurring_period:
        last = event.end_recurring_period.astimezone(UTC) - timedelta(seconds=1)
        parts.append(f"UNTIL={last:%Y%m%dT%H%M%SZ}")
    return ";".join(parts)


def hide_from_admin() -> None:
    """Take the scheduler's tables out of Django's admin, which would edit them past every check made here."""
    import_module("schedule.admin")  # registered now, so that the admin's own discovery finds nothing new to register
    for model in (Calendar, CalendarRelation, Event, EventRelation, Occurrence, Rule):
        if admin.site.is_registered(model):
            admin.site.unregister(model)


def _check_ordered(starts_at: datetime, ends_at: datetime) -> None:
    for moment in (starts_at, ends_at):
        if timezone.is_naive(moment):
            raise ValueError("A moment needs its time zone.")
        _at(wall(moment))
    if ends_at <= starts_at:
        raise InvalidRule(gettext("The end must come after the start."))


def _to_minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _end(event: Event, rule: RuleSpec) -> datetime | None:
    """Return the midnight after the last day: django-scheduler must not be given both a number and an end."""
    last = rule.until
    if rule.count:
        last = next(islice(event.get_rrule_object(timezone.get_default_timezone()), rule.count - 1, None)).date()
    return clock.at(last + timedelta(days=1), time.min) if last else None


def _stored_rule(spec: RuleSpec) -> Rule | None:
    """Each event owns its Rule row: a shared one would change every series at once."""
    if not spec.repeats:
        return None
    params = {
        "interval": "2" if spec.frequency == Frequency.FORTNIGHTLY else "",
        "byweekday": ",".join(spec.weekdays),
        "bysetpos": "" if spec.nth is None else str(spec.nth.value),
    }
    return Rule.objects.create(
        name=spec.frequency.value,
        frequency="MONTHLY" if spec.frequency == Frequency.MONTHLY else "WEEKLY",
        params=";".join(f"{key}:{value}" for key, value in params.items() if value),
    )


def _locked(which: Q) -> list[Event]:
    return list(
        Event.objects.select_for_update(of=("self",), no_key=True).select_related("rule").filter(which).order_by("pk")
    )


def _lay_out(events: list[Event], until: datetime) -> list[Slot]:
    known = Occurrence.objects.filter(event__in=events).order_by().values_list("event")
    last = dict(known.annotate(Max("original_start")))
    rows = [
        Occurrence(event=event, start=start, end=end, original_start=start, original_end=end)
        for event in events
        for start, end in _new_spans(event, last.get(event.pk), until)
    ]
    return [_slot(row) for row in Occurrence.objects.bulk_create(rows, batch_size=500)]


def _new_spans(event: Event, last: datetime | None, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    until = min(until, (last or event.start) + MAX_WINDOW)
    for start, end in _spans(event, until, last, skip_unreadable=True):
        if last is None or start > last:
            yield start, end


def _spans(
    event: Event, before: datetime, since: datetime | None = None, *, skip_unreadable: bool = False
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the dates of a pattern that start before a moment, in UTC, each at the same time on the wall."""
    before = min(before, event.end_recurring_period or before)
    if event.rule is None:
        yield from [(event.start, event.end)] if event.start < before else []
        return
    length = wall(event.end) - wall(event.start)
    pattern = event.get_rrule_object(timezone.get_default_timezone())
    for shown in pattern.between(wall(since or event.start), wall(before), inc=True):
        try:
            start, end = _at(shown), _at(shown + length)
        except clock.UnreadableTime:
            if not skip_unreadable:
                raise
            log.warning("Event %s has no date on %s: that local time does not exist.", event.pk, shown)
        else:
            if start < before:
                yield start, end


def _at(shown: datetime) -> datetime:
    return clock.at(shown.date(), shown.time())


def _change(occurrence_id: int, **fields: object) -> Slot:
    with transaction.atomic():
        row = Occurrence.objects.select_for_update(of=("self",)).select_related("event").get(pk=occurrence_id)
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(update_fields=[*fields, "updated_on"])
    return _slot(row)


def _slot(row: Occurrence) -> Slot:
    return Slot(
        row.pk, row.event_id, row.event.title, row.original_start, row.original_end, row.start, row.end, row.cancelled
    )
