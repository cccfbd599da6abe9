"""A photograph from a stranger's telephone: small, upright, silent about where it was taken, and never a bomb."""

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from machines.pictures import MOST_BYTES, NoPicture, TooHeavy, small_photo
from tests.factories.cms import SECRET_COMMENT, SECRET_DEVICE, photo_bytes
from tests.factories.faults import upload

SAMPLES = {kind: photo_bytes(kind) for kind in ("JPEG", "PNG", "WEBP")}


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def made(kind: str, mode: str, size: tuple[int, int], colour: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG of a few hundred bytes that would fill the memory once opened."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", SAMPLES)
def test_neither_place_nor_device_nor_comment_is_left(kind: str) -> None:
    content = small_photo(upload(SAMPLES[kind])).read()
    with opened(content) as picture:
        exif = picture.getexif()
        assert (picture.format, dict(exif), dict(exif.get_ifd(0x8825)), picture.info.get("icc_profile")) == (
            "JPEG", {}, {}, None,
        )  # fmt: skip
    assert SECRET_DEVICE.encode() not in content
    assert SECRET_COMMENT.encode() not in content


def test_a_photo_taken_sideways_stands_upright_and_is_not_enlarged() -> None:
    assert opened(small_photo(upload(photo_bytes(size=(60, 40), orientation=6))).read()).size == (40, 60)


def test_of_a_telephone_s_picture_with_a_preview_only_the_picture_is_kept() -> None:
    out = BytesIO()
    preview = Image.new("RGB", (8, 8), "blue")
    Image.new("RGB", (64, 48), "red").save(out, "MPO", save_all=True, append_images=[preview])
    with opened(small_photo(upload(out.getvalue())).read()) as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 48))


@pytest.mark.parametrize(("size", "expected"), [((4000, 3000), (1600, 1200)), ((100, 3200), (50, 1600))])
def test_a_large_photo_becomes_small(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert opened(small_photo(upload(made("JPEG", "RGB", size, "red"))).read()).size == expected


@pytest.mark.parametrize(("mode", "colour"), [("RGBA", (255, 0, 0, 0)), ("LA", (0, 0)), ("P", 3), ("1", 1), ("L", 9)])
def test_every_kind_of_colour_is_read_and_nothing_shows_as_white(mode: str, colour: object) -> None:
    picture = opened(small_photo(upload(made("PNG", mode, (8, 8), colour))).read())
    assert picture.mode == "RGB"
    if mode in {"RGBA", "LA"}:
        assert picture.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"du texte dans un fichier .jpg",
        b"GIF89a" + b"\0" * 20,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        made("BMP", "RGB", (4, 4), "red"),
        made("GIF", "RGB", (4, 4), "red"),
        SAMPLES["JPEG"][:200],
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["text", "gif", "svg", "eps", "bmp", "whole gif", "cut short", "png without rest"],
)
def test_what_is_no_photograph_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(NoPicture):
        small_photo(upload(content, name="photo.jpg"))


@pytest.mark.parametrize("size", [(7100, 7100), (10_000, 9_500), (60_000, 60_000)])
def test_a_small_file_that_swells_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    bomb = png_that_claims(*size)
    assert len(bomb) < 1000
    with pytest.raises(TooHeavy):
        small_photo(upload(bomb))


def test_a_file_of_more_than_ten_megabytes_is_not_opened() -> None:
    with pytest.raises(TooHeavy):
        small_photo(upload(SAMPLES["JPEG"] + b"\0" * MOST_BYTES))


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about bent tags
@given(kind=st.sampled_from(list(SAMPLES)), place=st.integers(0, 10_000), put=st.binary(max_size=12))
def test_a_bent_file_is_a_photo_or_is_refused(kind: str, place: int, put: bytes) -> None:
    whole = SAMPLES[kind]
    place %= len(whole)
    try:
        content = small_photo(upload(whole[:place] + put + whole[place + len(put) :])).read()
    except (NoPicture, TooHeavy):
        return
    assert opened(content).format == "JPEG"
    assert SECRET_DEVICE.encode() not in content
