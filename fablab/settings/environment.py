"""Read the environment variables of docs/contract.md §2; a wrong value is one sentence naming the variable."""

import contextlib
import os
import secrets
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;",
}


class SettingError(ImproperlyConfigured):
    """A variable of the environment is missing or malformed; the text names it."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise SettingError(f"{name}: {value!r} is neither true nor false (use 1 or 0).")


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdecimal():
        raise SettingError(f"{name}: {value!r} is not a whole number.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise SettingError(f"{name}: {value!r} is not a known time zone (example: Europe/Paris).") from error
    return value


def language(name: str, default: str, known: list[str]) -> str:
    value = text(name, default)
    if value not in known:
        raise SettingError(f"{name}: {value!r} is not one of {', '.join(known)}.")
    return value


def site_url(name: str, default: str) -> str:
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingError(f"{name}: {value!r} is not a web address (example: https://lab.example.org).")
    return value


def broker_url(name: str) -> str:
    """Return the broker's address, or an empty text for a local or embedded broker."""
    value = text(name)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"mqtt", "mqtts"} and parts.hostname and (parts.port or True)
    except ValueError:
        usable = False
    if not usable:
        raise SettingError(f"{name}: {_hidden(value)!r} is not a broker address (example: mqtt://user:pass@host:1883).")
    return value


def readable_file(name: str) -> str:
    """Return the path of a file that is there, or an empty text."""
    value = text(name)
    if value and not Path(value).is_file():
        raise SettingError(f"{name}: {value!r} is not a file.")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    config = _parsed(name, default, environ.Env.db_url_config, "sqlite:///var/fablab.sqlite3")
    engine = config.get("ENGINE", "")
    if engine.endswith("sqlite3"):
        return _sqlite(name, config)
    if engine.endswith(("postgresql", "psycopg2")):
        return _postgresql(name, config)
    raise SettingError(f"{name}: only sqlite:// and postgres:// are supported.")


def _sqlite(name: str, config: dict[str, Any]) -> dict[str, Any]:
    if not config.get("NAME"):
        raise SettingError(f"{name}: the path of the SQLite file is missing.")
    if config["NAME"] == ":memory:":
        raise SettingError(f"{name}: a database in memory cannot be shared by the site and the bridge; name a file.")
    path = Path(config["NAME"])
    path = path if path.is_absolute() else ROOT / path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"{name}: the folder {path.parent} cannot be made ({error.strerror}).") from error
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": dict(SQLITE_OPTIONS)}


def _postgresql(name: str, config: dict[str, Any]) -> dict[str, Any]:
    if not config.get("NAME"):
        raise SettingError(f"{name}: the name of the database is missing.")
    return {
        **config,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **config.get("OPTIONS", {})},
    }


def email(name: str, default: str) -> dict[str, Any]:
    return _parsed(name, default, environ.Env.email_url_config, "smtp://user:pass@host:587")


def cache(name: str, default: str) -> dict[str, Any]:
    return _parsed(name, default, environ.Env.cache_url_config, "rediscache://host:6379/0")


def _parsed(name: str, default: str, parse: Callable[..., dict[str, Any]], example: str) -> dict[str, Any]:
    value = text(name, default)
    try:
        with warnings.catch_warnings(action="ignore"):  # they show the value, its password included
            return parse(value)
    except (ValueError, KeyError, ImproperlyConfigured, AttributeError, TypeError) as error:
        raise SettingError(f"{name}: {_hidden(value)!r} is not understood (example: {example}).") from error


def _hidden(value: str) -> str:
    """Return an address without its password, fit for a terminal or a log."""
    head, at, tail = value.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else value


def kept_secret_key(folder: Path) -> str:
    """Return the development key, made once and shared by every command of this checkout."""
    path = folder / "secret_key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, content: str) -> None:
    """Write a file whole or not at all; of two writers the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(content, encoding="ascii")
    draft.chmod(0o600)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
