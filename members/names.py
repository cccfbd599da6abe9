"""Names as people type them: with or without accents, capitals, hyphens."""

import re
import unicodedata


def folded(text: str) -> str:
    """Return a name without accents, capitals and marks: the same however it was typed, composed or not."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain).split())


def search_name(*names: str) -> str:
    """Return what a person is found by: all their names, folded."""
    return " ".join(filter(None, (folded(name) for name in names)))[:400]
