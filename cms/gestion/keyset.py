"""Pages of a long list: each starts after the last row of the one before, whatever was added meanwhile."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

Row = TypeVar("Row", bound=Model)


def page_of(rows: QuerySet[Row], order: Sequence[str], cursor: str, size: int) -> tuple[list[Row], str]:
    """Return `size` rows after the cursor and the next cursor, empty at the end; a wrong cursor starts over.

    `order` names plain columns, all in the same direction (a leading `-` on each or on none); the last is unique.
    """
    names = [name.removeprefix("-") for name in order]
    rows = rows.order_by(*order)
    try:
        found = list(rows.filter(_after(order, names, cursor))[: size + 1])
    except (ValueError, TypeError, ValidationError, OverflowError):
        found = list(rows[: size + 1])
    shown = found[:size]
    return shown, _cursor(shown[-1], names) if len(found) > size else ""


def _after(order: Sequence[str], names: list[str], cursor: str) -> Q:
    if not cursor:
        return Q()
    values = json.loads(cursor)
    if not isinstance(values, list) or len(values) != len(names):
        raise ValueError(cursor)
    if any(isinstance(value, str) and _is_naive(value) for value in values):
        raise ValueError(cursor)
    suffix = "__lt" if order[0].startswith("-") else "__gt"
    after, same = Q(), Q()
    for name, value in zip(names, values, strict=True):
        after |= same & Q(**{f"{name}{suffix}": value})
        same &= Q(**{name: value})
    return after


def _is_naive(text: str) -> bool:
    moment = parse_datetime(text)
    return moment is not None and is_naive(moment)


def _cursor(row: Model, names: list[str]) -> str:
    return json.dumps([_plain(getattr(row, name)) for name in names])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
