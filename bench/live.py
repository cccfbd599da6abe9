"""A hundred open pages that follow the machines: what they cost the server, asking as often as pages do."""

import threading
import time
from collections.abc import Iterable

from bench._serving import Connection, Lab, Server, labs, serving

PAGES, EVERY_S, SECONDS, CONNECTIONS = 100, 1.2, 6.0, 4
TARGET = 50.0
PATHS = {"the board": "/tableau/fragment/", "a machine's page": "/direct/machines/m0/"}


def run() -> Iterable[dict]:
    """Ask at the pace of a hundred pages; the answer to most is 304."""
    for lab in labs():
        with serving(lab, workers=2) as server:
            for name, path in PATHS.items():
                yield _figure(lab, server, name, path)


def _figure(lab: Lab, server: Server, name: str, path: str) -> dict:
    answers: list[int] = []
    before, began = server.cpu_seconds(), time.monotonic()
    threads = [threading.Thread(target=_ask, args=(server, path, began, answers)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - began
    share = 100 * (server.cpu_seconds() - before) / elapsed
    return {
        "metric": f"live: {PAGES} open pages, {name}",
        "unit": "% of one processor",
        "database": lab.vendor,
        "value": round(share, 1),
        "target": TARGET,
        "ok": share <= TARGET and len(answers) >= 0.9 * PAGES * SECONDS / EVERY_S,
        "per_second": round(len(answers) / elapsed, 1),
        "not_sent_again": answers.count(304),
    }


def _ask(server: Server, path: str, began: float, answers: list[int]) -> None:
    """Be a quarter of the pages, one after the other, each with the mark of its last answer."""
    connection, pause = Connection(server.port), EVERY_S * CONNECTIONS / PAGES
    tag, number = "", 0
    while time.monotonic() - began < SECONDS:
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        status, tag = connection.tagged(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{known}\r\n".encode())
        answers.append(status)
        number += 1
        time.sleep(max(0.0, began + number * pause - time.monotonic()))
    connection.close()
