"""Photographs of the site, cleaned of what the camera wrote in them the moment they arrive."""

from django.db.models.fields.files import FieldFile, File, ImageFileDescriptor
from wagtail.images.models import WagtailImageField

from machines.pictures import without_metadata


class CleanImageDescriptor(ImageFileDescriptor):
    """Clean an upload the moment it is given to the model: size and hash are then those of the clean file."""

    def __set__(self, instance, value) -> None:
        arrives = isinstance(value, File) and not isinstance(value, FieldFile)
        super().__set__(instance, without_metadata(value) if arrives else value)


class CleanImageField(WagtailImageField):
    """An image field whose stored file carries no metadata, so that no rendition can."""

    descriptor_class = CleanImageDescriptor
