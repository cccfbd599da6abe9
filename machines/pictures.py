"""Photographs without what the camera wrote in them: place, date, device, names. Pure: Pillow and nothing of ours."""

import struct
import zlib
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.images import ImageFile
from PIL import Image, ImageOps, ImageSequence

ORIENTATION = 0x0112
# A phone's JPEG with a preview inside is opened as MPO; only the picture itself is kept.
SAVED_AS = {"MPO": "JPEG"}
PHOTO_KINDS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000  # what a telephone makes; a small file may claim far more and fill the memory
LONGEST_SIDE = 1600
# What Pillow raises about files that are cut short or bent.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
)
SWELLING = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class TooHeavy(Exception):
    """The file has more bytes, or the picture more pixels, than we open."""


class NoPicture(Exception):
    """The file is no photograph that we can read, whatever its name says."""


def without_metadata(upload: File) -> ImageFile:
    """Return the same picture, upright, with its colour profile and nothing else.

    Raises PIL.UnidentifiedImageError (an OSError) when the file is no picture.
    """
    upload.seek(0)
    cleaned = BytesIO()
    with Image.open(upload) as picture:
        frames = [_bare(frame) for frame in ImageSequence.Iterator(picture)] if _moves(picture) else [_bare(picture)]
        kind = picture.format or ""
        frames[0].save(cleaned, SAVED_AS.get(kind, kind), **_options(picture, frames))
    cleaned.seek(0)
    return ImageFile(cleaned, name=upload.name)


def small_photo(upload: File) -> ContentFile:
    """Return a photograph as an upright JPEG of at most 1600 px a side, with nothing else in it.

    Raises TooHeavy and NoPicture; neither the name nor the announced type of the file is believed.
    """
    if upload.size > MOST_BYTES:
        raise TooHeavy
    try:
        return ContentFile(_small_jpeg(upload))
    except SWELLING as bomb:
        raise TooHeavy from bomb
    except BROKEN as broken:
        raise NoPicture from broken


def _small_jpeg(upload: File) -> bytes:
    upload.seek(0)
    with Image.open(upload, formats=PHOTO_KINDS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise TooHeavy
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture.load()
        small = _bare(picture)
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = BytesIO()
    _on_white(small).save(out, "JPEG", quality=85)
    return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """Return a picture without transparency: a JPEG has none."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    ground = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(ground, seen).convert("RGB")


def _moves(picture: Image.Image) -> bool:
    return picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1


def _bare(frame: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(frame) if frame.getexif().get(ORIENTATION, 1) != 1 else frame.copy()
    upright.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    upright.getexif().clear()
    return upright


def _options(picture: Image.Image, frames: list[Image.Image]) -> dict[str, Any]:
    options: dict[str, Any] = {"icc_profile": picture.info.get("icc_profile"), "exif": b""}
    if picture.format in {"JPEG", "MPO", "WEBP", "AVIF"}:
        options["quality"] = 92
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": frames[1:], "loop": picture.info.get("loop", 0)}
        options["duration"] = picture.info.get("duration", 100)
    return options
