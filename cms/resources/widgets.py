"""What a cell may say, and the sentence when it says something else."""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from import_export.widgets import ForeignKeyWidget, Widget

from members.names import folded
from members.roles import LABELS, ROLES
from place.clock import at, local

NO_NAME = ("=", "+", "-", "@")


class NameWidget(Widget):
    """A person's name; what a spreadsheet would run as a formula is none."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> str:
        name = " ".join(value.split())
        if unicodedata.normalize("NFKC", name).startswith(NO_NAME):
            raise ValueError(_("“%(value)s” is no name: no name begins with =, +, - or @.") % {"value": name[:80]})
        return name


class MailWidget(Widget):
    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> str:
        return value.lower()


class DayWidget(Widget):
    """`2011-05-17`, `17/05/2011`, `17-05-2011` or `17.05.2011`."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> date | None:
        if not value:
            return None
        try:
            return parse_date(value) or _written_day(value)
        except ValueError as error:
            raise ValueError(_("“%(value)s” is no date. Write it like 17/05/2011.") % {"value": value[:80]}) from error

    def render(self, value: date | None, **_kwargs: Any) -> str:
        return value.isoformat() if value else ""


def _written_day(value: str) -> date:
    """Read day, month and a year of four digits. Raises ValueError."""
    return datetime.strptime(re.sub(r"[-./ ]+", "/", value), "%d/%m/%Y").date()  # noqa: DTZ007 -- a day has no zone


class MomentWidget(Widget):
    """ISO 8601; without an offset it is the lab's wall clock."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> datetime | None:
        if not value:
            return None
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is None:
            raise ValueError(_("“%(value)s” is no moment (2026-11-25 14:30).") % {"value": value})
        return moment if timezone.is_aware(moment) else at(moment.date(), moment.time())

    def render(self, value: datetime | None, **_kwargs: Any) -> str:
        return local(value).isoformat() if value else ""


class KnownWidget(ForeignKeyWidget):
    """A row that must exist, named by its short name."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        try:
            return super().clean(value, row, **kwargs)
        except self.model.DoesNotExist as error:
            raise ValueError(_("“%(value)s” is not known here.") % {"value": value}) from error


class LanguageWidget(Widget):
    """`fr`, or its name in English, in itself or in the reader's language."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> str:
        codes = [code for code, _name in settings.LANGUAGES]
        for code in codes:
            info = get_language_info(code)
            if folded(value) in {folded(str(info[key])) for key in ("code", "name", "name_local", "name_translated")}:
                return code
        told = _("“%(value)s” is no language of this site: %(known)s.")
        raise ValueError(told % {"value": value[:80], "known": ", ".join(codes)})


class RolesWidget(Widget):
    """Roles with commas or spaces between them, by their short names or in the reader's words."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> list[str]:
        known = {folded(name): role for role in ROLES for name in (role, str(LABELS[role]))}
        said = set()
        for piece in re.split(r"[,;/|]", value):
            said |= {piece} if folded(piece) in known else set(piece.split())
        return held_in_order({_role(known, word) for word in said})


def _role(known: dict[str, str], word: str) -> str:
    if folded(word) not in known:
        told = _("“%(value)s” is no role: %(known)s.")
        raise ValueError(told % {"value": word[:80], "known": ", ".join(ROLES)})
    return known[folded(word)]


def held_in_order(roles: set[str]) -> list[str]:
    return [role for role in ROLES if role in roles]
