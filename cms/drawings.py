"""Files that projects share: known kinds only, and each really of the kind its name says."""

from collections.abc import Callable

HEAD_BYTES = 4096


def _is_stl(head: bytes, size: int) -> bool:
    """A text starting with `solid`, or 84 bytes then 50 for each triangle counted in bytes 80 to 83."""
    return head.lstrip().startswith(b"solid") or size == 84 + 50 * int.from_bytes(head[80:84], "little")


def _is_text(head: bytes, _size: int) -> bool:
    return b"\x00" not in head


def _is_dxf(head: bytes, size: int) -> bool:
    return head.startswith(b"AutoCAD Binary DXF") or (b"SECTION" in head and _is_text(head, size))


KINDS: dict[str, Callable[[bytes, int], bool]] = {
    "stl": _is_stl,
    "3mf": lambda head, _size: head.startswith(b"PK\x03\x04"),
    "obj": _is_text,
    "svg": lambda head, _size: b"<svg" in head,
    "dxf": _is_dxf,
    "pdf": lambda head, _size: b"%PDF-" in head[:1024],
}


def is_genuine(extension: str, head: bytes, size: int) -> bool:
    """Tell whether the first bytes of a file fit the kind its name claims; an unknown kind never does."""
    check = KINDS.get(extension.lower())
    return bool(check and size and check(head[:HEAD_BYTES], size))
