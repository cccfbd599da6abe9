"""Every text of the code and the templates is translated into French, none is doubtful, and the file compiles."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.compile_messages import ROOT, Entry, PoError, read_po

CATALOGUE = Path("fablab/locale/fr/LC_MESSAGES/django.po")
READ = {".py", ".html", ".txt"}
ROOMS = ("fablab", "members", "place", "machines", "booking", "workshops", "iot_bridge", "desk", "cms")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def extracted(folder: Path) -> list[Entry]:
    """Return every message of the code, as makemessages finds them in a copy of the sources."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and path.suffix in READ and "locale" not in path.parts:
                target = folder / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    (folder / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "-l", "fr", "--no-location", "--verbosity", "0"]
    subprocess.run(command, cwd=folder, check=True, env={"PATH": "/usr/bin:/bin"})
    return read_po(folder / "locale/fr/LC_MESSAGES/django.po")


def problems(wanted: list[Entry], translated: list[Entry]) -> Iterator[str]:
    """Yield one line for each message that is missing, doubtful, incomplete or no longer used."""
    known = {entry.key: entry for entry in translated}
    for entry in wanted:
        if entry.key[1]:
            yield from _problems_of(entry, known.get(entry.key))
    for key in known.keys() - {entry.key for entry in wanted}:
        yield f"no longer used: {key[1]!r}"


def _problems_of(entry: Entry, translation: Entry | None) -> Iterator[str]:
    name = entry.key[1]
    if translation is None:
        yield f"not in the catalogue: {name!r}"
    elif translation.fuzzy:
        yield f"doubtful (fuzzy): {name!r}"
    elif not all(translation.translations) or len(translation.translations) != len(entry.translations):
        yield f"not translated: {name!r}"
    elif not _same_placeholders(entry, translation):
        yield f"other placeholders than in English: {name!r}"


def _same_placeholders(entry: Entry, translation: Entry) -> bool:
    """Tell whether a translation names only placeholders of its message (one form may leave the number out)."""
    known = set(PLACEHOLDER.findall(" ".join(entry.texts.values())))
    used = [set(PLACEHOLDER.findall(text)) for text in translation.translations]
    return all(names <= known for names in used) and used[-1] == known


def main() -> int:
    try:
        translated = read_po(ROOT / CATALOGUE)
    except (PoError, FileNotFoundError) as error:
        print(f"{CATALOGUE}: {error}")
        return 1
    with tempfile.TemporaryDirectory(prefix="fablab-messages-") as folder:
        found = sorted(problems(extracted(Path(folder)), translated))
    print(*found, sep="\n")
    print(f"{len(found)} problem(s) in {CATALOGUE}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
