"""Rows of files, in and out: members, machines, uses, workshops. What a row changes, a service changes."""

import logging
from collections.abc import Iterable, Iterator

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export.results import Result

from cms.resources.base import LabResource
from cms.resources.members import MemberResource
from cms.resources.park import MachineResource, UsageResource
from cms.resources.workshops import AttendanceResource, RegistrationResource, SessionResource, WorkshopResource
from cms.services.imports import hold_new_accounts
from cms.sheets import Sheet
from members.services import record

logger = logging.getLogger(__name__)

KINDS: dict[str, type[LabResource]] = {
    "membres": MemberResource,
    "machines": MachineResource,
    "utilisations": UsageResource,
    "ateliers": WorkshopResource,
    "seances": SessionResource,
    "inscriptions": RegistrationResource,
    "presences": AttendanceResource,
}


class Undecided(Exception):
    """Some lines may be people who are already there, and nobody has said."""


def look(resource: LabResource, sheet: Sheet) -> Result:
    """Tell what an import would do; nothing is stored. Raises ValidationError for columns that do not fit."""
    with transaction.atomic():
        resource.prepare(sheet)
        return _import(resource, sheet, dry_run=True)


def store(resource: LabResource, sheet: Sheet, *, kind: str) -> Result:
    """Import everything or nothing. Raises ValidationError as `look`, and Undecided when a line is in doubt."""
    with transaction.atomic():
        hold_new_accounts()
        resource.prepare(sheet)
        if resource.open_lines:
            raise Undecided
        result = _import(resource, sheet, dry_run=False)
        if not refused(result):
            record(actor=resource.actor, action="data.imported", subject=kind, detail=dict(result.totals))
    return result


def _import(resource: LabResource, sheet: Sheet, *, dry_run: bool) -> Result:
    return resource.import_data(sheet, dry_run=dry_run, use_transactions=True, rollback_on_validation_errors=True)


def refused(result: Result) -> bool:
    """Tell whether anything was wrong: `has_errors()` alone does not count rows that are merely invalid."""
    return result.has_errors() or result.has_validation_errors()


def complaints(resource: LabResource, result: Result) -> list[tuple[int | None, str]]:
    """Return each reason with the number of its line in the file (the first line names the columns)."""
    for_all = [(None, _said(error.error)) for error in result.base_errors]
    return for_all + sorted(_of_lines(resource, result))


def _of_lines(resource: LabResource, result: Result) -> Iterator[tuple[int, str]]:
    for number, errors in result.row_errors():
        yield from ((resource.lines[number - 1], _said(error.error)) for error in errors)
    for row in result.invalid_rows:
        yield from ((resource.lines[row.number - 1], text) for text in _sentences(resource, row.error))


def _said(error: Exception) -> str:
    """Return the sentence of an error that was meant for people; the others say nothing to them."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, PermissionDenied | ValueError):
        return str(error)
    logger.error("a line of an import cannot be stored", exc_info=error)
    return _("This line cannot be stored.")


def _sentences(resource: LabResource, error: ValidationError) -> Iterable[str]:
    if not hasattr(error, "error_dict"):
        return error.messages
    return [_sentence(resource, name, found) for name, found in error.message_dict.items()]


def _sentence(resource: LabResource, name: str, found: list[str]) -> str:
    text = " ".join(found)
    if name == "__all__":
        return text
    return _("%(column)s: %(reason)s") % {"column": resource.label(name), "reason": text}


def fates(resource: LabResource, result: Result) -> list[tuple[int, str, str]]:
    """Return for each line its number, who or what stands there, and what becomes of it."""
    lines = zip(resource.lines, result.rows, strict=False)
    return [(line, resource.who(line, row), resource.fate(line, row)) for line, row in lines]
