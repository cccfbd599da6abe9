"""P10: messages taken live into the database, beside paho alone and mosquitto_sub, in the same run."""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import psycopg

from tests.services import ROOT, ServiceMissing, answers, databases, free_port, wait_until
from tests.services.postgres import cluster

MESSAGES, ROUNDS, DEVICES = 20_000, 3, 30
STEADY_RATE, STEADY_FOR_S = 2_000, 4.0
PATIENCE_S = 60.0
TOPIC, OTHERS_TOPIC = "fablab/v1/bench-{:02}/telemetry", "others/v1/bench-{:02}/telemetry"
"""The bridge hears nothing of what is published for the others: it would work while they are measured."""
FLOOR_PAHO, FLOOR_SUB, LATENCY_MS = 0.7, 0.25, 100.0
TICKS = os.sysconf("SC_CLK_TCK")

SEED = """
from iot_bridge.models import Device
from machines.models import Machine, MachineCategory
category = MachineCategory.objects.create(slug="bench", name="Bench", process="fdm")
for number in range({count}):
    slug = f"bench-{{number:02}}"
    machine = Machine.objects.create(slug=slug, name=slug, category=category)
    Device.objects.create(machine=machine, kind="native", base=slug)
"""
PAHO = """
import sys, time
from paho.mqtt.client import Client, MQTTProtocolVersion
from paho.mqtt.enums import CallbackAPIVersion
port, wanted, seen = int(sys.argv[1]), int(sys.argv[2]), 0
def count(client, data, message):
    global seen
    seen += 1
    if seen == wanted:
        print("done", flush=True)
client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
client.on_message = count
client.on_connect = lambda *about: client.subscribe("others/v1/+/telemetry", 1)
client.on_subscribe = lambda *about: print("ready", flush=True)
client.connect("127.0.0.1", port)
client.loop_forever()
"""


@contextmanager
def _broker() -> Iterator[int]:
    """Run the broker as we ship it; return its port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="fablab-bench-") as folder:
        command = [sys.executable, "-m", "iot_bridge.embedded", "--port", str(port), "--data", folder]
        process = subprocess.Popen([*command, "--broker", "mosquitto"], cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: answers(port), what="Mosquitto")
            yield port
        finally:
            process.terminate()
            process.wait(10)


class Reader:
    """Reads how many rows are committed, without Django."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True) if url.startswith("postgres") else _sqlite(url)

    def rows(self) -> int:
        found = self._connection.execute("SELECT coalesce(max(id), 0) FROM iot_bridge_machinemessage").fetchone()
        return found[0]


def _sqlite(url: str):
    import sqlite3  # noqa: PLC0415

    return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=20)


class Target:
    """Something that subscribes; `seconds(publish)` is how long it took to take every message of a burst."""

    name: str
    pid: int

    def seconds(self, publish: Callable[[], None], count: int) -> float:
        raise NotImplementedError


class Bridge(Target):
    """Our own process, from the broker to the committed row."""

    def __init__(self, name: str, url: str, port: int) -> None:
        self.name, self.reader = name, Reader(url)
        self._log = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115
        environment = _environment(url) | {"MQTT_URL": f"mqtt://127.0.0.1:{port}"}
        command = [sys.executable, "manage.py", "run_mqtt_bridge", "--client-id", f"bench-{name}"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=self._log)
        self.pid = self._process.pid
        wait_until(lambda: "Connected" in Path(self._log.name).read_text(), 30, what=name)
        time.sleep(0.5)  # until the subscriptions are in place

    def seconds(self, publish: Callable[[], None], count: int) -> float:
        wanted = self.reader.rows() + count
        began = time.monotonic()
        publish()
        wait_until(lambda: self.reader.rows() >= wanted, 120, what=self.name)
        return time.monotonic() - began

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)
        self._log.close()


class Counter(Target):
    """A subscriber that only counts; started for each burst."""

    def __init__(self, name: str, command: list[str], ready: Callable[[subprocess.Popen], None]) -> None:
        self.name, self._command, self._ready = name, command, ready
        self.pid = 0

    def seconds(self, publish: Callable[[], None], count: int) -> float:
        process = subprocess.Popen([*self._command, str(count)], stdout=subprocess.PIPE, text=True)
        self.pid = process.pid
        self._ready(process)
        began = time.monotonic()
        publish()
        self._until_done(process)
        taken = time.monotonic() - began
        process.kill()
        process.wait()
        return taken

    def _until_done(self, process: subprocess.Popen) -> None:
        """Wait for the last message; one that never comes ends the benchmark instead of hanging it."""
        assert process.stdout is not None
        guard = threading.Timer(PATIENCE_S, process.kill)
        guard.start()
        try:
            if not any(line.strip() == "done" for line in process.stdout):
                raise TimeoutError(f"{self.name} did not receive every message")
        finally:
            guard.cancel()


def run() -> Iterator[dict]:
    """Give each figure as metric, value, floor, ratio, unit."""
    subscriber = shutil.which("mosquitto_sub")
    if subscriber is None:
        raise ServiceMissing("mosquitto_sub is not installed (Debian: apt install mosquitto-clients)")
    with ExitStack() as stack:
        port = stack.enter_context(_broker())
        sqlite = databases.database()
        stack.callback(sqlite.drop)
        server = stack.enter_context(cluster(durable=True)).url
        postgres = databases.database(server)
        stack.callback(postgres.drop)
        counters = [_paho(port), _mosquitto_sub(subscriber, port)]
        for name, database in (("sqlite", sqlite), ("postgresql", postgres)):
            _seed(database.url)
            bridge = Bridge(name, database.url, port)
            try:
                yield from _throughput(bridge, counters, port)
                yield from _latency(bridge, port)
            finally:
                bridge.close()


