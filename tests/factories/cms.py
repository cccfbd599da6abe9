"""The site's tree, its pages and its pictures."""

from io import BytesIO

import factory
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from PIL import Image
from wagtail.documents import get_document_model
from wagtail.models import Page

from cms.models import HomePage, LabImage, ProjectIndexPage, ProjectPage
from cms.services import ensure_site

SECRET_DEVICE = "APPAREIL-DE-MATHIS"
SECRET_COMMENT = "prise chez Mathis"
LATITUDE = (43.0, 38.0, 24.31)


def site_tree() -> HomePage:
    """Build the starting site in a test's database."""
    return ensure_site()


def photo_bytes(kind: str = "JPEG", size: tuple[int, int] = (60, 40), orientation: int = 6) -> bytes:
    """Return a photograph as a phone writes it: device, comment, place (GPS), and turned on its side."""
    exif = Image.Exif()
    exif[0x010F] = SECRET_DEVICE
    exif[0x0112] = orientation
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", LATITUDE, "E", (5.0, 5.0, 50.0)
    out = BytesIO()
    extra = {"comment": SECRET_COMMENT} if kind == "JPEG" else {}
    Image.new("RGB", size, "#c0412a").save(out, kind, exif=exif, **extra)
    return out.getvalue()


class ImageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LabImage

    title = factory.Sequence(lambda number: f"Photo {number}")
    file = factory.LazyAttribute(lambda image: ImageFile(BytesIO(photo_bytes()), name=f"{image.title}.jpg"))


class DocumentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_document_model()

    title = factory.Sequence(lambda number: f"Fichier {number}")
    file = factory.LazyAttribute(
        lambda document: ContentFile(b"solid etoile\nendsolid\n", name=f"{document.title}.stl")
    )


class PageFactory(factory.django.DjangoModelFactory):
    """A page placed in the tree: `parent=` is where; the tree must exist."""

    class Meta:
        model = Page
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Page], *args, parent: Page, **fields) -> Page:
        return parent.add_child(instance=model_class(**fields))


class ProjectFactory(PageFactory):
    class Meta:
        model = ProjectPage

    parent = factory.LazyFunction(ProjectIndexPage.objects.get)
    title = factory.Sequence(lambda number: f"Étoile {number}")
    slug = factory.Sequence(lambda number: f"etoile-{number}")
    summary = "Une étoile à accrocher."
    authors = "Comète, Pixel"
