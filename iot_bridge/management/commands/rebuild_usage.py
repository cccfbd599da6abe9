"""Recompute the sessions of a period from the raw log; show that they are equal, or how they differ."""

import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from iot_bridge import queries
from iot_bridge.rebuilding import Comparison, Told, rebuild
from place.clock import at

NAMES = ("started_at", "ended_at", "outcome", "paused_seconds", "estimated", "energy_wh")


class Command(BaseCommand):
    help = "Recompute the sessions that began in a period from the raw messages: exit 0 when equal, 1 when not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        week_ago = timezone.localdate() - timedelta(days=7)
        parser.add_argument("--from", dest="first", type=date.fromisoformat, default=week_ago, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--to", dest="last", type=date.fromisoformat, default=timezone.localdate(), metavar="YYYY-MM-DD",
            help="the last day, included",
        )  # fmt: skip
        parser.add_argument("--machine", default="", metavar="SLUG", help="one machine only")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, first: date, last: date, machine: str, json: bool, **_options: Any) -> None:
        if last < first:
            raise CommandError("The period ends before it begins.", returncode=2)
        devices = [device for device, _row in queries.listeners() if not machine or device.machine == machine]
        if not devices:
            raise CommandError(f"No device reports for {machine or 'any machine'}.", returncode=2)
        found = rebuild(devices, at(first, time.min), at(last + timedelta(days=1), time.min))
        self._print(found, as_json=json)
        if found.differing:
            raise CommandError(f"{len(found.differing)} sessions differ.", returncode=1)

    def _print(self, found: Comparison, *, as_json: bool) -> None:
        if as_json:
            lines = [_as_json(*one) for one in found.differing]
            self.stdout.write(json.dumps({"equal": found.equal, "differing": lines}, ensure_ascii=False, indent=2))
            return
        for source, key, kept, rebuilt in found.differing:
            self.stdout.write(f"{source} {key}\n  kept     {_text(kept)}\n  rebuilt  {_text(rebuilt)}")
        self.stdout.write(f"{found.equal} sessions are equal.")


def _as_json(source: str, key: str, kept: Told | None, rebuilt: Told | None) -> dict[str, Any]:
    return {"source": source, "key": key, "kept": _named(kept), "rebuilt": _named(rebuilt)}


def _named(told: Told | None) -> dict[str, Any] | None:
    return None if told is None else dict(zip(NAMES, (*map(_moment, told[:2]), *told[2:]), strict=True))


def _text(told: Told | None) -> str:
    if told is None:
        return "nothing"
    started, ended = map(_moment, told[:2])
    energy = "" if told[5] is None else f", {told[5]:.1f} Wh"
    return f"{started} to {ended or '(open)'}, {told[2] or 'open'}, paused {told[3]} s{energy}"


def _moment(seconds: float | str | bool | None) -> str | None:
    if not isinstance(seconds, float):
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
