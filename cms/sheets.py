"""Files that spreadsheets make: read with care, written without anything that could run."""

import codecs
import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from cms.archives import MEGABYTE, refuse_hostile

MAX_BYTES = 5 * MEGABYTE
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20_000, 80, 10_000
MAX_TOLD = 100
# OWASP's list: a cell that begins so is a formula for some spreadsheet.
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ZIPPED, OLD_EXCEL = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0"
UNREADABLE = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    SyntaxError,
    OSError,
    EOFError,
    RuntimeError,
)

Line = tuple[int, list[str]]


class Sheet(tablib.Dataset):
    """The rows of a file below the names of its columns; `lines` says on which line of the file each one stands."""

    lines: list[int]


def read(content: bytes) -> Sheet:
    """Return the first sheet, every cell a text. Raises ValidationError with a sentence for people."""
    if len(content) > MAX_BYTES:
        raise ValidationError(_("This file is too big: 5 MB at most."))
    if content.startswith(OLD_EXCEL):
        raise ValidationError(_("This is an old Excel file (.xls), or one with a password: save it as .xlsx or .csv."))
    rows = _xlsx_rows(content) if content.startswith(ZIPPED) else _csv_rows(content)
    return _sheet([(number, cells) for number, row in rows if (cells := _trimmed(number, row))])


def _sheet(rows: list[Line]) -> Sheet:
    if not rows:
        raise ValidationError(_("This file is empty: its first line must name the columns."))
    headers = [name.lower() for name in rows[0][1]]
    if len(set(headers)) != len(headers) or "" in headers:
        raise ValidationError(_("Each column needs a name of its own in the first line."))
    _refuse_wide(rows, len(headers))
    sheet = Sheet(*(row + [""] * (len(headers) - len(row)) for _number, row in rows[1:]), headers=headers)
    sheet.lines = [number for number, _row in rows[1:]]
    return sheet


def _refuse_wide(rows: list[Line], width: int) -> None:
    wide = [number for number, row in rows if len(row) > width][:MAX_TOLD]
    if wide:
        told = _("Line %(number)d has more cells than the first line.")
        raise ValidationError([told % {"number": number} for number in wide])


def _trimmed(number: int, row: Iterable[Any]) -> list[str]:
    """Return the cells of a line without the empty ones at its end."""
    if number > MAX_ROWS:
        raise ValidationError(_("This file is too long: %(rows)d lines at most."), params={"rows": MAX_ROWS})
    cells = [_text(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise ValidationError(_("This file has too many columns."))
    if any(len(cell) > MAX_CELL for cell in cells):
        raise ValidationError(_("Line %(number)d has a cell that is too long."), params={"number": number})
    return cells


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _unquoted(unicodedata.normalize("NFC", str(cell)).strip())


def _unquoted(text: str) -> str:
    """Take back the apostrophe that `harmless` put before a live beginning."""
    return text[1:] if text.startswith("'") and text[1:].startswith(LIVE) else text


def _csv_rows(content: bytes) -> Iterator[Line]:
    text = decoded(content)
    if text is None:
        raise ValidationError(_("This is neither a CSV file nor an XLSX file."))
    first = (text.splitlines() or [""])[0]
    separator = max(";,\t", key=first.count)
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            if any(row):
                yield number, row
    except csv.Error as error:
        told = _("This CSV file cannot be read from line %(number)d on: a quote is not closed, or a cell is too long.")
        raise ValidationError(told, params={"number": number + 1}) from error


def decoded(content: bytes) -> str | None:
    """Return the text of a file, as spreadsheets and plain editors write it; None when it is no text."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    return None


def _encodings(content: bytes) -> tuple[str, ...]:
    """A mark at the beginning says which one it is; without it, old French files are cp1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return ("utf-8-sig",) if content.startswith(codecs.BOM_UTF8) else ("utf-8", "cp1252")


def _xlsx_rows(content: bytes) -> Iterator[Line]:
    refuse_hostile(content)
    try:
        yield from _cells(content)
    except UNREADABLE as error:
        raise ValidationError(_("This XLSX file cannot be read.")) from error


class _FormulaIsText(WorkSheetParser):
    """openpyxl would write a shared formula anew for each cell that repeats it: costly, and of no use here."""

    def parse_formula(self, element: Any) -> str:
        return f"={element.findtext(FORMULA_TAG) or ''}"


def _cells(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    sheet = book.worksheets[0]
    with sheet._get_source() as source:
        parser = _FormulaIsText(
            source,
            sheet._shared_strings,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        last = 0
        for number, row in parser.parse():
            if number <= last:
                raise ValueError(number)
            last = number
            filled = {cell["column"]: cell["value"] for cell in row if cell["value"] is not None}
            yield number, [filled.get(column) for column in range(1, min(max(filled, default=0), MAX_COLUMNS + 1) + 1)]


def write(dataset: tablib.Dataset, file_format: str) -> bytes:
    """Return the dataset as CSV (UTF-8 with its mark, for spreadsheets) or XLSX; no cell is a formula."""
    table = [dataset.headers, *dataset]
    return _xlsx(table) if file_format == XLSX else _csv(table)


def _csv(table: Iterable[Iterable[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([harmless(cell) for cell in row] for row in table)
    return out.getvalue().encode("utf-8-sig")


def harmless(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(LIVE) else text


def _xlsx(table: Iterable[Iterable[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in table:
        sheet.append([_text_cell(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text_cell(sheet: Any, value: Any) -> WriteOnlyCell:
    """Every cell is text: openpyxl would take a leading `=` for a formula."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", "" if value is None else str(value)))
    cell.data_type = "s"
    return cell
