"""Hygiene of what comes from the wire: anything unusable is `Rejected` with a reason, never an exception of ours."""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from iot_bridge.readings import Rejected

MAX_BYTES = 64 * 1024
NATIVE_MAX_BYTES = 16 * 1024
MAX_WATTS = 3680.0
"""What a household plug is rated for; more is a measuring error."""
NAME_LENGTH = 200
MILLISECONDS_FROM = 1e11
DECIMAL = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?\s*")


def _refuse_constant(name: str) -> NoReturn:
    raise Rejected(f"{name} is not a number")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode
WHITESPACE = " \t\n\r"


def plain(payload: bytes, limit: int = MAX_BYTES) -> str:
    """Return the payload as text; raises Rejected when it is too large or not UTF-8."""
    if len(payload) > limit:
        raise Rejected(f"larger than {limit} bytes")
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Rejected("not UTF-8") from error


def mapping(payload: bytes, limit: int = MAX_BYTES) -> dict[str, Any]:
    """Return the payload as a JSON object; raises Rejected."""
    text = plain(payload, limit).strip(WHITESPACE)
    try:
        value, end = _decode(text)
    except Rejected:
        raise
    except (ValueError, RecursionError) as error:
        raise Rejected("not JSON") from error
    if end != len(text):
        raise Rejected("not JSON")
    if type(value) is not dict:
        raise Rejected("not a JSON object")
    return value


def number(value: Any, name: str, low: float = -math.inf, high: float = math.inf) -> float | None:
    """Return a finite number within bounds, None when it is missing; raises Rejected for anything else."""
    if value is None:
        return None
    if type(value) is not float and type(value) is not int:
        raise Rejected(f"{name} is not a number")
    try:
        measured = float(value)
    except OverflowError as error:
        raise Rejected(f"{name} is out of range") from error
    if not (low <= measured <= high and math.isfinite(measured)):
        raise Rejected(f"{name} is out of range")
    return measured


def decimal(word: str, name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Return the finite number that a plain text is, within bounds; raises Rejected."""
    if not DECIMAL.fullmatch(word):
        raise Rejected(f"{name} is not a number")
    return number(float(word), name, low, high) or 0.0


def text(value: Any, name: str, *, required: bool = False) -> str:
    """Return printable text cut to what a column holds; a missing one is empty, or Rejected when required."""
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise Rejected(f"{name} is not a text")
    cleaned = value if value.isprintable() else "".join(filter(str.isprintable, value))
    if required and not cleaned:
        raise Rejected(f"{name} is missing")
    return cleaned[:NAME_LENGTH]


def choice(value: str, known: dict[str, bool]) -> bool:
    """Return what a plain word stands for; raises Rejected for an unknown one."""
    if value not in known:
        raise Rejected(f"expected {' or '.join(known)}")
    return known[value]


def epoch(value: Any) -> float | None:
    """Return epoch seconds, None when the value is no plausible number; milliseconds are recognised."""
    if type(value) not in (int, float) or not 0 <= value < 1e14:
        return None
    return value / 1000 if value >= MILLISECONDS_FROM else float(value)


def instant(value: Any, name: str) -> float:
    """Return the moment of an RFC 3339 text with an offset; raises Rejected."""
    if not isinstance(value, str):
        raise Rejected(f"{name} is not a time")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise Rejected(f"{name} has no offset")
        return moment.timestamp()
    except Rejected:
        raise
    except (ValueError, OverflowError) as error:
        raise Rejected(f"{name} is not a time") from error


def wall_clock(value: Any, zone: ZoneInfo) -> float | None:
    """Return the moment of a device's local time; None when it is unreadable, skipped or ambiguous (summer time)."""
    if not isinstance(value, str):
        return epoch(value)
    try:
        moment = datetime.fromisoformat(value)
        return moment.timestamp() if moment.tzinfo else _unambiguous(moment, zone)
    except (ValueError, OverflowError):
        return None


def _unambiguous(moment: datetime, zone: ZoneInfo) -> float | None:
    offset = moment.replace(tzinfo=zone).utcoffset() or timedelta()
    if moment.replace(tzinfo=zone, fold=1).utcoffset() != offset:
        return None
    return (moment - offset).replace(tzinfo=UTC).timestamp()
