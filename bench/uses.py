"""P7: the same use is told by many at once, and ending one must not cost more with the years."""

from collections.abc import Iterable

from bench._serving import Lab, labs, told

PROCESSES = 5
FEW, MANY = 1_000, 1_000_000
TARGET = 1.3


def run() -> Iterable[dict]:
    for lab in labs():
        yield _race(lab)
        yield _stop_cost(lab)


def _race(lab: Lab) -> dict:
    running = [lab.start("bench._stops", "race") for _ in range(PROCESSES)]
    broken = sum(told(process)["broken"] for process in running)
    state = told(lab.start("bench._stops", "check"))
    return {
        "metric": "P7 start and stop of the same use, 50 tellers, 20 rounds",
        "unit": "doubled uses",
        "database": lab.vendor,
        "value": state["doubled"],
        "target": 0,
        "ok": broken == 0 and not any(state.values()),
        "broken": broken,
        **state,
    }


def _stop_cost(lab: Lab) -> dict:
    few, many = (told(lab.start("bench._stops", "cost", str(uses))) for uses in (FEW, MANY))
    growth = {name: round(many[name] / few[name], 3) for name in ("cpu_ms", "wall_ms")}
    return {
        "metric": "P7 ending a use",
        "unit": "time at 1 000 000 uses / at 1 000",
        "database": lab.vendor,
        "value": growth["wall_ms"],
        "target": TARGET,
        "ok": growth["wall_ms"] <= TARGET and growth["cpu_ms"] <= TARGET and few["queries"] == many["queries"],
        "cpu_ratio": growth["cpu_ms"],
        "wall_ms": [few["wall_ms"], many["wall_ms"]],
        "queries": [few["queries"], many["queries"]],
    }
