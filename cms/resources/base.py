"""A table that comes from a file: its columns, its lines, and what becomes of each."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.utils.translation import gettext as _
from import_export.resources import ModelResource
from import_export.results import RowResult

from cms.sheets import Sheet
from members.models import User
from members.names import folded

# Where a row keeps the number of its line: no column can be called so.
LINE = "#"


class LabResource(ModelResource):
    """A table whose rows are written by services, in the name of whoever imports.

    `decisions` says by line what to do where the file alone does not tell; `open_lines` are those still to decide.
    """

    needed: tuple[str, ...] = ()
    also_called: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, actor: User | None = None, decisions: Mapping[int, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actor = actor
        self.given = decisions or {}
        self.doubts: dict[int, Any] = {}
        self.open_lines: frozenset[int] = frozenset()
        self.lines: list[int] = []
        self.headers: dict[str, str] = {}

    def prepare(self, sheet: Sheet) -> None:
        """Give the columns their names here. Raises ValidationError for missing, unknown or doubled ones."""
        known = self._column_names()
        named = {header: known.get(header_key(header), header) for header in sheet.headers}
        self._refuse_columns(list(named.values()), set(known.values()))
        self.headers = {column: header for header, column in named.items()}
        self.lines = sheet.lines
        sheet.headers = list(named.values())
        for name in self.get_import_id_fields():
            if name not in sheet.headers:
                sheet.append_col([""] * len(sheet), header=name)

    def _column_names(self) -> dict[str, str]:
        columns = [field.column_name for field in self.get_import_fields()]
        return {header_key(name): column for column in columns for name in (column, *self.also_called.get(column, ()))}

    def _refuse_columns(self, columns: list[str], known: set[str]) -> None:
        for sentence, names in (
            (_("Unknown columns: %(names)s."), [name for name in columns if name not in known]),
            (_("Missing columns: %(names)s."), [name for name in self.needed if name not in columns]),
            (_("These columns are there twice: %(names)s."), _doubled(columns)),
        ):
            if names:
                raise ValidationError(sentence, params={"names": ", ".join(names)})

    def before_import_row(self, row: Any, row_number: int = 0, **_kwargs: Any) -> None:
        row[LINE] = self.lines[row_number - 1]

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """A wrong cell must be told, even in a row that changes nothing."""
        if import_validation_errors:
            return False
        return super().skip_row(instance, original, row, import_validation_errors)

    def fate(self, line: int, row: RowResult) -> str:
        """Return what becomes of a line: `new`, `update`, `skip`, `left_out`, `open` or `invalid`."""
        return row.import_type if row.is_valid() else RowResult.IMPORT_TYPE_INVALID

    def who(self, line: int, row: RowResult) -> str:
        """Return the name by which people know what stands on a line."""
        return row.object_repr or ""

    def label(self, name: str) -> str:
        """Return the name of a field as the file says it, else in the reader's language."""
        columns = {field.attribute: field.column_name for field in self.get_import_fields()}
        column = columns.get(name, name)
        try:
            return self.headers.get(column) or str(self._meta.model._meta.get_field(column).verbose_name)
        except FieldDoesNotExist:
            return column

    class Meta:
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True


def header_key(text: str) -> str:
    """Return the letters and digits of a column's name: `Date de naissance` and `date_de_naissance` are one."""
    return "".join(letter for letter in folded(text) if letter.isalnum())


def _doubled(names: Iterable[str]) -> list[str]:
    names = list(names)
    return sorted({name for name in names if names.count(name) > 1})
