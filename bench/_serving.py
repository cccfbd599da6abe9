"""Databases, the production server and a light client, for benchmarks over HTTP."""

import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.services import ROOT, ServiceMissing, answers, free_port, wait_until
from tests.services.databases import Database, database
from tests.services.postgres import Cluster, cluster

RUN = "import runpy, sys, django; django.setup(); del sys.argv[0]; runpy.run_module(sys.argv[0], run_name='__main__')"
TICKS = os.sysconf("SC_CLK_TCK")
ROUNDS, SECONDS, CONNECTIONS = 3, 2.0, 4


@dataclass
class Lab:
    """A seeded database and how to call the site on it."""

    vendor: str
    url: str
    seed: dict
    helpers: list[int] = field(default_factory=list)  # processes whose time counts beside the server's

    def environment(self) -> dict[str, str]:
        return _environment(self.url)

    def start(self, module: str, *words: str) -> subprocess.Popen[str]:
        """Start one of our modules as a process with Django on this database."""
        return _start(self.url, module, *words)


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "bench._settings"}


def _start(url: str, module: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, module, *words]
    return subprocess.Popen(command, cwd=ROOT, env=_environment(url), stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> dict:
    """Return the JSON a process ends with. Raises RuntimeError when it fails."""
    output, _errors = process.communicate(timeout=600)
    if process.returncode:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")
    return json.loads(output)


def labs() -> Iterator[Lab]:
    """Give a seeded lab on SQLite, then one on PostgreSQL where it is installed."""
    yield from _seeded(database())
    try:
        with cluster(durable=True) as server:
            yield from _seeded(database(server.url), server)
    except ServiceMissing as missing:
        print(f"Not run on PostgreSQL: {missing}.", file=sys.stderr)


def _seeded(copy: Database, server: Cluster | None = None) -> Iterator[Lab]:
    try:
        helpers = [server.process.pid] if server and server.process else []
        yield Lab(copy.vendor, copy.url, told(_start(copy.url, "bench._seed")), helpers)
    finally:
        copy.drop()


class Server:
    """The site as in production: granian, WSGI."""

    def __init__(self, lab: Lab, workers: int, threads: int) -> None:
        self.lab, self.port = lab, free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", str(workers), "--blocking-threads", str(threads)]
        command += ["--log-level", "error", "--no-ws", "fablab.wsgi:application"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=lab.environment())
        wait_until(lambda: answers(self.port), seconds=60, what="the server")

    def cpu_seconds(self) -> float:
        """Return the processor time of the server, its workers and the database so far."""
        return sum(_tree_seconds(pid) for pid in (self.process.pid, *self.lab.helpers))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@contextmanager
def serving(lab: Lab, *, workers: int = 1, threads: int = 4) -> Iterator[Server]:
    server = Server(lab, workers, threads)
    try:
        yield server
    finally:
        server.stop()


def _tree_seconds(pid: int) -> float:
    """Return the time of a process, of the children it still has and of those it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0.0
    own = sum(int(value) for value in fields[11:15]) / TICKS
    return own + sum(_tree_seconds(int(child)) for child in children)


class Connection:
    """One kept-alive connection that costs the client next to nothing."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; return the status and the body."""
        self.socket.sendall(request)
        return self.answer()

    def tagged(self, request: bytes) -> tuple[int, str]:
        """Send a whole request; return the status and the mark (ETag) of the answer."""
        self.socket.sendall(request)
        head, _body = self._received()
        return int(head[9:12]), _header(head, b"etag").decode()

    def answer(self) -> tuple[int, bytes]:
        head, body = self._received()
        return int(head[9:12]), body

    def _received(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(_header(head, b"content-length") or 0)
        while len(body) < length:
            body += self._more()
        return head, body

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server hung up")
        return part

    def close(self) -> None:
        self.socket.close()


def _header(head: bytes, name: bytes) -> bytes:
    """Return the value of a header of an answer, empty when it has none."""
    lines = (line.partition(b": ") for line in head.split(b"\r\n"))
    return next((value for found, _colon, value in lines if found.lower() == name), b"")


def get(path: str, cookie: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()


def post(path: str, token: str, body: dict) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


def delete(path: str, token: str) -> bytes:
    return f"DELETE {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def all_at_once(server: Server, requests: list[bytes]) -> list[tuple[int, bytes]]:
    """Send requests at the same moment: all connected and all but the last byte sent beforehand; return the answers."""
    connections = [Connection(server.port) for _ in requests]
    answered: list[tuple[int, bytes]] = [(0, b"")] * len(requests)
    gate = threading.Barrier(len(requests))

    def finish(number: int) -> None:
        gate.wait()
        answered[number] = connections[number].call(requests[number][-1:])

    for connection, request in zip(connections, requests, strict=True):
        connection.socket.sendall(request[:-1])
    threads = [threading.Thread(target=finish, args=[number]) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in connections:
        connection.close()
    return answered


@dataclass
class Burst:
    """What a burst of requests came to."""

    count: int
    per_second: float
    cpu_ms: float
    p95_ms: float


def burst(server: Server, next_request: Callable[[], bytes], expected: int) -> Burst:
    """Send requests over a few connections for a few seconds; every answer must have the expected status."""
    times: list[float] = []
    wrong: list[tuple[int, bytes]] = []
    before, began = server.cpu_seconds(), time.monotonic()

    def work() -> None:
        connection = Connection(server.port)
        while time.monotonic() - began < SECONDS and not wrong:
            sent = time.perf_counter()
            status, body = connection.call(next_request())
            times.append(time.perf_counter() - sent)
            if status != expected:
                wrong.append((status, body))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"expected {expected}, got {wrong[0]}")
    elapsed, cpu = time.monotonic() - began, server.cpu_seconds() - before
    p95 = statistics.quantiles(times, n=20)[-1]
    return Burst(len(times), len(times) / elapsed, 1000 * cpu / len(times), 1000 * p95)


def compare(
    server: Server, ours: Callable[[], bytes], floor: Callable[[], bytes], expected: int = 200
) -> dict[str, float]:
    """Measure ours and its floor in turns; return medians of the rounds and of their ratios."""
    burst(server, ours, expected)
    burst(server, floor, expected)
    pairs = [(burst(server, ours, expected), burst(server, floor, expected)) for _ in range(ROUNDS)]
    return {
        "value": round(statistics.median(one.per_second for one, _ in pairs), 1),
        "floor": round(statistics.median(two.per_second for _, two in pairs), 1),
        "ratio": round(statistics.median(one.per_second / two.per_second for one, two in pairs), 3),
        "cpu_ms": round(statistics.median(one.cpu_ms for one, _ in pairs), 2),
        "floor_cpu_ms": round(statistics.median(two.cpu_ms for _, two in pairs), 2),
        "cpu_ratio": round(statistics.median(two.cpu_ms / one.cpu_ms for one, two in pairs), 3),
        "p95_ms": round(statistics.median(one.p95_ms for one, _ in pairs), 1),
    }
