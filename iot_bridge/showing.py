"""A payload for people's eyes: its beginning as text, or in hex when it is no text. Pure."""

from typing import NamedTuple

TEXT_LENGTH, HEX_BYTES, LINE_BYTES = 2000, 512, 32


class Shown(NamedTuple):
    """What is shown of a payload of `size` bytes; `cut` when that is not all of it."""

    text: str
    size: int
    is_text: bool
    cut: bool


def shown(payload: bytes) -> Shown:
    """Return what to show: control, direction and other invisible signs are written as their escapes."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        begin = payload[:HEX_BYTES]
        lines = [begin[at : at + LINE_BYTES].hex(" ") for at in range(0, len(begin), LINE_BYTES)]
        return Shown("\n".join(lines), len(payload), is_text=False, cut=len(payload) > HEX_BYTES)
    plain = "".join(sign if sign.isprintable() or sign == "\n" else _escaped(sign) for sign in text[:TEXT_LENGTH])
    return Shown(plain, len(payload), is_text=True, cut=len(text) > TEXT_LENGTH)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
