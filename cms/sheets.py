"""Files that spreadsheets make: read with care, written without anything that could run."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

MEGABYTE = 1024 * 1024
MAX_BYTES = 5 * MEGABYTE
MAX_UNPACKED, MAX_PARTS = 60 * MEGABYTE, 300
MAX_ROWS, MAX_COLUMNS = 20_000, 80
# OWASP's list: a cell that begins so is a formula for some spreadsheet.
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def read(content: bytes) -> tablib.Dataset:
    """Return the first sheet, every cell a text. Raises ValidationError with a sentence for people."""
    if len(content) > MAX_BYTES:
        raise ValidationError(_("This file is too big: 5 MB at most."))
    rows = _xlsx_rows(content) if content.startswith(b"PK") else _csv_rows(content)
    return _dataset([_trimmed(row) for row in rows])


def _dataset(rows: list[list[str]]) -> tablib.Dataset:
    if not rows or not any(rows[0]):
        raise ValidationError(_("This file is empty: its first line must name the columns."))
    headers = [name.lower() for name in rows[0]]
    if len(set(headers)) != len(headers) or "" in headers:
        raise ValidationError(_("Each column needs a name of its own in the first line."))
    dataset = tablib.Dataset(headers=headers)
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > len(headers):
            raise ValidationError(_("Line %(number)d has more cells than the first line."), params={"number": number})
        if any(row):
            dataset.append(row + [""] * (len(headers) - len(row)))
    return dataset


def _trimmed(row: Iterable[Any]) -> list[str]:
    cells = [_text(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise ValidationError(_("This file has too many columns."))
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
    return _unquoted(str(cell).strip())


def _unquoted(text: str) -> str:
    """Take back the apostrophe that `harmless` put before a live beginning."""
    return text[1:] if text.startswith("'") and text[1:].startswith(LIVE) else text


def _csv_rows(content: bytes) -> list[list[str]]:
    text = decoded(content)
    if text is None:
        raise ValidationError(_("This is neither a CSV file nor an XLSX file."))
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ValidationError(_("This CSV file cannot be read: %(error)s."), params={"error": error}) from error
    if len(rows) > MAX_ROWS:
        raise ValidationError(_("This file is too long: %(rows)d lines at most."), params={"rows": MAX_ROWS})
    return rows


def decoded(content: bytes) -> str | None:
    """Return the text of a file, as spreadsheets and plain editors write it; None when it is no text."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    return None


def _xlsx_rows(content: bytes) -> list[list[Any]]:
    _refuse_bomb(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS + 1, values_only=True)]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, ValueError, SyntaxError, OSError) as error:
        raise ValidationError(_("This XLSX file cannot be read.")) from error
    if len(rows) > MAX_ROWS:
        raise ValidationError(_("This file is too long: %(rows)d lines at most."), params={"rows": MAX_ROWS})
    return rows


def _refuse_bomb(content: bytes) -> None:
    """Look at what the archive says it holds before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise ValidationError(_("This XLSX file cannot be read.")) from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise ValidationError(_("This file holds too much once unpacked."))


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
