"""What planned and real do not agree on, as the desk reads and answers it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from booking.ledger_models import Anomaly, AnomalyAnswer, AnomalyState
from booking.ledger_queries import anomalies, open_anomalies, people_around
from booking.rules.ledger import ANSWERS
from members.models import User
from members.queries import FOUND_MOST, search_members

ON_FIRST_SCREEN, SHOWN_MOST, PEOPLE_MOST = 6, 60, 12


@dataclass(frozen=True, slots=True)
class Odd:
    """A line: what, where, when, whose; `quick` is the frequent answer when it needs no name."""

    anomaly: Anomaly
    who: str
    starts_at: datetime
    ends_at: datetime | None
    booked_until: datetime | None
    answers: tuple[AnomalyAnswer, ...]

    @property
    def is_open(self) -> bool:
        return self.anomaly.state == AnomalyState.OPEN

    @property
    def quick(self) -> AnomalyAnswer | None:
        return self.answers[0] if self.answers and self.answers[0] != AnomalyAnswer.MEMBER else None

    @property
    def asks_who(self) -> bool:
        return AnomalyAnswer.MEMBER in self.answers

    @property
    def without_name(self) -> list[AnomalyAnswer]:
        return [answer for answer in self.answers if answer != AnomalyAnswer.MEMBER]


def waiting_anomalies(limit: int = SHOWN_MOST) -> list[Odd]:
    """Return what waits for an answer, the latest first: one query."""
    return [_odd(anomaly) for anomaly in open_anomalies(limit)]


def one_anomaly(pk: int) -> Odd | None:
    """Return an anomaly, answered or not: one query."""
    found = anomalies().filter(pk=pk).first()
    return _odd(found) if found else None


def _odd(anomaly: Anomaly) -> Odd:
    use, booking = anomaly.usage_session, anomaly.reservation
    link = getattr(use, "reservation_use", None)
    member = use.member if use else booking.member if booking else None
    return Odd(
        anomaly,
        who=member.short_name if member else "",
        starts_at=use.started_at if use else booking.starts_at,  # type: ignore[union-attr]
        ends_at=use.ended_at if use else booking.ends_at,  # type: ignore[union-attr]
        booked_until=link.reservation.ends_at if link else None,
        answers=ANSWERS[anomaly.kind],
    )


def who_it_may_be(odd: Odd, text: str) -> Iterable[User]:
    """Return whom a name leads to; without one, who was in the lab then or had booked the machine that day."""
    if text:
        return search_members(text)[:FOUND_MOST]
    use = odd.anomaly.usage_session
    return people_around(use, PEOPLE_MOST) if use and odd.asks_who and odd.is_open else []
