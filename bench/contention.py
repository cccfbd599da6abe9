"""P5: many ask for the same slot at once. P6: bookings that overlap in part, and series over four machines."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from bench._serving import Lab, Server, all_at_once, labs, post, serving, told

ROUNDS, CLIENTS = 20, 50
PROCESSES = 4
HOUR = timedelta(hours=1)


def run() -> Iterable[dict]:
    """Count double bookings, server errors and deadlocks: the only good number is zero."""
    for lab in labs():
        with serving(lab, workers=2, threads=8) as server:
            yield _same_slot(lab, server)
        yield _mixed(lab)
        yield _everything(lab)


def _same_slot(lab: Lab, server: Server) -> dict:
    first = datetime.fromisoformat(lab.seed["free_from"])
    answers: Counter[int] = Counter()
    winners = []
    for number in range(ROUNDS):
        statuses = _at_once(server, lab, first + HOUR * number)
        answers.update(statuses)
        winners.append(statuses.count(201))
    doubles = sum(won - 1 for won in winners if won > 1)
    kept = set(winners) == {1} and set(answers) == {201, 409}
    return {
        "metric": "P5 same slot, 50 clients, 20 rounds",
        "unit": "double bookings",
        "database": lab.vendor,
        "value": doubles,
        "target": 0,
        "ok": kept,
        "answers": {str(status): count for status, count in sorted(answers.items())},
        "rounds_with_one_winner": winners.count(1),
    }


def _at_once(server: Server, lab: Lab, start: datetime) -> list[int]:
    body = {"machine": "m0", "starts_at": start.isoformat(), "ends_at": (start + HOUR).isoformat()}
    wishes = [post("/api/v1/reservations", token, body) for token in lab.seed["tokens"][:CLIENTS]]
    return [status for status, _body in all_at_once(server, wishes)]


def _mixed(lab: Lab) -> dict:
    first = lab.seed["free_from"]
    running = [lab.start("bench._contend", first, str(number)) for number in range(PROCESSES)]
    counts = [told(process) for process in running]
    total = {key: sum(one[key] for one in counts) for key in ("attempts", "won", "refused", "broken")}
    state = told(lab.start("bench._contend", first, "check"))
    return {
        "metric": "P6 mixed overlaps and series of four, 24 connections",
        "unit": "deadlocks",
        "database": lab.vendor,
        "value": total["broken"],
        "target": 0,
        "ok": total["broken"] == 0 and state == {"overlaps": 0, "incomplete_series": 0},
        **total,
        **state,
        "attempts_per_second": round(sum(one["attempts"] / one["seconds"] for one in counts), 1),
    }


def _everything(lab: Lab) -> dict:
    """Over a thousand contested acts of every kind, by processes, on machines tied together."""
    first = lab.seed["free_from"]
    told(lab.start("bench._everything", first, "prepare"))
    counts = [told(one) for one in [lab.start("bench._everything", first, str(number)) for number in range(PROCESSES)]]
    names = ("won", "refused", "unexplained", "broken", "idle")
    total = {name: sum(one[name] for one in counts) for name in names}
    state = told(lab.start("bench._everything", first, "check"))
    attempts = sum(total.values()) - total["idle"]
    wrong = total["broken"] + total["unexplained"] + state["overlaps"] + state["parts_out_of_line"]
    return {
        "metric": "P6 everything at once: any of a kind, a room, moves, held places",
        "unit": "errors, overlaps, refusals without help",
        "database": lab.vendor,
        "value": wrong,
        "target": 0,
        "ok": wrong == 0 and attempts >= 1000,
        "attempts": attempts,
        **total,
        **state,
        "attempts_per_second": round(attempts / max(one["seconds"] for one in counts), 1),
    }
