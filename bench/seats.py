"""P7: the last seats of a workshop: many ask at once while some give theirs back."""

from collections import Counter
from collections.abc import Iterable

from bench._serving import Lab, Server, all_at_once, delete, labs, post, serving, told

ROUNDS, ASKING, LEAVING = 20, 45, 5


def run() -> Iterable[dict]:
    """Count oversold sessions, wrong counts, seats left free beside people who wait, and server errors."""
    for lab in labs():
        rounds = told(lab.start("bench._seats", "prepare", str(ROUNDS)))["rounds"]
        with serving(lab, workers=2, threads=8) as server:
            answers = Counter(status for one in rounds for status in _rush(server, lab, one))
        state = told(lab.start("bench._seats", "check"))
        expected = {201: ROUNDS * ASKING, 204: ROUNDS * LEAVING}
        yield {
            "metric": f"P7 last seat, {ASKING} ask and {LEAVING} leave at once, {ROUNDS} rounds",
            "unit": "oversold sessions",
            "database": lab.vendor,
            "value": state["oversold"],
            "target": 0,
            "ok": answers == expected and not any(state.values()),
            "answers": {str(status): count for status, count in sorted(answers.items())},
            **state,
        }


def _rush(server: Server, lab: Lab, one: dict) -> list[int]:
    tokens = lab.seed["tokens"]
    asking = [post(f"/api/v1/workshop-sessions/{one['session']}/registrations", token, {}) for token in tokens[:ASKING]]
    leaving = [
        delete(f"/api/v1/registrations/{row}", token)
        for row, token in zip(one["leaving"], tokens[ASKING : ASKING + LEAVING], strict=True)
    ]
    mixed = asking[: ASKING // 2] + leaving + asking[ASKING // 2 :]
    return [status for status, _body in all_at_once(server, mixed)]
