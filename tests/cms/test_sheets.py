"""Files from spreadsheets: what is read, what is refused, and that no cell written can run."""

import contextlib
import csv
import io
import unicodedata
from datetime import datetime

import pytest
import tablib
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from cms import sheets
from tests.cms.archives import rewritten, workbook

LIVE_CELLS = ["=1+1", "==1+1", "+33 6 00", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://evil")']


BOOK = workbook([["prénom", "nom"], ["Élodie", 12.5]])


def with_sheet(rows: str) -> bytes:
    """Return a workbook whose sheet is made of this XML."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
    return rewritten(BOOK, {"xl/worksheets/sheet1.xml": sheet.encode()})


def as_lists(content: bytes) -> list[list[str]]:
    dataset = sheets.read(content)
    return [dataset.headers, *(list(row) for row in dataset)]


TABLE = [["prénom", "nom"], ["Élodie", "Ça"]]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_usual_csv_files_are_read(separator, encoding, ending):
    text = ending.join(separator.join(row) for row in TABLE) + ending
    assert as_lists(text.encode(encoding)) == TABLE


def test_an_xlsx_file_is_read_with_its_dates_and_numbers_as_text():
    day, moment = datetime.fromisoformat("2011-05-17"), datetime.fromisoformat("2026-01-02 14:30")
    content = workbook([["A", "B", "C"], [day, 12.0, 1.5], [None, moment, "x"]])
    assert as_lists(content) == [["a", "b", "c"], ["2011-05-17", "12", "1.5"], ["", "2026-01-02 14:30:00", "x"]]


def test_accents_in_two_pieces_are_read_as_one_letter():
    assert as_lists(unicodedata.normalize("NFD", "prénom\nÉlodie\n").encode()) == [["prénom"], ["Élodie"]]


def test_each_row_knows_its_line_in_the_file():
    assert sheets.read(b'a;b\n\n1;2\n;;;\n"3\nand more";4\n5;6\n').lines == [3, 5, 6]
    assert sheets.read(workbook([["a"], [None], [None], ["x"]])).lines == [4]


def test_empty_columns_and_empty_lines_at_the_end_are_forgiven():
    assert as_lists(b"a;b;;;\n1;2;;;\n;;;;\n;;;;\n") == [["a", "b"], ["1", "2"]]
    assert as_lists(b"a\n1\n" + b"\n" * (sheets.MAX_ROWS + 5)) == [["a"], ["1"]]


def test_every_line_with_too_many_cells_is_named():
    with pytest.raises(ValidationError) as refused:
        sheets.read(b"a;b\n1;2;3\n1;2\n1;2;3\n")
    assert ["2" in refused.value.messages[0], "4" in refused.value.messages[1]] == [True, True]


def test_a_formula_is_the_text_it_is():
    assert as_lists(workbook([["nom"], ["=1+1"]])) == [["nom"], ["=1+1"]]
    assert as_lists(b'nom\n"=HYPERLINK(""http://evil"")"\n') == [["nom"], ['=HYPERLINK("http://evil")']]


def test_a_formula_that_is_repeated_is_not_written_anew_for_each_cell():
    repeated = '<row r="{0}"><c r="A{0}"><f t="shared" ref="A2:A9" si="0">{1}</f></c></row>'
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>nom</t></is></c></row>'
    cells = head + repeated.format(2, "1+1") + repeated.format(3, "")
    assert as_lists(with_sheet(cells)) == [["nom"], ["=1+1"], ["="]]


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
        '<row r="x"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="ZZZZZ1"><v>1</v></c></row>',
        '<row r="999999999"><c r="A999999999"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v>',
    ],
)
def test_a_sheet_that_contradicts_itself_is_refused_in_words(cells):
    with pytest.raises(ValidationError) as refused:
        sheets.read(with_sheet(cells))
    assert len(refused.value.messages) == 1


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_workbook_gives_rows_or_a_sentence(damage):
    content = bytearray(BOOK)
    for place, value in damage:
        content[place % len(content)] = value
    with contextlib.suppress(ValidationError):
        sheets.read(bytes(content))


def test_empty_lines_and_missing_last_cells_are_forgiven():
    assert as_lists(b"a;b;c\n1\n\n;;\n4;5;6\n") == [["a", "b", "c"], ["1", "", ""], ["4", "5", "6"]]


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
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504,
        b"\xff\xfea",
        "nom\n\0".encode("utf-16"),
        b"\xef\xbb\xbfnom\n\xe9\n",
        b"x" * (sheets.MAX_BYTES + 1),
        b"nom\n" + b"x" * (sheets.MAX_CELL + 1),
        b'nom\n"' + b"x" * 1_000_000,
        b"nom\n" + b"," * 1_000_000,
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
    cells = [unicodedata.normalize("NFC", cell).strip().lstrip("'").strip() or "x" for cell in cells]
    dataset = tablib.Dataset(*([cell] for cell in cells), headers=["nom"])
    assert [row[0] for row in sheets.read(sheets.write(dataset, sheets.CSV))] == cells


def test_marks_that_xlsx_cannot_hold_are_dropped():
    content = sheets.write(tablib.Dataset(["a\x07b"], headers=["nom"]), sheets.XLSX)
    assert as_lists(content) == [["nom"], ["ab"]]
