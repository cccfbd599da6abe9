"""Call the functions that higher rooms have named in settings, in the same transaction."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@cache
def _load(paths: tuple[str, ...]) -> tuple[Callable[..., Any], ...]:
    return tuple(import_string(path) for path in paths)


def call(setting: str, *args: Any) -> None:
    """Call every handler of a setting (USAGE_HANDLERS, OUTAGE_HANDLERS) with the arguments, in order."""
    for handler in _load(tuple(getattr(settings, setting))):
        handler(*args)


def ask(setting: str, *args: Any) -> list[Any]:
    """Return what every function of a setting (MACHINE_ACCESS_RULES) answers to the arguments, in order."""
    return [rule(*args) for rule in _load(tuple(getattr(settings, setting)))]
