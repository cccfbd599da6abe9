"""Check at start that every dotted path by which a lower room reaches a higher one exists."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

HANDLER_LISTS = (
    "MACHINE_ACCESS_RULES",
    "USAGE_HANDLERS",
    "OUTAGE_HANDLERS",
    "TIES_HANDLERS",
    "CONSENT_WITHDRAWN_HANDLERS",
)


@register
def handlers_exist(app_configs: Any, **_kwargs: Any) -> list[CheckMessage]:
    return [error for name in HANDLER_LISTS for path in getattr(settings, name) if (error := _problem(name, path))]


def _problem(name: str, path: str) -> CheckMessage | None:
    try:
        found = import_string(path)
    except ImportError as error:
        return Error(f"{name}: {path} cannot be imported ({error}).", id="members.E001")
    return None if callable(found) else Error(f"{name}: {path} cannot be called.", id="members.E002")
