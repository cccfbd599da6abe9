"""Replay captured messages through the code of the live bridge and print the usage sessions they give."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from iot_bridge import keeping, queries, replay
from iot_bridge.adapters import ADAPTERS
from iot_bridge.memory import MemoryStore
from iot_bridge.messages import Message
from iot_bridge.pipeline import Listener, Pipeline, Status
from iot_bridge.readings import Rejected
from iot_bridge.reporting import Report
from iot_bridge.rules import PowerRule, Role, Rules
from machines.models import Machine


class Refused(CommandError):
    """Asked in a way that cannot be done: one line, exit 2."""

    def __init__(self, text: str) -> None:
        super().__init__(text, returncode=2)


class Command(BaseCommand):
    help = "Replay captured MQTT messages (one JSON object a line) and print the usage sessions they give."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--device",
            action="append",
            default=[],
            metavar="KIND:BASE:MACHINE",
            help=f"what reports for a machine, instead of the stored devices; KIND: {', '.join(ADAPTERS)}",
        )
        parser.add_argument("--commit", action="store_true", help="store the sessions and the messages")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file: Path, device: list[str], commit: bool, json: bool, **_options: Any) -> None:
        specs = [_spec(text) for text in device]
        messages, bad = self._read(file)
        try:
            devices = _given(specs) if specs else [found for found, _row in queries.listeners()]
            report = _replayed(devices, messages, commit=commit)
        except DatabaseError as error:
            raise Refused(f"The database is not ready ({_first_line(error)}); run: manage.py migrate") from error
        report.rejected += bad
        self._print(report, as_json=json)

    def _read(self, file: Path) -> tuple[list[Message], int]:
        messages, bad = [], 0
        try:
            with file.open("rb") as lines:
                for number, found in replay.read_lines(lines):
                    if isinstance(found, Rejected):
                        bad += 1
                        self.stderr.write(f"line {number}: {found}")
                    else:
                        messages.append(found)
        except OSError as error:
            raise Refused(f"{file}: cannot be read ({error.strerror}).") from error
        return messages, bad

    def _print(self, report: Report, *, as_json: bool) -> None:
        text = json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else report.as_table()
        self.stdout.write(text)


def _spec(text: str) -> tuple[str, str, str]:
    kind, _colon, rest = text.partition(":")
    base, _colon, machine = rest.rpartition(":")
    if kind not in ADAPTERS:
        raise Refused(f"{text!r}: the kind {kind!r} is not built; kinds: {', '.join(ADAPTERS)}.")
    if not base or not machine or any(sign in base for sign in "+#"):
        raise Refused(f"{text!r}: expected KIND:BASE:MACHINE (example: octoprint:octoPrint:imprimante-1).")
    return kind, base.strip("/"), machine


def _given(specs: list[tuple[str, str, str]]) -> list[Listener]:
    """Return the devices named on the command line; a stored one of the same name gives its identity."""
    machines = {machine.slug: machine for machine in Machine.objects.all()}
    for _kind, _base, slug in specs:
        if slug not in machines:
            known = ", ".join(sorted(machines)) or "none yet"
            raise Refused(f"The machine {slug!r} is not known; known machines: {known}.")
    telling = {slug for kind, _base, slug in specs if ADAPTERS[kind].role == Role.JOB}
    stored = {(found.source, found.machine): found.id for found, _row in queries.listeners()}
    return [
        _listener(-number, kind, base, machines[slug], stored, companion=slug in telling)
        for number, (kind, base, slug) in enumerate(specs, 1)
    ]


def _listener(
    number: int, kind: str, base: str, machine: Machine, stored: dict[tuple[str, str], int], *, companion: bool
) -> Listener:
    adapter = ADAPTERS[kind]
    measures = adapter.role == Role.POWER
    power = (queries.stored_power_rule(machine) or PowerRule()) if measures else None
    rules = Rules(adapter.limits, power, companion=measures and companion)
    identity = stored.get((f"{kind}:{base}", machine.slug), number)
    zone = ZoneInfo(settings.TIME_ZONE)
    return Listener(identity, machine.pk, machine.slug, base, adapter, rules, zone, adapter.filters(base))


def _replayed(devices: list[Listener], messages: list[Message], *, commit: bool) -> Report:
    going_on = commit and messages
    store = keeping.store_going_on(devices, messages[0].received_at) if going_on else MemoryStore()
    pipeline = Pipeline(devices, store)
    replay.play(messages, pipeline)
    if commit:
        keeping.keep(store, devices)
    rejected = sum(status is Status.REJECTED for _device, _message, status, _reason in store.rows)
    return Report(list(store.uses.values()), store.anomalies, rejected)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
