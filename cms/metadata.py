"""Photographs without what the camera wrote in them: place, date, device, names."""

from io import BytesIO

from django.core.files.images import ImageFile
from django.db.models.fields.files import FieldFile, File, ImageFileDescriptor
from PIL import Image, ImageOps, ImageSequence
from wagtail.images.models import WagtailImageField

ORIENTATION = 0x0112
# A phone's JPEG with a preview inside is opened as MPO; only the picture itself is kept.
SAVED_AS = {"MPO": "JPEG"}


def without_metadata(upload: File) -> ImageFile:
    """Return the same picture, upright, with its colour profile and nothing else.

    Raises PIL.UnidentifiedImageError (an OSError) when the file is no picture.
    """
    upload.seek(0)
    cleaned = BytesIO()
    with Image.open(upload) as picture:
        frames = [_bare(frame) for frame in ImageSequence.Iterator(picture)] if _moves(picture) else [_bare(picture)]
        frames[0].save(cleaned, SAVED_AS.get(picture.format, picture.format), **_options(picture, frames))
    cleaned.seek(0)
    return ImageFile(cleaned, name=upload.name)


def _moves(picture: Image.Image) -> bool:
    return picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1


def _bare(frame: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(frame) if frame.getexif().get(ORIENTATION, 1) != 1 else frame.copy()
    upright.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    upright.getexif().clear()
    return upright


def _options(picture: Image.Image, frames: list[Image.Image]) -> dict:
    options: dict = {"icc_profile": picture.info.get("icc_profile"), "exif": b""}
    if picture.format in {"JPEG", "MPO", "WEBP", "AVIF"}:
        options["quality"] = 92
    if len(frames) > 1:
        options |= {"save_all": True, "append_images": frames[1:], "loop": picture.info.get("loop", 0)}
        options["duration"] = picture.info.get("duration", 100)
    return options


class CleanImageDescriptor(ImageFileDescriptor):
    """Clean an upload the moment it is given to the model: size and hash are then those of the clean file."""

    def __set__(self, instance, value) -> None:
        arrives = isinstance(value, File) and not isinstance(value, FieldFile)
        super().__set__(instance, without_metadata(value) if arrives else value)


class CleanImageField(WagtailImageField):
    """An image field whose stored file carries no metadata, so that no rendition can."""

    descriptor_class = CleanImageDescriptor
