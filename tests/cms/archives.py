"""Workbooks, good and hostile, made in memory."""

import io
import struct
import zipfile

from openpyxl import Workbook


def workbook(rows: list[list]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(content: bytes, parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with these parts added or put in the place of others."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            new.writestr(name, part)
    return out.getvalue()


def listed_as(content: bytes, name: str, *, size: int | None = None, locked: bool = False) -> bytes:
    """Return the archive with another size, or a lock, written in its list for one part."""
    data = bytearray(content)
    place = data.index(name.encode(), data.index(b"PK\x01\x02"))
    head = place - 46
    if size is not None:
        struct.pack_into("<L", data, head + 24, size)
    if locked:
        struct.pack_into("<H", data, head + 8, 1)
    return bytes(data)
