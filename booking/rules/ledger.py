"""Planned beside real, on plain spans. Whole minutes, rounded down; moments of any zone, compared in UTC.

A pause counts as use: the machine stays taken. Quotas do not read the ledger: they count what a booking holds, so time
given back early no longer counts (the end of the booking has moved), while idle and absent time does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from booking.ledger_models import AnomalyAnswer, AnomalyKind, Verdict
from place.clock import Span, merged, without

OVER_RUN_GRACE = timedelta(minutes=10)  # beyond one's own end, while nobody else has the machine
NEXT_GRACE = timedelta(minutes=2)  # into somebody else's time
UNBOOKED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Held:
    """A member's booking that is over; `own` are the same person's other bookings of the machine."""

    span: Span
    no_show: bool = False
    released_minutes: int = 0
    measured: bool = True
    own: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What a booking came to; used and idle are None where the machine tells nothing."""

    verdict: Verdict
    planned_minutes: int
    used_minutes: int | None
    idle_minutes: int | None
    over_run_minutes: int
    released_minutes: int


def compare(held: Held, uses: Iterable[Span], grace: timedelta = OVER_RUN_GRACE) -> Reckoning:
    """Compare a booking with its holder's uses of the machine; a use that runs ends at the moment of asking.

    Overlapping uses count once. What begins after the end belongs to no booking and is no over-run of this one.
    """
    span, spans = _utc(held.span), merged([_utc(use) for use in uses])
    inside = _minutes(_within(spans, span))
    beyond = [Span(span.end, use.end) for use in spans if use.start < span.end < use.end]
    over_run = _minutes(without(beyond, [_utc(one) for one in held.own]))
    planned, tells = int(span.minutes), held.measured or bool(spans)
    return Reckoning(
        verdict=_verdict(held, used=inside, over_run=over_run, grace=grace, tells=tells),
        planned_minutes=planned,
        used_minutes=inside if tells else None,
        idle_minutes=planned - inside if tells else None,
        over_run_minutes=over_run,
        released_minutes=held.released_minutes,
    )


def _verdict(held: Held, *, used: int, over_run: int, grace: timedelta, tells: bool) -> Verdict:
    if held.no_show and not used:
        return Verdict.NO_SHOW
    if timedelta(minutes=over_run) > grace:
        return Verdict.OVER_RUN
    if held.released_minutes:
        return Verdict.RELEASED
    if not tells:
        return Verdict.UNMEASURED
    return Verdict.USED if used else Verdict.IDLE


def _within(spans: Iterable[Span], frame: Span) -> list[Span]:
    return [Span(max(one.start, frame.start), min(one.end, frame.end)) for one in spans if one.meets(frame)]


def _minutes(spans: Iterable[Span]) -> int:
    return int(sum(span.minutes for span in spans))


def _utc(span: Span) -> Span:
    """Return the same stretch in UTC: two moments of one zone are compared by the clock on the wall."""
    return Span(span.start.astimezone(UTC), span.end.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class SeenUse:
    """A use as far as anomalies look; a running one ends now.

    `entitled`: whoever showed their card was given the machine then, or would have been. `explained`: it has a name,
    or a workshop or maintenance held the machine. `until`: how long its person held the machine, None without a
    booking; `next_start`: when somebody else's booking begins after that.
    """

    span: Span
    running: bool = False
    explained: bool = True
    lost: bool = False
    qualified: bool = True
    entitled: bool = True
    until: datetime | None = None
    next_start: datetime | None = None


def anomalies_of(use: SeenUse) -> set[str]:
    """Return what somebody should look at, none when planned and real agree."""
    found = {
        AnomalyKind.UNBOOKED: not use.explained and use.span.minutes >= UNBOOKED_AFTER / timedelta(minutes=1),
        AnomalyKind.LOST_END: use.lost and not use.running,
        AnomalyKind.UNQUALIFIED: not use.qualified,
        AnomalyKind.WITHOUT_RIGHT: not use.entitled,
        AnomalyKind.OVER_RUN: _runs_over(use),
    }
    return {kind.value for kind, is_so in found.items() if is_so}


def _runs_over(use: SeenUse) -> bool:
    if use.until is None:
        return False
    last = use.until + OVER_RUN_GRACE
    if use.next_start is not None:
        last = min(last, use.next_start + NEXT_GRACE)
    return use.span.end > last


# What may be answered to each kind, the most frequent first.
ANSWERS: dict[str, tuple[AnomalyAnswer, ...]] = {
    AnomalyKind.UNBOOKED: (AnomalyAnswer.MEMBER, AnomalyAnswer.TEAM, AnomalyAnswer.WRONG, AnomalyAnswer.NOTHING),
    AnomalyKind.UNQUALIFIED: (
        AnomalyAnswer.ACCOMPANIED, AnomalyAnswer.SPOKEN, AnomalyAnswer.MEMBER, AnomalyAnswer.TEAM, AnomalyAnswer.WRONG,
    ),
    AnomalyKind.WITHOUT_RIGHT: (
        AnomalyAnswer.SPOKEN, AnomalyAnswer.ACCOMPANIED, AnomalyAnswer.MEMBER, AnomalyAnswer.TEAM, AnomalyAnswer.WRONG,
    ),
    AnomalyKind.LOST_END: (AnomalyAnswer.NOTHING, AnomalyAnswer.WRONG),
    AnomalyKind.OVER_RUN: (AnomalyAnswer.SPOKEN, AnomalyAnswer.WRONG, AnomalyAnswer.NOTHING),
    AnomalyKind.IDLE: (AnomalyAnswer.SPOKEN, AnomalyAnswer.WRONG, AnomalyAnswer.NOTHING),
}  # fmt: skip


def may_answer(kind: str, answer: str) -> bool:
    """Tell whether an answer makes sense for a kind of anomaly."""
    return answer in ANSWERS.get(kind, ())


def release_end(span: Span, step_minutes: int, now: datetime) -> datetime:
    """Return where a booking ends when its holder has finished: now, brought up to the machine's granularity.

    At least one step after its start; its own end when there is nothing to give back.
    """
    step = timedelta(minutes=step_minutes)
    steps = max(1, -(-(now - span.start) // step))
    return min(span.end, span.start + steps * step)
