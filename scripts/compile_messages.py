"""Compile every .po of the project to .mo with the standard library alone, so that a bare machine needs no gettext."""

import array
import ast
import os
import re
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAGIC, HEADER_SIZE = 0x950412DE, 28
FIELD = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])?\s+(?=\")")


class PoError(ValueError):
    """A line of a .po file that is not understood; the text names file and line."""


@dataclass
class Entry:
    """One message: its texts by field (`msgstr` forms are numbered) and whether it is fuzzy."""

    line: int = 0
    fuzzy: bool = False
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def translations(self) -> list[str]:
        forms = [key for key in self.texts if key.startswith("msgstr")]
        return [self.texts[key] for key in sorted(forms)]

    @property
    def key(self) -> tuple[str | None, str]:
        return self.texts.get("msgctxt"), self.texts.get("msgid", "")


def read_po(path: Path) -> list[Entry]:
    """Return the entries of a .po file, obsolete ones left out; raise PoError."""
    entries, entry, last = [], Entry(), ""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        starts_next = line.startswith(("#", "msgctxt")) or (line.startswith("msgid ") and "msgid" in entry.texts)
        if "msgstr0" in entry.texts and (starts_next or not line):
            entries.append(entry)
            entry = Entry()
        last = _take(line, entry, last, f"{path.name}:{number}") if line else ""
        entry.line = entry.line or (number if "msgid" in entry.texts else 0)
    return [*entries, entry] if "msgstr0" in entry.texts else entries


def _take(line: str, entry: Entry, last: str, where: str) -> str:
    """Add one line to an entry; return the field that a following bare text continues."""
    if line.startswith("#"):
        entry.fuzzy = entry.fuzzy or (line.startswith("#,") and "fuzzy" in line)
        return ""
    found = FIELD.match(line)
    if found:
        name, form = found.groups()
        last = f"msgstr{form or 0}" if name == "msgstr" else name
        line = line[found.end() :]
        entry.texts[last] = ""
    if not last:
        raise PoError(f"{where}: a text without a field before it")
    entry.texts[last] += _text(line, where)
    return last


def _text(quoted: str, where: str) -> str:
    try:
        return str(ast.literal_eval(quoted))
    except (SyntaxError, ValueError) as error:
        raise PoError(f"{where}: {quoted!r} is not a quoted text") from error


def compiled(entries: list[Entry]) -> bytes:
    """Return the .mo file of the entries; fuzzy and empty translations are left out, as msgfmt does."""
    pairs = sorted(_pair(entry) for entry in entries if not entry.fuzzy and any(entry.translations))
    identifiers = b"".join(key + b"\0" for key, _ in pairs)
    translations = b"".join(value + b"\0" for _, value in pairs)
    first = HEADER_SIZE + 16 * len(pairs)
    keys = _index([key for key, _ in pairs], first)
    values = _index([value for _, value in pairs], first + len(identifiers))
    head = struct.pack("<7I", MAGIC, 0, len(pairs), HEADER_SIZE, HEADER_SIZE + 8 * len(pairs), 0, 0)
    return head + keys + values + identifiers + translations


def _pair(entry: Entry) -> tuple[bytes, bytes]:
    key = "\0".join(entry.texts[name] for name in ("msgid", "msgid_plural") if name in entry.texts)
    context = entry.texts.get("msgctxt")
    key = key if context is None else f"{context}\x04{key}"
    return key.encode(), "\0".join(entry.translations).encode()


def _index(texts: list[bytes], offset: int) -> bytes:
    table = array.array("I")
    for text in texts:
        table.extend((len(text), offset))
        offset += len(text) + 1
    if sys.byteorder == "big":
        table.byteswap()
    return table.tobytes()


def compile_file(source: Path) -> None:
    """Write the .mo beside a .po, whole or not at all."""
    target = source.with_suffix(".mo")
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.write_bytes(compiled(read_po(source)))
    draft.replace(target)


def sources() -> list[Path]:
    """Return the project's .po files."""
    return sorted(ROOT.glob("*/locale/*/LC_MESSAGES/*.po"))


def is_stale(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return not target.exists() or target.stat().st_mtime_ns <= source.stat().st_mtime_ns


def compile_all() -> None:
    """Compile the .po files that changed since their .mo was written."""
    for source in filter(is_stale, sources()):
        compile_file(source)


def main() -> int:
    try:
        compile_all()
    except PoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
