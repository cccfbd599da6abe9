"""Files from spreadsheets: what is read, what is refused, and that no cell written can run."""

import contextlib
import csv
import io
import zipfile
from datetime import datetime

import pytest
import tablib
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from cms import sheets

LIVE_CELLS = ["=1+1", "==1+1", "+33 6 00", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://evil")']


def workbook(rows: list[list]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_lists(content: bytes) -> list[list[str]]:
    dataset = sheets.read(content)
    return [dataset.headers, *(list(row) for row in dataset)]


TABLE = [["prénom", "nom"], ["Élodie", "Ça"]]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_usual_csv_files_are_read(separator, encoding, ending):
    text = ending.join(separator.join(row) for row in TABLE) + ending
    assert as_lists(text.encode(encoding)) == TABLE


def test_an_xlsx_file_is_read_with_its_dates_and_numbers_as_text():
    day, moment = datetime.fromisoformat("2011-05-17"), datetime.fromisoformat("2026-01-02 14:30")
    content = workbook([["A", "B", "C"], [day, 12.0, 1.5], [None, moment, "x"]])
    assert as_lists(content) == [["a", "b", "c"], ["2011-05-17", "12", "1.5"], ["", "2026-01-02 14:30:00", "x"]]


def test_empty_lines_and_missing_last_cells_are_forgiven():
    assert as_lists(b"a;b;c\n1\n\n;;\n4;5;6\n") == [["a", "b", "c"], ["1", "", ""], ["4", "5", "6"]]


def deep_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MAX_UNPACKED + 1))
    return out.getvalue()


def many_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(sheets.MAX_PARTS + 1):
            archive.writestr(f"../{number}", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"a;a\n1;2\n",
        b"a;;b\n1;2;3\n",
        b"a;b\n1;2;3\n",
        b"a;b\n\x00;1\n",
        b'a;b\n"1;2\n',
        b"\x81\x8d\x8f\x90",
        b"PK\x03\x04broken",
        deep_zip(),
        many_parts(),
        b"x" * (sheets.MAX_BYTES + 1),
        ";".join(f"c{number}" for number in range(sheets.MAX_COLUMNS + 1)).encode(),
        b"a\n" * (sheets.MAX_ROWS + 2),
    ],
    ids=lambda content: f"{content[:8]!r}…{len(content)}",
)
def test_a_file_that_cannot_be_trusted_is_refused_in_words(content):
    with pytest.raises(ValidationError) as refused:
        sheets.read(content)
    assert len(refused.value.messages) == 1


@given(st.binary(max_size=400))
def test_any_bytes_give_rows_or_a_sentence(content):
    dataset = None
    with contextlib.suppress(ValidationError):
        dataset = sheets.read(content)
    assert dataset is None or all(len(row) == len(dataset.headers) for row in dataset)


@pytest.mark.parametrize("cell", LIVE_CELLS)
def test_no_csv_cell_begins_like_a_formula(cell):
    content = sheets.write(tablib.Dataset([cell], headers=["nom"]), sheets.CSV)
    (_headers, row) = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert row == [f"'{cell}"]


@pytest.mark.parametrize("cell", LIVE_CELLS)
def test_every_xlsx_cell_is_text(cell):
    content = sheets.write(tablib.Dataset([cell, 3], headers=["nom", "=total"]), sheets.XLSX)
    sheet = load_workbook(io.BytesIO(content)).active
    assert {found.data_type for row in sheet.iter_rows() for found in row} == {"s"}


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12), min_size=1))
def test_what_is_written_reads_back_the_same(cells):
    cells = [cell.strip().lstrip("'") or "x" for cell in cells]
    dataset = tablib.Dataset(*([cell] for cell in cells), headers=["nom"])
    assert [row[0] for row in sheets.read(sheets.write(dataset, sheets.CSV))] == cells


def test_marks_that_xlsx_cannot_hold_are_dropped():
    content = sheets.write(tablib.Dataset(["a\x07b"], headers=["nom"]), sheets.XLSX)
    assert as_lists(content) == [["nom"], ["ab"]]
