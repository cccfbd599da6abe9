"""P9: pages must not grow heavier with history: processor time and queries at 10 000 and at 1 000 000 uses."""

from collections.abc import Callable, Iterable, Iterator

from bench._serving import Lab, Server, burst, get, labs, serving, told

FEW, MANY = 10_000, 1_000_000
TARGET = 1.3
ROUNDS = 3


def run() -> Iterable[dict]:
    """Compare each page with itself before and after the machines have worked for years."""
    for lab in labs():
        few = _measured(lab, FEW)
        many = _measured(lab, MANY)
        for path, (cpu, queries) in many.items():
            before, asked = few[path]
            growth = round(cpu / before, 3)
            yield {
                "metric": f"P9 {path}",
                "unit": "CPU at 1 000 000 uses / at 10 000",
                "database": lab.vendor,
                "value": growth,
                "target": TARGET,
                "ok": growth <= TARGET and queries == asked,
                "cpu_ms": [before, cpu],
                "queries": [asked, queries],
            }


def _measured(lab: Lab, uses: int) -> dict[str, tuple[float, int]]:
    """Bring the lab to so many uses; return processor milliseconds and queries of each page."""
    seed = told(lab.start("bench._uses", str(uses)))
    with serving(lab) as server:
        return {path: (_cpu(server, path, seed["cookie"]), asked) for path, asked in seed["queries"].items()}


def _cpu(server: Server, path: str, cookie: str) -> float:
    def request() -> bytes:
        return get(path, cookie)

    burst(server, request, 200)
    return round(min(_rounds(server, request)), 2)


def _rounds(server: Server, request: Callable[[], bytes]) -> Iterator[float]:
    for _ in range(ROUNDS):
        yield burst(server, request, 200).cpu_ms
