"""`make demo` and `make run`: database, broker, web, bridge and timed tasks as one foreground process group.

    python -m scripts.serve demo|run

Imports no Django: it stays light beside what it starts.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from scripts import ports
from scripts.fingerprint import ROOT, fingerprint
from scripts.supervisor import CannotStart, Program, Stopped, Supervisor

VAR = ROOT / "var"
MANAGE = [sys.executable, str(ROOT / "manage.py")]
STALE_DAYS = 14
WEB_TIMEOUT_S, BROKER_TIMEOUT_S = 60.0, 15.0
TIMED_TASKS_EVERY_S = 60.0
RELAY_EVERY_S = 300.0
STAGGER_S = 4.0  # between the starts of what nobody waits for, so that the first visitor has the processor
WEB = [
    sys.executable, "-m", "granian", "--interface", "wsgi", "--host", ports.HOST, "--workers", "1",
    "--blocking-threads", "4", "--log-level", "warning", "--workers-kill-timeout", "2", "--no-ws",
    "fablab.wsgi:application",
]  # fmt: skip
WELCOME = """
CAN Lab is open:   {url}

Sign in (password: demo)
  ines, karim        young members      lea, sam, nora    adults (nora is ines's mother)
  yanis              peer mediator      facilitator, fabmanager, director, editor, admin   the team
  accueil            the front desk

Try
  1. as ines, book imprimante-3: {url}/machines/imprimante-3/reserver/
  2. the wall board, alive with the simulated machines: {url}/tableau/
  3. as accueil, the front desk, somebody new: {url}/accueil/
  4. as nora, what her daughter may do, and may not: {url}/compte/
  5. as fabmanager, the back office: {url}/gestion/

MQTT broker: {broker}
Database: {database}
Stop: Ctrl-C
"""
RUNNING = """
The site is open: {url}   back office: {url}/gestion/
MQTT broker: {broker}
Database: {database}
Stop: Ctrl-C
"""


def say(text: str) -> None:
    print(text, flush=True)


class Store:
    """The database of one supervisor, and a note beside it of what was prepared in it."""

    def __init__(self, mode: str, port: int) -> None:
        self.lock: IO | None = None
        self.given = os.environ.get("DATABASE_URL", "").strip()
        self.path = VAR / "none" if self.given else self._own_file(mode, port)
        self.note = self.path.with_suffix(".json")
        self.facts: dict[str, str] = {}
        if self.path.exists() and self.note.exists():
            self.facts = json.loads(self.note.read_text())

    def _own_file(self, mode: str, port: int) -> Path:
        """Return the usual file; a demonstration beside another one gets a file named after its port."""
        names = ["demo", f"demo-{port}"] if mode == "demo" else ["fablab"]
        for name in names:
            if self._locked(VAR / f"{name}.lock"):
                return VAR / f"{name}.sqlite3"
        raise CannotStart(f"var/{names[-1]}.sqlite3 is in use by another run of this command.")

    def _locked(self, path: Path) -> bool:
        self.lock = path.open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @property
    def url(self) -> str:
        return self.given or f"sqlite:///{self.path}"

    @property
    def label(self) -> str:
        return "as DATABASE_URL says" if self.given else os.path.relpath(self.path, ROOT)

    def remember(self, **facts: str) -> None:
        """Note what was done in a database of our own; one that was given is looked at each time."""
        self.facts |= facts
        if not self.given:
            self.note.write_text(json.dumps(self.facts))


def check_settings() -> None:
    """Look at the variables before anything starts; raise CannotStart naming the one that is wrong."""
    found = subprocess.run([sys.executable, "-m", "fablab.settings"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise CannotStart(found.stderr.strip() or "The settings cannot be read.")


def prepare(mode: str, store: Store, supervisor: Supervisor) -> None:
    """Migrate when the migrations changed; fill a demonstration, or ask for the first administrator."""
    if store.facts.get("migrated") != fingerprint():
        say("Preparing the database …")
        _must(supervisor, "migrate", "--verbosity", "0", "--skip-checks")
        store.remember(migrated=fingerprint())
    if mode == "demo":
        _fill(store, supervisor)
    elif "administrator" not in store.facts:
        _must(supervisor, "first_start", interactive=True)
        store.remember(administrator="yes")


def _fill(store: Store, supervisor: Supervisor) -> None:
    today = date.today()  # noqa: DTZ011 -- the day on this machine
    if "loaded" not in store.facts:
        say("Loading the demonstration …")
        _must(supervisor, "load_demo", "--verbosity", "0")
        store.remember(loaded=today.isoformat())
    elif (today - date.fromisoformat(store.facts["loaded"])).days > STALE_DAYS:
        say(f"The demonstration is of {store.facts['loaded']}: remove {store.label} to have it around today again.")


def _must(supervisor: Supervisor, command: str, *options: str, interactive: bool = False) -> None:
    if supervisor.run_once([*MANAGE, command, *options], interactive=interactive):
        raise CannotStart(f"`manage.py {command}` failed; the reason stands above.")


def answers(url: str) -> bool:
    """Tell whether the site serves a page, right or wrong."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 -- our own address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=3):
            return True
    except OSError:
        return False


def start_broker(supervisor: Supervisor, program: Program, port: int) -> None:
    """Start our own broker; without one the site runs all the same."""
    supervisor.add(program)
    try:
        supervisor.wait_for(program, lambda: listens(ports.HOST, port), BROKER_TIMEOUT_S)
    except CannotStart as problem:
        say(f"No MQTT broker: {problem} The site runs; machines stay offline.")
        return
    say(program.first_line())


def look_for_given_broker(url: str) -> None:
    parts = urlsplit(url)
    port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    if not listens(parts.hostname or "", port):
        say(f"MQTT_URL: no broker answers at {parts.hostname}:{port}. The site runs; machines stay offline till then.")


class Plan:
    """What runs: names, commands, addresses."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.given_broker = os.environ.get("MQTT_URL", "").strip()
        self.port = ports.chosen(os.environ, "PORT", 8000)
        self.mqtt_port = 0 if self.given_broker else ports.chosen(os.environ, "MQTT_PORT", 1883, taken=self.port)
        self.url = f"http://localhost:{self.port}"
        self.loopback = f"http://{ports.HOST}:{self.port}"
        self.logs = VAR / "log" / f"{mode}-{self.port}"
        self.logs.mkdir(parents=True, exist_ok=True)
        for old in self.logs.glob("*.log"):
            old.unlink()

    @property
    def broker(self) -> str:
        return self.given_broker or f"mqtt://{ports.HOST}:{self.mqtt_port}"

    def environment(self, store: Store) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        own = {"DATABASE_URL": store.url, "MQTT_URL": self.broker, "PYTHONUNBUFFERED": "1"}
        return {"SITE_URL": self.url, **kept, **own}

    def program(self, name: str, command: list[str], *, vital: bool = False, every: float = 0.0) -> Program:
        return Program(name, command, log=self.logs / f"{name}.log", vital=vital, every=every)

    def web(self) -> Program:
        return self.program("web", [*WEB, "--port", str(self.port)], vital=True)

    def own_broker(self) -> Program:
        data = VAR / "broker" / str(self.mqtt_port)
        command = [sys.executable, "-m", "iot_bridge.embedded", "--port", str(self.mqtt_port), "--data", str(data)]
        return self.program("broker", command)

    def others(self) -> list[Program]:
        programs = [self.program("bridge", [*MANAGE, "run_mqtt_bridge"])]
        if self.mode == "demo":
            programs.append(self.program("simulator", [*MANAGE, "simulate_machines"]))
        else:  # ends at once when there is no such printer
            programs.append(self.program("relay", [*MANAGE, "relay_bambu"], every=RELAY_EVERY_S))
        programs.append(self.program("timed-tasks", [*MANAGE, "run_timed_tasks"], every=TIMED_TASKS_EVERY_S))
        return programs


def serve(mode: str, supervisor: Supervisor) -> None:
    """Run everything until somebody asks for the end; raise Stopped, CannotStart or PortError."""
    check_settings()
    plan = Plan(mode)
    store = Store(mode, plan.port)
    supervisor.environment = plan.environment(store)
    try:
        prepare(mode, store, supervisor)
        web = plan.web()
        supervisor.add(web)
        if plan.given_broker:
            look_for_given_broker(plan.given_broker)
        else:
            start_broker(supervisor, plan.own_broker(), plan.mqtt_port)
        supervisor.wait_for(web, lambda: answers(f"{plan.loopback}/healthz"), WEB_TIMEOUT_S)
        answers(f"{plan.loopback}/")  # the first page of a process is slow: let nobody wait for it
        text = WELCOME if mode == "demo" else RUNNING
        say(text.format(url=plan.url, broker=_shown(plan.broker), database=store.label))
        for place, program in enumerate(plan.others()):
            supervisor.add(program, after=1 + STAGGER_S * place)
        supervisor.keep_running()
    finally:
        supervisor.end()


def _shown(url: str) -> str:
    """Return an address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def main(mode: str) -> int:
    supervisor = Supervisor(say)
    os.chdir(ROOT)
    VAR.mkdir(exist_ok=True)
    try:
        serve(mode, supervisor)
    except Stopped:
        return 0
    except (CannotStart, ports.PortError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
