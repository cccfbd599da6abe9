"""A short hash of everything that `migrate` reads, so that a database is migrated only when that changed."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What decides the rows and tables of a freshly migrated database. Models do not: their changes need a migration.
SOURCES = ("*/migrations/*.py", "*/apps.py", "*/roles.py", "booking/constraints.py", "requirements/base.txt")


def fingerprint() -> str:
    """Return twelve hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
