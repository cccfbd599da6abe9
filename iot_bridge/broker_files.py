"""What Mosquitto reads: its settings, who may sign in, and which topics each account may use. Text only, no Django."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

BRIDGE = "bridge"
"""The bridge's own account."""
CONFIG, PASSWORDS, TOPICS = "mosquitto.conf", "passwords", "topics"
ITERATIONS, SALT_BYTES, PASSWORD_LENGTH = 5000, 12, 24
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without l, o, I, O, 0 and 1: a password is typed into the page of a plug."""
NAME_LENGTH = 50

SETTINGS = """\
# Written by `manage.py broker_files`: changes made here are lost at the next run.
{listeners}
allow_anonymous false
password_file {folder}/{passwords}
acl_file {folder}/{topics}

persistence true
persistence_location {data}/
autosave_interval 10
max_queued_messages 100000
max_queued_bytes 104857600
max_inflight_messages 20
upgrade_outgoing_qos true
message_size_limit 1048576
persistent_client_expiration 14d
"""
"""Why each value: docs/mqtt.md."""
BRIDGE_TOPICS = (
    "topic read #",
    "topic write fablab/bridge/#",
    "topic write fablab/v1/+/access",
    "topic write fablab/v1/+/set",
    "topic write cmnd/+/POWER",
    "topic write device/#",  # what the relay brings from printers that are their own broker
)


@dataclass(frozen=True, slots=True)
class Door:
    """Where Mosquitto listens; with a certificate and its key it speaks TLS."""

    port: int
    host: str = ""
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One account: its name, the hash of its password, the topics it may write and read."""

    name: str
    hash: str
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


def new_password() -> str:
    """Return a password that nobody can guess and a person can type."""
    return "".join(secrets.choice(LETTERS) for _position in range(PASSWORD_LENGTH))


def hashed(password: str, salt: bytes | None = None) -> str:
    """Return a password as Mosquitto 2 keeps it: `$7$` (PBKDF2-SHA512), iterations, salt, digest."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def account_name(base: str, kind: str, taken: Iterable[str]) -> str:
    """Return the sign-in name of a device: its own name in letters that every firmware takes, made unique."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", base)[:NAME_LENGTH].strip("-") or kind
    used = {BRIDGE, *taken}
    numbered = (f"{kind}-{plain[:30]}-{number}" for number in range(2, 2 + len(used)))
    return next(name for name in (plain, f"{kind}-{plain}"[:NAME_LENGTH], *numbered) if name not in used)


def settings(doors: Iterable[Door], folder: Path, data: Path) -> str:
    """Return Mosquitto's own configuration."""
    listeners = "\n".join(_listener(door) for door in doors)
    return SETTINGS.format(listeners=listeners, folder=folder, data=data, passwords=PASSWORDS, topics=TOPICS)


def _listener(door: Door) -> str:
    """One account is one client: the name at the door is the client's name, so that nobody takes another's place."""
    lines = [f"listener {door.port} {door.host}".rstrip(), "use_username_as_clientid true"]
    files = {"certfile": door.certificate, "keyfile": door.key, "cafile": door.authority}
    lines += [f"{name} {path}" for name, path in files.items() if path is not None]
    return "\n".join(lines)


def password_lines(accounts: Iterable[Account]) -> str:
    """Return the password file."""
    return "".join(f"{account.name}:{account.hash}\n" for account in accounts)


def topic_lines(accounts: Iterable[Account]) -> str:
    """Return the ACL: the bridge reads all and answers machines; a device writes and reads what is its own."""
    return "\n".join(_rights(account) for account in accounts)


def _rights(account: Account) -> str:
    own = [("write", topic) for topic in account.writes] + [("read", topic) for topic in account.reads]
    lines = [f"topic {right} {topic}" for right, topic in own if topic.isprintable()]  # a line break would be a line
    return "\n".join([f"user {account.name}", *(BRIDGE_TOPICS if account.name == BRIDGE else lines), ""])
