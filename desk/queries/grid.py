"""The week as the drag and drop grid wants it: rows, stretches in local time, and words for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from booking.models import Reservation, State
from desk.queries.planning import Day, Taken, Week, who
from machines.models import Machine, Outage
from place.clock import Span, day_span, local, period_text
from place.models import DutyShift, OpeningPeriod
from workshops.models import WorkshopSession

LAB = "lab"
USUAL_HOURS = (9, 19)
STEP = 30  # minutes, of what is moved by keyboard and has no machine
UNSURE = (State.HELD, State.TO_CONFIRM)  # told in words, not by a dashed border alone
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Powers:
    """What a person may do from the grid; `add_url` is where a click on a free time leads."""

    move: bool = False
    openings: bool = False
    sessions: bool = False
    add_url: str = ""


def grid_of(week: Week, may: Powers) -> dict[str, Any]:
    """Return the rows, events and limits of the grid: plain values, fit for JSON. No query."""
    events = list({event["id"]: event for event in _events(week, may)}.values())  # what runs past midnight once only
    first, last = _hours(week)
    rows = [{"id": LAB, "title": _("The lab")}, *map(_machine, week.machines)]
    return {
        "date": week.first_day.isoformat(),
        "rows": rows,
        "events": events,
        "from": first,
        "to": last,
        "step": min((machine.step_minutes for machine in week.machines), default=STEP),
        "hidden": _hidden(week),
        "editable": may.move,
        "add": may.add_url,
    }


def _machine(machine: Machine) -> dict[str, Any]:
    return {"id": _row(machine.pk), "title": machine.name, "extendedProps": {"slug": machine.slug}}


def _row(machine: int) -> str:
    return f"m{machine}"


def _events(week: Week, may: Powers) -> Iterator[Event]:
    rows = [LAB, *(_row(one.pk) for one in week.machines)]
    for day in week.days:
        yield from (_ground(f"o{one.pk}", rows, one, "open") for one in day.openings)
        yield from (_ground(f"c{one.pk}", rows, one, "shut") for one in day.closures)
        yield from (_opening(one, week) for one in day.openings if may.openings)
        yield from map(_duty, day.duties)
        yield from (_session(one, week, may) for one in day.sessions)
        yield from (_outage(one, week.last_day) for one in day.outages)
        yield from (_taken(one, may.move) for one in day.taken)


def _ground(key: str, rows: list[str], row: Any, name: str) -> Event:
    base = {"id": key, "resourceIds": rows, "start": _wall(row.starts_at), "end": _wall(row.ends_at)}
    return base | {"display": "background", "classNames": [name]}


def _duty(duty: DutyShift) -> Event:
    words = _("on duty: %(name)s") % {"name": duty.person.short_name}
    url = reverse("desk:person", args=[duty.person_id])
    return _fixed(f"d{duty.pk}", LAB, Span(duty.starts_at, duty.ends_at), (words,), "duty", url)


def _opening(period: OpeningPeriod, week: Week) -> Event:
    """Return the opening as something to take in the hand; behind it, the ground says the same to everybody."""
    screen, span = reverse("lab_opening_edit", args=[period.pk]), Span(period.starts_at, period.ends_at)
    event = _fixed(f"p{period.pk}", LAB, span, (period.label, _("opening")), "opening", screen)
    return _draggable(event, screen, span, week)


def _session(session: WorkshopSession, week: Week, may: Powers) -> Event:
    url, span = reverse("desk:roll", args=[session.pk]), Span(session.starts_at, session.ends_at)
    event = _fixed(f"s{session.pk}", LAB, span, (str(session.workshop),), "session", url)
    return _draggable(event, reverse("lab_session_move", args=[session.pk]), span, week) if may.sessions else event


def _draggable(event: Event, screen: str, span: Span, week: Week) -> Event:
    """Let it be dropped elsewhere: that leads to the screen that asks and shows what follows, and writes nothing."""
    if not may_be_dragged(span, week.now):
        return event
    told = event["extendedProps"] | {"drop": screen, "step": STEP}
    return event | {"editable": True, "extendedProps": told}


def may_be_dragged(span: Span, now: datetime) -> bool:
    """Tell whether it is to come and ends the day it begins: the screens know no other."""
    return span.start > now and local(span.start).date() == local(span.end).date()


def _outage(outage: Outage, last_day: date) -> Event:
    span = Span(outage.starts_at, outage.ends_at or day_span(last_day).end)
    words, url = (outage.reason, outage.machine.name), f"/machines/{outage.machine.slug}/"
    return _fixed(f"x{outage.pk}", _row(outage.machine_id), span, words, "outage", url)


def _fixed(key: str, row: str, span: Span, words: tuple[str, ...], name: str, url: str) -> Event:
    """Return what is not moved from here; the first word is written on it."""
    return {
        "id": key,
        "resourceIds": [row],
        "start": _wall(span.start),
        "end": _wall(span.end),
        "title": words[0],
        "classNames": [name],
        "editable": False,
        "extendedProps": {"label": ", ".join((period_text(span.start, span.end), *words)), "url": url},
    }


def _taken(taken: Taken, may_move: bool) -> Event:
    row, place = taken.reservation, place_of(taken.reservation)
    own = {"url": reverse("desk:planned", args=[row.pk]), "step": row.machine.step_minutes}
    return {
        "id": f"r{row.pk}",
        "resourceIds": place["resourceIds"],
        "start": place["start"],
        "end": place["end"],
        "title": f"{taken.words} ({row.get_state_display()})" if row.state in UNSURE else taken.words,
        "classNames": [row.kind, row.state],
        "editable": taken.movable and may_move,
        "extendedProps": {"label": place["label"], "sequence": place["sequence"]} | own,
    }


def place_of(row: Reservation) -> dict[str, Any]:
    """Return where a booking stands, in which version, and what is said of it aloud."""
    said = (period_text(row.starts_at, row.ends_at), row.machine.name, who(row), row.get_state_display())
    return {
        "resourceIds": [_row(row.machine_id)],
        "start": _wall(row.starts_at),
        "end": _wall(row.ends_at),
        "sequence": row.sequence,
        "label": ", ".join(map(str, said)),
    }


def _wall(moment: datetime) -> str:
    """Return the lab's wall clock without an offset: the grid shows it as it is, wherever the browser is."""
    return f"{local(moment):%Y-%m-%dT%H:%M:%S}"


def _hours(week: Week) -> tuple[int, int]:
    """Return between which hours something happens in the week, whole hours."""
    spans = [(row.starts_at, row.ends_at) for day in week.days for row in _people(day)]
    spans += [(one.reservation.starts_at, one.reservation.ends_at) for day in week.days for one in day.taken]
    if not spans:
        return USUAL_HOURS
    if any(local(start).date() != local(end - timedelta(seconds=1)).date() for start, end in spans):
        return 0, 24
    ends = [local(end) for _start, end in spans]
    last = max(24 if end.hour == end.minute == 0 else end.hour + bool(end.minute) for end in ends)
    return min(local(start).hour for start, _end in spans), last


def _people(day: Day) -> list[Any]:
    """Return what brings people to the lab on a day, bookings apart."""
    return [*day.openings, *day.duties, *day.sessions]


def _hidden(week: Week) -> list[int]:
    """Return the days of the week, Sunday 0, on which the lab is shut and nothing happens; all of them: none."""
    hidden = [day.date.isoweekday() % 7 for day in week.days if day.is_quiet and not day.openings]
    return hidden if len(hidden) < len(week.days) else []
