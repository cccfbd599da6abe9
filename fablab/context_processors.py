"""What every page may name: the lab, and whether it is open. Nothing is read until a template asks."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from place import queries


def lab(_request: HttpRequest) -> dict[str, Any]:
    """Return the lab's settings and the opening of this moment (falsy when closed), both lazy."""
    return {
        "lab": SimpleLazyObject(queries.lab),
        "open_now": SimpleLazyObject(lambda: queries.open_now(timezone.now())),
    }
