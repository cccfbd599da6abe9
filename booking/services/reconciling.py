"""The only writer of the ledger and of anomalies: planned is compared with real, and somebody answers what is odd.

Nothing here punishes: an absence is noted elsewhere (`arrivals`), where it can be excused.
"""

from dataclasses import asdict
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import ledger_queries as reads
from booking import rules
from booking.facts import Wish
from booking.ledger_models import (
    Anomaly,
    AnomalyAnswer,
    AnomalyKind,
    AnomalyState,
    BookingOutcome,
    UseToReckon,
    Verdict,
)
from booking.models import Kind, Reservation, State
from booking.problems import Refused
from booking.queries import load_facts
from booking.rules import ledger
from booking.services.rows import lock
from booking.starts import ask_bookings
from machines.models import Attribution, Machine, Outcome, UsageSession
from machines.services.usage import attribute
from machines.start_queries import was_granted
from members.models import User
from members.services import record
from place.clock import Span

QUALIFY = "booking.qualify_anomalies"
BATCH = 200


def note_use(use: UsageSession) -> None:
    """Put a use that is new or has changed on the list of what is to be compared; on it already: nothing."""
    UseToReckon.objects.bulk_create([UseToReckon(usage_session=use)], ignore_conflicts=True)


def reconcile(now: datetime) -> int:
    """Compare what has changed or is over, some hundreds at most; return how many lines and anomalies changed.

    A timed task: idempotent, may run beside itself and after any downtime; what is left over is for the next turn.
    """
    changed = sum(_reckon(use, now) for use in reads.uses_to_reckon(BATCH))
    return changed + sum(_settle(row, now) for row in reads.bookings_to_settle(now, BATCH))


@transaction.atomic
def _reckon(use: UsageSession, now: datetime) -> int:
    """Look at one use again; the machine's lock keeps whoever changes it waiting until it is off the list."""
    lock(use.machine)
    UseToReckon.objects.filter(usage_session=use).delete()
    rows = UsageSession.objects.select_related("machine__category", "member", "reservation_use__reservation")
    current = rows.get(pk=use.pk)
    changed = _notice({"usage_session": current}, current.machine, ledger.anomalies_of(_seen(current, now)), now)
    return changed + sum(_write_line(row, now) for row in reads.bookings_of_use(current, now))


def _seen(use: UsageSession, now: datetime) -> ledger.SeenUse:
    end = use.ended_at or max(now, use.started_at)
    span, link = Span(use.started_at, end), getattr(use, "reservation_use", None)
    booking = link.reservation if link else None
    until, next_start = _held(booking, end) if booking else (None, None)
    return ledger.SeenUse(
        span,
        running=use.ended_at is None,
        explained=_is_explained(use, end),
        lost=use.outcome == Outcome.UNKNOWN or use.estimated,
        qualified=_is_qualified(use, booking, span),
        entitled=_is_entitled(use),
        until=until,
        next_start=next_start,
    )


def _is_entitled(use: UsageSession) -> bool:
    """Tell whether who showed their card had been told yes, or would have been: a box cut off decides by itself.

    A missing habilitation is told apart.
    """
    if use.attribution != Attribution.BADGE or use.member is None:
        return True
    if was_granted(use.machine_id, use.member, use.started_at):
        return True
    found = ask_bookings(use.machine, use.member, use.started_at).problems
    return all(problem.code == "qualification_missing" for problem in found)


def _is_explained(use: UsageSession, end: datetime) -> bool:
    """Tell whether a use needs no booking: it has a name, nobody can book the machine, or a workshop held it."""
    named = use.attribution != Attribution.NONE or use.member is not None
    return named or not use.machine.in_service or reads.is_blocked(use, end)


def _held(booking: Reservation, end: datetime) -> tuple[datetime, datetime | None]:
    """Return until when somebody held the machine, their bookings in a row counted together, and who comes next."""
    until = booking.ends_at
    for row in reads.bookings_after(booking, end):
        if row.kind != Kind.MEMBER or row.member_id != booking.member_id:
            return until, max(row.starts_at, until)
        if row.starts_at <= until:
            until = max(until, row.ends_at)
    return until, None


def _is_qualified(use: UsageSession, booking: Reservation | None, span: Span) -> bool:
    """Ask the rule of booking; somebody beside them, or that rule set aside then, is enough."""
    if use.member is None or not use.machine.level_required:
        return True
    if booking and "qualification_missing" in booking.waived:
        return True
    wish = Wish(span, accompanied=bool(booking and booking.accompanied))
    facts = load_facts([use.machine], span, use.started_at, use.member)[use.machine_id]
    return not rules.problems(wish, facts, use.started_at, (rules.qualification_missing,))