def _throughput(bridge: Bridge, counters: list[Counter], port: int) -> Iterator[dict]:
    bursts = {True: _packets(MESSAGES, TOPIC), False: _packets(MESSAGES, OTHERS_TOPIC)}
    rates: dict[str, list[float]] = {target.name: [] for target in (bridge, *counters)}
    spent = 0.0
    for _round in range(ROUNDS):
        for target in (bridge, *counters):
            before = _cpu(target.pid) if target is bridge else 0.0
            burst = bursts[target is bridge]
            rates[target.name].append(MESSAGES / target.seconds(partial(_publish, port, burst), MESSAGES))
            spent += _cpu(target.pid) - before if target is bridge else 0.0
            time.sleep(0.5)
    own = rates[bridge.name]
    for counter, floor in zip(counters, (FLOOR_PAHO, FLOOR_SUB), strict=True):
        ratio = statistics.median(mine / raw for mine, raw in zip(own, rates[counter.name], strict=True))
        yield {
            "metric": f"P10 ingest {bridge.name} / {counter.name}",
            "value": round(statistics.median(own)),
            "raw": round(statistics.median(rates[counter.name])),
            "unit": "msg/s",
            "ratio": round(ratio, 3),
            "floor": floor,
            "ok": ratio >= floor,
        }
    micro = 1e6 * spent / (ROUNDS * MESSAGES)
    yield {"metric": f"P10 CPU of the bridge, {bridge.name}", "value": round(micro, 1), "unit": "µs/msg"}


def _latency(bridge: Bridge, port: int) -> Iterator[dict]:
    """At a steady rate, how long after a message was published its row can be read."""
    count = int(STEADY_RATE * STEADY_FOR_S)
    sent, seen = [0.0] * count, [0.0] * count
    first = bridge.reader.rows()
    sender = threading.Thread(target=_steady, args=(port, sent))
    sender.start()
    known, deadline = 0, time.monotonic() + STEADY_FOR_S + 30
    while known < count and time.monotonic() < deadline:
        rows, now = bridge.reader.rows() - first, time.monotonic()
        seen[known:rows] = [now] * (rows - known)
        known = max(known, rows)
        time.sleep(0.002)
    sender.join()
    delays = sorted(1000 * (there - gone) for gone, there in zip(sent, seen, strict=True))
    value = delays[int(0.95 * count)]
    metric = f"P10 p95 message to row at {STEADY_RATE}/s, {bridge.name}"
    yield {"metric": metric, "value": round(value, 1), "unit": "ms", "floor": LATENCY_MS, "ok": value <= LATENCY_MS}


# -- publishing: packets made beforehand; the broker upgrades them to QoS 1 --------------------------------------------


def _packets(count: int, topic: str) -> list[bytes]:
    """About 200 bytes each, on the topics of thirty machines."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return [_packet(topic, number, stamp) for number in range(count)]


def _packet(pattern: str, number: int, stamp: str) -> bytes:
    heat = '"temperature_c":{"tool0":209.8,"bed":60.1,"chamber":31.4}'
    payload = f'{{"at":"{stamp}","power_w":{number % 300}.5,"energy_wh":{5000 + number / 10:.1f},{heat},"n":{number}}}'
    topic, body = pattern.format(number % DEVICES).encode(), payload.ljust(200).encode()
    rest = len(topic).to_bytes(2, "big") + topic + body
    return b"\x30" + bytes([rest_low(len(rest)), len(rest) >> 7]) + rest


def rest_low(length: int) -> int:
    """Return the first of the two bytes that tell a length from 128 to 16383."""
    return (length & 0x7F) | 0x80


@contextmanager
def _socket(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port)) as wire:
        name = f"bench-{time.monotonic_ns()}".encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name
        wire.sendall(bytes([0x10, len(body)]) + body)
        wire.recv(4)
        yield wire
        wire.sendall(b"\xe0\x00")


def _publish(port: int, packets: list[bytes]) -> None:
    with _socket(port) as wire:
        for start in range(0, len(packets), 500):
            wire.sendall(b"".join(packets[start : start + 500]))


def _steady(port: int, sent: list[float]) -> None:
    packets, began = _packets(len(sent), TOPIC), time.monotonic()
    with _socket(port) as wire:
        for number, packet in enumerate(packets):
            time.sleep(max(0.0, began + number / STEADY_RATE - time.monotonic()) if number % 10 == 0 else 0.0)
            sent[number] = time.monotonic()
            wire.sendall(packet)


# -- the others --------------------------------------------------------------------------------------------------------


def _paho(port: int) -> Counter:
    return Counter("paho alone", [sys.executable, "-c", PAHO, str(port)], _says_ready)


def _says_ready(process: subprocess.Popen) -> None:
    assert process.stdout is not None
    process.stdout.readline()


def _mosquitto_sub(program: str, port: int) -> Counter:
    script = f'{program} -p {port} -q 1 -t "others/v1/+/telemetry" -C $0 > /dev/null; echo done'
    return Counter("mosquitto_sub", ["sh", "-c", script], lambda _process: time.sleep(0.5))


def _seed(url: str) -> None:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--verbosity", "0", "--command"]
    subprocess.run([*command, SEED.format(count=DEVICES)], cwd=ROOT, env=_environment(url), check=True)


def _environment(url: str) -> dict[str, str]:
    settings = {"DJANGO_SETTINGS_MODULE": "fablab.settings.test", "DATABASE_URL": url, "TEST_DATABASE_URL": url}
    return {**os.environ, **settings}


def _cpu(pid: int) -> float:
    """Return the processor seconds a process has spent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
