"""A workbook is a zip archive: it is judged by its list of parts, then read through once, before openpyxl opens it."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MEGABYTE = 1024 * 1024
MAX_PARTS = 300
MAX_UNPACKED = 40 * MEGABYTE
# Sheets shrink to a tenth or a fiftieth of their size; small parts may shrink as they like.
MAX_RATIO, TOO_SMALL_FOR_RATIO = 100, 256 * 1024
# Other methods unpack a block at once, however large it becomes.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LOCKED = 0x1
OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
CHUNK = 64 * 1024
TYPES = "[Content_Types].xml"
BROKEN = (zipfile.BadZipFile, zlib.error, LookupError, ValueError, OSError, EOFError, RuntimeError, NotImplementedError)


def refuse_hostile(content: bytes) -> None:
    """Raise ValidationError, in one sentence, for an archive that is not a plain and modest .xlsx workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _raise_first(_listing_problems(archive.infolist()))
            for part in archive.infolist():
                _read_through(archive, part)
            _raise_first(_kind_problems(archive))
    except BROKEN as error:
        raise ValidationError(_("This XLSX file cannot be read.")) from error


def _raise_first(problems: Iterator[str]) -> None:
    for problem in problems:
        raise ValidationError(problem)


def _listing_problems(parts: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """Judge what the archive says of itself; nothing is unpacked."""
    if any(part.flag_bits & LOCKED for part in parts):
        yield _("This file is locked with a password: save it without one.")
    names = [name for part in parts for name in {part.filename, part.orig_filename}]
    if any(OUTSIDE.search(name) for name in names) or len({part.filename for part in parts}) < len(parts):
        yield _("This file has parts with forbidden names.")
    if any(part.compress_type not in METHODS for part in parts):
        yield _("This XLSX file cannot be read.")
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        yield _("This file holds too much once unpacked.")
    if any(map(_swells, parts)):
        yield _("This file swells too much when it is unpacked.")


def _swells(part: zipfile.ZipInfo) -> bool:
    return part.file_size > max(TOO_SMALL_FOR_RATIO, MAX_RATIO * part.compress_size)


def _read_through(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part in small pieces: never beyond the size it says (zipfile stops there and compares checksums)."""
    tail = b""
    with archive.open(part) as stream:
        while piece := stream.read(CHUNK):
            seen = tail + piece.replace(b"\0", b"")  # UTF-16 too
            if any(mark in seen for mark in DECLARATIONS):
                raise ValidationError(_("This file holds XML declarations that no spreadsheet writes."))
            tail = seen[-max(map(len, DECLARATIONS)) :]


def _kind_problems(archive: zipfile.ZipFile) -> Iterator[str]:
    names = set(archive.namelist())
    if {"mimetype", "content.xml"} <= names:
        yield _("This is an OpenDocument file (.ods): save it as .xlsx or .csv.")
    types = archive.read(TYPES) if TYPES in names else b""
    if b"macroEnabled" in types or any(name.endswith("vbaProject.bin") for name in names):
        yield _("This workbook holds macros: save it as .xlsx, without macros.")
    if b"sheet.binary" in types:
        yield _("This is a binary workbook (.xlsb): save it as .xlsx or .csv.")
