"""Hostile workbooks are refused in a sentence before openpyxl opens them."""

import tracemalloc
import warnings
import zipfile

import pytest
from django.core.exceptions import ValidationError

from cms import archives, sheets
from tests.cms.archives import listed_as, rewritten, workbook

BOOK = workbook([["nom"], ["Costa"]])
SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


def doubled() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return listed_twice()


def listed_twice() -> bytes:
    import io

    out = io.BytesIO(BOOK)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(SHEET, b"<other/>")
    return out.getvalue()


HOSTILE = {
    "too many parts": (rewritten(BOOK, {f"x/{n}": b"x" for n in range(archives.MAX_PARTS)}), "trop"),
    "too large": (rewritten(BOOK, {"x": bytes(archives.MAX_UNPACKED + 1)}, zipfile.ZIP_DEFLATED), "trop"),
    "swells": (rewritten(BOOK, {"x": bytes(20 * archives.MEGABYTE)}), "gonfle"),
    "says less than it holds": (listed_as(rewritten(BOOK, {SHEET: b"<x/>" * 99_999}), SHEET, size=9), "lit"),
    "says more than it may": (listed_as(BOOK, SHEET, size=2**32 - 2), "trop"),
    "climbs": (rewritten(BOOK, {"xl/../../etc/passwd": b"x"}), "noms"),
    "climbs with other slashes": (rewritten(BOOK, {"xl\\..\\x": b"x"}), "noms"),
    "absolute": (rewritten(BOOK, {"/etc/passwd": b"x"}), "noms"),
    "drive": (rewritten(BOOK, {"C:\\x": b"x"}), "noms"),
    "same name twice": (doubled(), "noms"),
    "locked": (listed_as(BOOK, SHEET, locked=True), "mot de passe"),
    "packed otherwise": (rewritten(BOOK, {"x": bytes(99)}, zipfile.ZIP_BZIP2), "lit"),
    "laughs": (rewritten(BOOK, {"xl/sharedStrings.xml": LAUGHS}), "XML"),
    "laughs in UTF-16": (rewritten(BOOK, {"xl/x.bin": LAUGHS.decode().encode("utf-16")}), "XML"),
    "laughs between two pieces": (rewritten(BOOK, {"x": b" " * (archives.CHUNK - 4) + LAUGHS[21:]}), "XML"),
    "macros": (rewritten(BOOK, {"xl/vbaProject.bin": b"x"}), "macros"),
    "macros by type": (
        rewritten(BOOK, {archives.TYPES: b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"}),
        "macros",
    ),
    "binary": (rewritten(BOOK, {archives.TYPES: b"application/vnd.ms-excel.sheet.binary.main"}), "xlsb"),
    "open document": (rewritten(BOOK, {"mimetype": b"x", "content.xml": b"<x/>"}), ".ods"),
    "no workbook": (rewritten(BOOK, {archives.TYPES: b"<Types/>"}), "lit"),
    "cut": (BOOK[: len(BOOK) // 2], "lit"),
}


@pytest.mark.parametrize(("content", "word"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_in_one_sentence(content, word):
    assert len(content) < sheets.MAX_BYTES
    with pytest.raises(ValidationError) as refused:
        sheets.read(content)
    (sentence,) = refused.value.messages
    assert word in sentence


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "no workbook"])
def test_openpyxl_never_opens_a_hostile_archive(monkeypatch, name):
    monkeypatch.setattr(sheets, "load_workbook", lambda *_args, **_kwargs: pytest.fail("opened"))
    with pytest.raises(ValidationError):
        sheets.read(HOSTILE[name][0])


def test_a_bomb_takes_no_memory():
    bomb = HOSTILE["too large"][0]
    tracemalloc.start()
    with pytest.raises(ValidationError):
        archives.refuse_hostile(bomb)
    (_now, peak) = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < archives.MEGABYTE


def test_a_large_but_honest_workbook_is_read():
    rows = [["nom", "note"], *([f"Nom{number}", "même texte partout"] for number in range(3000))]
    assert len(sheets.read(workbook(rows))) == 3000
