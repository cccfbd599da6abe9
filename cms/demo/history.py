"""The ten weeks before: bookings kept, missed and cancelled, and what the machines really did.

Written in bulk, past the services: they refuse what is over, and nothing here is an act of anybody.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from booking.facts import blocked_span
from booking.ledger_models import UseToReckon
from booking.models import LIVE, Reservation, ReservationUse, State
from cms.demo.opening import WEEKLY, Pattern
from cms.demo.park import PARK, Model, incident_day, users_of
from cms.demo.stage import PAST_WEEKS, WEEK, Stage
from machines.models import Attribution, Machine, Outcome, UsageSession
from members.models import User
from place.clock import Span
from place.models import OpeningKind

DAYS = PAST_WEEKS * WEEK.days
UNTOUCHED_DAYS = 15  # the people of the contract have used nothing of their quota
SHORT_OF_PIECE_SINCE = 4
STATES = [State.DONE] * 15 + [State.NO_SHOW] * 2 + [State.CANCELLED] * 3
OUTCOMES = [Outcome.COMPLETED] * 16 + [Outcome.FAILED] * 2 + [Outcome.CANCELLED, Outcome.INTERRUPTED]
JOBS = {
    "impression-3d": (
        "porte_cles_cite.gcode", "support_telephone.gcode", "pion_echecs.gcode", "bouton_manette.gcode",
        "boite_v3.gcode", "vase_spirale.gcode",
    ),
    "decoupe-laser": ("boite_crayons.svg", "lampe_veilleuse.svg", "maquette_place.svg", "tampon_cigale.svg"),
}  # fmt: skip
STRAYS = 12  # uses that no booking explains
TO_LOOK_AT = 3  # those that nobody has answered yet
HOUR = timedelta(hours=1)


@dataclass
class Past:
    """What will be written, and the machine time already spoken for."""

    taken: dict[int, list[Span]] = field(default_factory=lambda: defaultdict(list))
    rows: list[tuple[Reservation, UsageSession | None]] = field(default_factory=list)
    strays: list[UsageSession] = field(default_factory=list)

    def is_free(self, machine: Machine, span: Span) -> bool:
        wanted = blocked_span(machine, span)
        return not any(wanted.meets(other) for other in self.taken[machine.pk])

    def book(self, reservation: Reservation, use: UsageSession | None) -> None:
        self.rows.append((reservation, use))
        if reservation.state in LIVE:
            self.taken[reservation.machine_id].append(Span(reservation.blocked_from, reservation.blocked_until))

    def next_key(self) -> str:
        return f"demo-{len(self.rows) + len(self.strays) + 1}"


def load(stage: Stage) -> tuple[int, int]:
    """Write the past; return how many bookings and how many uses it has."""
    past = Past()
    for reservation in Reservation.objects.filter(state__in=LIVE):
        past.taken[reservation.machine_id].append(Span(reservation.blocked_from, reservation.blocked_until))
    _incident(stage, past)
    for day in range(-DAYS, 0):
        for pattern in WEEKLY:
            if pattern.kind == OpeningKind.OPEN_LAB and stage.on(pattern.weekday, after=day) == day:
                _afternoon(stage, past, day, pattern)
    _strays(stage, past)
    return _write(past)


def _afternoon(stage: Stage, past: Past, day: int, pattern: Pattern) -> None:
    opening = Span(stage.moment(day, pattern.start), stage.moment(day, pattern.end))
    for model in PARK:
        for _try in range(stage.rng.choice((0, 1, 1, 2) if model.category == "impression-3d" else (0, 0, 1))):
            _booking(stage, past, model, day, opening)


def _booking(stage: Stage, past: Past, model: Model, day: int, opening: Span) -> None:
    machine, span = stage.machines[model.slug], _span(stage, opening)
    if _is_down(stage, model, day) or not past.is_free(machine, span):
        return
    member = stage.rng.choice(_people(stage, machine, day))
    state = stage.rng.choice(STATES)
    reservation = _reservation(machine, member, span, state)
    if state == State.CANCELLED:
        reservation.cancelled_at = span.start - HOUR * stage.rng.randint(2, 60)
        reservation.cancel_reason = stage.rng.choice(("", "Je suis malade", "Cours déplacé", "Plus besoin"))
    used = state == State.DONE
    past.book(reservation, _use(stage, past, model, span, member, Attribution.RESERVATION) if used else None)


def _span(stage: Stage, opening: Span) -> Span:
    """Return one or two hours that begin on the hour of the opening, inside it."""
    hours = int((opening.end - opening.start) / HOUR)
    length = stage.rng.randint(1, min(2, hours))
    start = opening.start + HOUR * stage.rng.randint(0, hours - length)
    return Span(start, start + HOUR * length)


def _is_down(stage: Stage, model: Model, day: int) -> bool:
    incident = incident_day(stage)
    return (model.slug == "brodeuse" and day >= -SHORT_OF_PIECE_SINCE) or (
        model.slug == "decoupe-laser" and incident <= day <= incident + SHORT_OF_PIECE_SINCE
    )


def _people(stage: Stage, machine: Machine, day: int) -> list[User]:
    """Return who could use a machine then; never the people of the contract of late."""
    found = users_of(stage, machine)
    if machine.category.slug == "impression-3d" and day < -UNTOUCHED_DAYS:
        found = [*found, *(stage.people[name] for name in ("ines", "karim", "lea", "yanis"))]
    return found


def _reservation(machine: Machine, member: User, span: Span, state: str) -> Reservation:
    blocked = blocked_span(machine, span)
    return Reservation(
        machine=machine, member=member, created_by=member, state=state, starts_at=span.start, ends_at=span.end,
        blocked_from=blocked.start, blocked_until=blocked.end, created_at=span.start - timedelta(days=3),
    )  # fmt: skip


def _use(stage: Stage, past: Past, model: Model, span: Span, member: User | None, attribution: str) -> UsageSession:
    started = span.start + timedelta(minutes=stage.rng.randint(1, 9))
    ended = min(started + (span.end - span.start) * stage.rng.uniform(0.5, 0.95), span.end)
    outcome = stage.rng.choice(OUTCOMES)
    return UsageSession(
        machine=stage.machines[model.slug], source=f"{model.plug.kind}:{model.plug.base}",
        natural_key=past.next_key(), job_name=stage.rng.choice(JOBS.get(model.category, ("",))),
        started_at=started, ended_at=_second(ended), last_evidence_at=_second(ended), outcome=outcome,
        energy_wh=round((ended - started) / HOUR * stage.rng.uniform(60, 180), 1), attribution=attribution,
        member=member,
    )  # fmt: skip


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _incident(stage: Stage, past: Past) -> None:
    """Smoke at the laser: its job was stopped by hand, a quarter of an hour into a booking."""
    day, model = incident_day(stage), next(model for model in PARK if model.slug == "decoupe-laser")
    span = Span(stage.moment(day, "17:00"), stage.moment(day, "18:00"))
    lea = stage.people["lea"]
    use = _use(stage, past, model, span, lea, Attribution.RESERVATION)
    use.started_at, use.ended_at = stage.moment(day, "17:06"), stage.moment(day, "17:20")
    use.last_evidence_at, use.outcome, use.job_name = use.ended_at, Outcome.INTERRUPTED, "boite_crayons.svg"
    past.book(_reservation(stage.machines[model.slug], lea, span, State.DONE), use)


def _strays(stage: Stage, past: Past) -> None:
    """Uses that nobody had booked; the end of the first was never heard, and is estimated."""
    watched = [model for model in PARK if model.plug.live]
    while len(past.strays) < STRAYS:
        model, pattern = stage.rng.choice(watched), stage.rng.choice(WEEKLY)
        day = stage.on(pattern.weekday, after=-stage.rng.randint(8, DAYS))
        span = _span(stage, Span(stage.moment(day, pattern.start), stage.moment(day, pattern.end)))
        if past.is_free(stage.machines[model.slug], span) and not _is_down(stage, model, day):
            past.taken[stage.machines[model.slug].pk].append(span)
            past.strays.append(_use(stage, past, model, span, None, Attribution.NONE))
    past.strays[0].outcome, past.strays[0].estimated = Outcome.UNKNOWN, True


def _write(past: Past) -> tuple[int, int]:
    Reservation.objects.bulk_create([reservation for reservation, _use in past.rows], batch_size=200)
    UsageSession.objects.bulk_create([use for _reservation, use in past.rows if use] + past.strays, batch_size=200)
    ReservationUse.objects.bulk_create(
        [ReservationUse(reservation=reservation, usage_session=use) for reservation, use in past.rows if use],
        batch_size=200,
    )
    _leave_to_look_at(past)
    return len(past.rows), sum(use is not None for _reservation, use in past.rows) + len(past.strays)


def _leave_to_look_at(past: Past) -> None:
    """Let the next turn of the timed tasks notice some of the strays, for the desk to answer."""
    UseToReckon.objects.bulk_create(UseToReckon(usage_session=use) for use in past.strays[:TO_LOOK_AT])
