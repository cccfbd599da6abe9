"""Real services for tests, benchmarks and drills: databases, a broker, a browser."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "var" / "test"


class ServiceMissing(RuntimeError):
    """A program that a test needs is not installed; the text says what to install."""


def program(name: str, *folders: str, install: str) -> str:
    """Return the path of a program looked for on PATH, then in the folders; raise ServiceMissing."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise ServiceMissing(f"{name} is not installed (Debian: apt install {install})")
    return found


def free_port() -> int:
    """Return a loopback TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    """Tell whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], seconds: float = 20.0, what: str = "the service") -> None:
    """Poll until `ready()`; raise TimeoutError naming what was waited for."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not ready after {seconds:g} s")
        time.sleep(0.02)
