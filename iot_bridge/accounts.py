"""The only writer of the broker's accounts; the files it makes of them for Mosquitto."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction

from iot_bridge import broker_files
from iot_bridge.adapters import ADAPTERS
from iot_bridge.broker_files import Account, Door
from iot_bridge.models import BrokerAccount, Device
from members.models import User
from members.services import record

PRIVATE = 0o600
TOLD = ("access", "set")


@transaction.atomic
def renew_password(*, actor: User | None, device: Device) -> tuple[str, str]:
    """Give a device a new password at the broker; return its sign-in name and the password, which is kept nowhere."""
    Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    account = BrokerAccount.objects.filter(device=device).first() or BrokerAccount(device=device, name=_name(device))
    password = _given(account)
    record(actor=actor, action="device.password", subject=f"device:{device.pk}", detail={"account": account.name})
    return account.name, password


@transaction.atomic
def renew_bridge_password() -> tuple[str, str]:
    """Give the bridge itself a new password; return its sign-in name and the password."""
    account = BrokerAccount.objects.filter(name=broker_files.BRIDGE).first()
    account = account or BrokerAccount(name=broker_files.BRIDGE)
    return account.name, _given(account)


def _given(account: BrokerAccount) -> str:
    password = broker_files.new_password()
    account.password = broker_files.hashed(password)
    account.save(force_insert=account._state.adding)  # never over the account of another device
    return password


def _name(device: Device) -> str:
    taken = BrokerAccount.objects.values_list("name", flat=True)
    return broker_files.account_name(device.base, device.kind, taken)


def without_account() -> list[Device]:
    """Return the devices that are listened to and cannot sign in yet."""
    return list(Device.objects.filter(active=True, account=None).order_by("id"))


@transaction.atomic
def give_missing_passwords() -> list[tuple[str, str]]:
    """Give an account to every device that has none, and to the bridge; return the names and passwords."""
    given = [renew_password(actor=None, device=device) for device in without_account()]
    if not BrokerAccount.objects.filter(name=broker_files.BRIDGE).exists():
        given.insert(0, renew_bridge_password())
    return given


def accounts() -> list[Account]:
    """Return who may sign in, the bridge first; a device that is not listened to may not."""
    rows = BrokerAccount.objects.select_related("device__machine").order_by("name")
    bridge = [Account(row.name, row.password) for row in rows if row.device is None]
    return bridge + [_account(row, row.device) for row in rows if row.device is not None and row.device.active]


def _account(row: BrokerAccount, device: Device) -> Account:
    """A device writes what its adapter reads, and reads what its machine is told."""
    adapter = ADAPTERS.get(device.kind)
    writes = adapter.filters(device.base) if adapter else ()
    box = device.base if device.kind == "native" else device.machine.slug
    told = [f"fablab/v1/{box}/{leaf}" for leaf in TOLD]
    if adapter and adapter.switch:
        told.append(adapter.switch(device.base, on=True)[0])
    return Account(row.name, row.password, writes, tuple(dict.fromkeys(told)))


def contents(doors: Iterable[Door], folder: Path, data: Path) -> dict[Path, str]:
    """Return what each of the broker's files should hold."""
    known = accounts()
    return {
        folder / broker_files.CONFIG: broker_files.settings(doors, folder, data),
        folder / broker_files.PASSWORDS: broker_files.password_lines(known),
        folder / broker_files.TOPICS: broker_files.topic_lines(known),
    }


def differing(wanted: dict[Path, str]) -> list[Path]:
    """Return the files that do not hold what they should. Raises OSError."""
    return [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def write(wanted: dict[Path, str]) -> None:
    """Write each file whole or not at all, for its owner alone: whoever owns the folder. Raises OSError."""
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text)


def _replace(path: Path, text: str) -> None:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    draft = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), PRIVATE)
            _hand_over(file.fileno(), path.parent)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _hand_over(number: int, folder: Path) -> None:
    """Written by root into a folder of Mosquitto's user, a file must be readable when Mosquitto reads it again."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(number, owner.st_uid, owner.st_gid)
