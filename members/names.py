"""Names as people type them: with or without accents, capitals, hyphens."""

import re
import unicodedata

ACCENTS = re.compile("[\u0300-\u036f]")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
ONE_SIGN = str.maketrans(
    dict.fromkeys("’‘ʼ′`´＇", "'") | dict.fromkeys("-‐‑‒–—―−_", " ") | {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l"}
)


def folded(text: str) -> str:
    """Return a text without what hands write differently: case, accents, hyphens, apostrophes, spaces."""
    text = UNSEEN.sub("", text).translate(ONE_SIGN)
    for _twice in range(2):
        text = ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return " ".join(unicodedata.normalize("NFKD", text).translate(ONE_SIGN).split())


def search_name(*names: str) -> str:
    """Return what a person is found by: all their names, folded."""
    return " ".join(filter(None, (folded(name) for name in names)))[:400]
