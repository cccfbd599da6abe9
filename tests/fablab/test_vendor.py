"""What others wrote and we serve is what its note says, byte for byte."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[2] / "fablab" / "static" / "vendor"
FILES = sorted(VENDOR.rglob("*.min.*"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_the_one_that_is_noted(file: Path) -> None:
    note = (file.parent / "README.md").read_text(encoding="utf-8")
    line = next(line for line in note.splitlines() if line.startswith(f"| `{file.name}`"))
    assert re.findall(r"[0-9a-f]{64}", line)[-1] == sha256(file.read_bytes()).hexdigest()
    assert "sourceMappingURL" not in file.read_text(encoding="utf-8")
    assert (file.parent / "LICENSE.txt").exists()
