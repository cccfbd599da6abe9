"""Write what Mosquitto needs to let exactly our devices in, each with its own topics."""

import os
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from iot_bridge import accounts
from iot_bridge.broker_files import BRIDGE, Door
from iot_bridge.models import BrokerAccount

TLS_PORT, PLAIN_PORT = 8883, 1883


class Command(BaseCommand):
    help = "Write Mosquitto's settings, passwords and topic rights into a folder, from the devices of the back office."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--tls", nargs=2, type=Path, metavar=("CERTIFICATE", "KEY"), help="listen with TLS")
        parser.add_argument("--tls-ca", type=Path, metavar="FILE", help="certificate of the authority, if needed")
        parser.add_argument("--tls-port", type=int, default=TLS_PORT)
        parser.add_argument("--plain-port", type=int, help=f"without TLS too ({PLAIN_PORT} if no --tls)")
        parser.add_argument("--plain-host", default="", help="address for that; keep it to the machines' own network")
        parser.add_argument("--data", type=Path, default=Path("/var/lib/mosquitto"), help="where it keeps its messages")
        parser.add_argument("--reload", type=Path, metavar="PID_FILE", help="make the running broker read the files")
        parser.add_argument("--new-password", action="append", default=[], metavar="NAME", help="of one account")
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")

    def handle(self, *, folder: Path, check: bool, new_password: list[str], **options: Any) -> None:
        place = (doors(options), folder.resolve(), options["data"])
        try:
            if check:
                self._check(accounts.differing(accounts.contents(*place)))
                return
            given = _written(place, new_password)
        except OSError as error:
            raise CommandError(f"{error.filename or folder}: {error.strerror}.") from error
        self._show(given, place[1])
        if options["reload"]:
            reload_broker(options["reload"])
            self.stdout.write("Mosquitto has been told to read them.")

    def _check(self, differing: list[Path]) -> None:
        missing = [f"no password yet: {device}" for device in accounts.without_account()]
        found = [f"out of date: {path}" for path in differing] + missing
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write("Up to date.")

    def _show(self, given: list[tuple[str, str]], folder: Path) -> None:
        """Passwords are printed here and nowhere else."""
        self.stdout.write(f"Written: {folder}")
        if given:
            self.stdout.write("These passwords are shown once; type them into the devices now:")
        for name, password in given:
            self.stdout.write(f"  {name}  {password}{'  (MQTT_URL of the bridge)' if name == BRIDGE else ''}")


def doors(options: dict[str, Any]) -> list[Door]:
    """Return where to listen: with TLS, without, or both."""
    found = []
    if options["tls"]:
        certificate, key = options["tls"]
        found.append(Door(options["tls_port"], "", certificate, key, options["tls_ca"]))
    if options["plain_port"] or not found:
        found.append(Door(options["plain_port"] or PLAIN_PORT, options["plain_host"]))
    return found


@transaction.atomic
def _written(place: tuple[list[Door], Path, Path], renewed: list[str]) -> list[tuple[str, str]]:
    """Write the files; a password whose file cannot be written is not kept either. Raises OSError."""
    given = accounts.give_missing_passwords() + [_renewed(name) for name in renewed]
    accounts.write(accounts.contents(*place))
    return given


def _renewed(name: str) -> tuple[str, str]:
    account = BrokerAccount.objects.filter(name=name).select_related("device").first()
    if account is None:
        raise CommandError(f"No account has the name {name!r}.")
    if account.device is None:
        return accounts.renew_bridge_password()
    return accounts.renew_password(actor=None, device=account.device)


def reload_broker(pid_file: Path) -> None:
    """Make Mosquitto read its files again; its clients stay connected. Raises CommandError."""
    try:
        number = int(pid_file.read_text(encoding="ascii"))
        if not is_mosquitto(number):
            raise ProcessLookupError
        os.kill(number, signal.SIGHUP)
    except (OSError, ValueError) as error:
        raise CommandError(f"{pid_file}: names no Mosquitto that runs and that we may speak to.") from error


def is_mosquitto(number: int) -> bool:
    """Tell whether a process is Mosquitto: the number in an old file may be somebody else's by now."""
    name = Path("/proc", str(number), "comm")
    return number > 1 and (not Path("/proc/self").exists() or name.read_text(encoding="utf-8").strip() == "mosquitto")
