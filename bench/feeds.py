"""P1 and P2: the week of one machine and the month of the park, for somebody signed in."""

import gzip
from collections.abc import Iterable, Iterator

from bench._serving import Connection, Lab, Server, compare, get, labs, serving

P1_TARGET, P2_TARGET = 0.5, 0.3
QUERIES = 4


def run() -> Iterable[dict]:
    """Compare our feeds with an empty page for the same person, and with a hand-written statement."""
    for lab in labs():
        with serving(lab) as server:
            yield from _figures(lab, server)


def _figures(lab: Lab, server: Server) -> Iterator[dict]:
    seed = lab.seed
    pairs = [
        ("P1 week of one machine", seed["week"], "/floor/empty", P1_TARGET, "week"),
        ("P2 month of the park", seed["month"], seed["raw_month"], P2_TARGET, "month"),
    ]
    for metric, ours, floor, target, name in pairs:
        figures = compare(server, lambda p=ours: get(p, seed["cookie"]), lambda p=floor: get(p, seed["cookie"]))
        queries = seed["queries"][name]
        kept = figures["ratio"] >= target and figures["cpu_ratio"] >= target and queries <= QUERIES
        yield {
            "metric": metric,
            "unit": "req/s",
            "database": lab.vendor,
            "target": target,
            "ok": kept,
            **figures,
            "queries": queries,
            **_weight(server, ours, seed["cookie"]),
        }


def _weight(server: Server, path: str, cookie: str) -> dict[str, int]:
    connection = Connection(server.port)
    _status, body = connection.call(get(path, cookie))
    connection.close()
    return {"events": body.count(b'"mine"'), "gzip_bytes": len(gzip.compress(body, 6))}
