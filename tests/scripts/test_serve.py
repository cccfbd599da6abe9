"""`make demo` seen from outside: addresses, signals, ports."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.services import ROOT, free_port, wait_until


class Demo:
    """One run of the demonstration on a database and ports of its own."""

    def __init__(self, folder, **variables: str) -> None:
        self.output = folder / "output.txt"
        kept = {key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE", "DEBUG"}}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scripts.serve", "demo"], cwd=ROOT, env={**kept, **variables},
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def text(self) -> str:
        return self.output.read_text()


@pytest.fixture
def demo(tmp_path, committed_db):
    runs = []

    def start(**variables: str) -> Demo:
        runs.append(Demo(tmp_path, DATABASE_URL=committed_db.url, **variables))
        return runs[-1]

    yield start
    for run in runs:
        run.process.terminate()
        run.process.wait(timeout=20)


@pytest.mark.sqlite
@pytest.mark.mqtt
def test_demonstration_serves_its_pages_and_ends_cleanly(demo, broker):
    port = free_port()
    run = demo(PORT=str(port), MQTT_URL=broker.url)
    wait_until(lambda: "Stop: Ctrl-C" in run.text() or run.process.poll() is not None, 120, "the demonstration")
    assert f"CAN Lab is open:   http://localhost:{port}" in run.text()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/machines/imprimante-3/", timeout=20) as page:
        assert page.status == 200
    started = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(timeout=15) == 0
    assert time.monotonic() - started < 5
    assert "Traceback" not in run.text()


@pytest.mark.sqlite
@pytest.mark.parametrize("variable", ["PORT", "MQTT_PORT"])
def test_taken_port_is_one_line_and_exit_one(demo, variable):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        run = demo(**{variable: str(port)})
        assert run.process.wait(timeout=20) == 1
    assert run.text() == f"{variable}: port {port} cannot be used, it is taken.\n"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEBUG", "maybe"),
        ("MQTT_URL", "mqtt://user:secret@host:99999"),
        ("TIME_ZONE", "Mars"),
        ("SITE_URL", "foo"),
        ("DJANGO_SETTINGS_MODULE", "fablab.settings.production"),
    ],
)
def test_wrong_setting_is_one_line_that_names_it_and_exit_one(demo, variable, value):
    """Also at a second start, when no management command runs before the web server."""
    run = demo(**{variable: value})
    assert run.process.wait(timeout=20) == 1
    named = {"DJANGO_SETTINGS_MODULE": "SECRET_KEY"}.get(variable, variable)
    assert run.text().startswith(f"{named}: ")
    assert len(run.text().splitlines()) == 1
    assert "secret" not in run.text()