@transaction.atomic
def _settle(reservation: Reservation, now: datetime) -> int:
    lock(reservation.machine)
    return _write_line(reservation, now)


def _write_line(reservation: Reservation, now: datetime) -> int:
    """Write or correct a booking's line; the same facts give the same line. The machine is locked."""
    found = _compared(reservation)
    values = asdict(found) | {"starts_at": reservation.starts_at, "ends_at": reservation.ends_at}
    row, made = BookingOutcome.objects.get_or_create(reservation=reservation, defaults=values | {"settled_at": now})
    differs = any(getattr(row, name) != value for name, value in values.items())
    if differs:
        BookingOutcome.objects.filter(pk=row.pk).update(**values, settled_at=now)
    idle = found.verdict == Verdict.IDLE and reservation.arrived_at is not None
    kinds = {AnomalyKind.IDLE.value} if idle else set()
    return int(made or differs) + _notice({"reservation": reservation}, reservation.machine, kinds, now)


def _compared(reservation: Reservation) -> ledger.Reckoning:
    uses = reads.uses_of(reservation)
    release = getattr(reservation, "early_release", None)
    held = ledger.Held(
        Span(reservation.starts_at, reservation.ends_at),
        no_show=reservation.state == State.NO_SHOW,
        released_minutes=max(0, int(Span(reservation.ends_at, release.planned_end).minutes)) if release else 0,
        measured=bool(uses) or reads.has_told(reservation.machine, reservation.ends_at),
        own=tuple(reads.own_after(reservation, max((use.end for use in uses), default=reservation.ends_at))),
    )
    return ledger.compare(held, uses)


def _notice(subject: dict, machine: Machine, kinds: set[str], now: datetime) -> int:
    """Note what is odd about one thing, once; what no longer is settles by itself, and may come back."""
    about = Anomaly.objects.filter(**subject)
    known = set(about.values_list("kind", flat=True))
    new = [Anomaly(**subject, kind=kind, machine=machine, noticed_at=now) for kind in sorted(kinds - known)]
    Anomaly.objects.bulk_create(new)
    if not known:
        return len(new)
    gone = about.filter(state=AnomalyState.OPEN).exclude(kind__in=kinds)
    back = about.filter(answer=AnomalyAnswer.CORRECTED, kind__in=kinds)
    return (
        len(new)
        + back.update(state=AnomalyState.OPEN, answer="", answered_at=None)
        + gone.update(state=AnomalyState.QUALIFIED, answer=AnomalyAnswer.CORRECTED, answered_at=now)
    )


def answer_anomaly(
    *,
    actor: User,
    anomaly: Anomaly,
    answer: str,
    member: User | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Anomaly:
    """Say what an anomaly was, once; “it was a member” gives the use its name, “the team” takes any name off.

    Raises PermissionDenied, and Refused: an answer that fits no such anomaly, nobody named, somebody was quicker.
    """
    if not actor.has_perm(QUALIFY):
        raise PermissionDenied(_("You cannot answer this."))
    if not ledger.may_answer(anomaly.kind, answer):
        raise Refused([rules.not_allowed(_("This answer does not fit: choose one of the list."))])
    if answer == AnomalyAnswer.MEMBER and member is None:
        raise Refused([rules.not_allowed(_("Say who it was."))])
    return _answer(actor, anomaly, answer, member, note.strip()[:200], now or timezone.now())


@transaction.atomic
def _answer(actor: User, anomaly: Anomaly, answer: str, member: User | None, note: str, now: datetime) -> Anomaly:
    lock(anomaly.machine)
    still_open = Anomaly.objects.filter(pk=anomaly.pk, state=AnomalyState.OPEN)
    said = {"state": AnomalyState.QUALIFIED, "answer": answer, "answered_by": actor, "answered_at": now, "note": note}
    if not still_open.update(**said):
        raise Refused([rules.not_allowed(_("Somebody has already answered."))])
    if anomaly.usage_session and answer in {AnomalyAnswer.MEMBER, AnomalyAnswer.TEAM}:
        who = member if answer == AnomalyAnswer.MEMBER else None
        attribute(anomaly.usage_session, member=who, attribution=Attribution.STAFF)
    detail = {"kind": anomaly.kind, "answer": answer, "member": member.pk if member else None}
    record(actor=actor, action="anomaly.answered", subject=f"anomaly:{anomaly.pk}", detail=detail)
    anomaly.refresh_from_db()
    return anomaly
