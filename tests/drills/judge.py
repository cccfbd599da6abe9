"""What the database made of a stream, beside the truth."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.drills.stream import Stream

MESSAGES = "SELECT payload, status, reason FROM iot_bridge_machinemessage"
SESSIONS = "SELECT source, natural_key, started_at, ended_at, outcome, estimated FROM machines_usagesession"
COUNT = "SELECT count(DISTINCT payload) FROM iot_bridge_machinemessage"
CLOCK_S = 0.002


@dataclass(slots=True)
class Result:
    """One line of the table; `at_risk` messages may be lost: the broker itself had not kept them yet."""

    drill: str = ""
    sent: int = 0
    committed: int = 0
    lost: int = 0
    twice: int = 0
    ghosts: int = 0
    wrong: int = 0
    seconds: float = 0.0
    at_risk: int = 0
    note: str = ""
    examples: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        return self.lost <= self.at_risk and not (self.twice or self.ghosts or self.wrong)


def read(url: str, statement: str) -> list[tuple]:
    """Run one statement on a database, whatever holds it."""
    if url.startswith("postgres"):
        with psycopg.connect(url, connect_timeout=5) as server:
            return server.execute(statement).fetchall()
    file = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
    try:
        return file.execute(statement).fetchall()
    finally:
        file.close()


def judge(url: str, stream: Stream, *, clocks_lie: bool = False) -> Result:
    """Compare the stream with the database. `clocks_lie`: moments are the arrival's, and only their order is judged."""
    rows = [(bytes(payload).decode(), status, reason) for payload, status, reason in read(url, MESSAGES)]
    known = {payload for payload, _status, _reason in rows}
    sent = stream.payloads()
    result = Result(sent=len(sent), committed=len(known & sent), lost=len(sent - known))
    published = Counter(message.payload for message in stream.sent)
    taken = Counter(payload for payload, _status, reason in rows if reason != "sent again")
    result.twice = sum(1 for payload, times in taken.items() if times > published[payload])
    _sessions(url, stream, known, result, clocks_lie=clocks_lie)
    return result


def _sessions(url: str, stream: Stream, known: set[str], result: Result, *, clocks_lie: bool) -> None:
    found: dict[tuple[str, str], list[tuple]] = {}
    for source, key, *facts in read(url, SESSIONS):
        found.setdefault((source, key), []).append(tuple(facts))
    for box in stream.boxes:
        for job in box.jobs:
            facts = found.pop((job.source, job.key), [])
            result.ghosts += max(0, len(facts) - 1)
            if known.issuperset(job.payloads) and (not facts or not _right(job, facts[0], clocks_lie=clocks_lie)):
                result.wrong += 1
                result.examples.append(f"{job} is {facts}")
    result.ghosts += sum(map(len, found.values()))
    result.examples += [f"ghost {key}" for key in found]


def _right(job: Any, facts: tuple, *, clocks_lie: bool) -> bool:
    started_at, ended_at, outcome, estimated = facts
    if outcome != job.outcome or ended_at is None:
        return False
    start, end = _seconds(started_at), _seconds(ended_at)
    if clocks_lie:
        return start <= end and (bool(estimated) or abs(start - job.started_at) < CLOCK_S)
    return abs(start - job.started_at) < CLOCK_S and abs(end - job.ended_at) < CLOCK_S


def _seconds(moment: datetime | str) -> float:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return moment.timestamp()
