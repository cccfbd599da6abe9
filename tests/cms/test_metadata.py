"""No picture leaves with where, when and by whom it was taken."""

from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from cms.models import LabImage
from machines.pictures import without_metadata
from tests.factories.cms import SECRET_COMMENT, SECRET_DEVICE, ImageFactory, photo_bytes
from tests.factories.members import StaffFactory

ALL_KINDS = ["JPEG", "PNG", "WEBP"]


def gps_of(content: bytes) -> dict:
    with Image.open(BytesIO(content)) as picture:
        return dict(picture.getexif().get_ifd(0x8825))


def stored(file) -> bytes:
    with file.open() as opened:
        return opened.read()


def test_the_sample_does_carry_what_must_go():
    content = photo_bytes()
    assert gps_of(content)[1] == "N"
    assert SECRET_DEVICE.encode() in content
    assert SECRET_COMMENT.encode() in content


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_cleaned_picture_has_no_exif_gps_or_comment(kind):
    cleaned = without_metadata(ContentFile(photo_bytes(kind), name="photo"))
    content = cleaned.read()
    with Image.open(BytesIO(content)) as picture:
        assert picture.format == kind
        assert dict(picture.getexif()) == {}
    assert gps_of(content) == {}
    assert SECRET_DEVICE.encode() not in content
    assert SECRET_COMMENT.encode() not in content


def test_a_picture_taken_sideways_stands_upright_once_cleaned():
    cleaned = without_metadata(ContentFile(photo_bytes(size=(60, 40), orientation=6), name="photo.jpg"))
    assert Image.open(cleaned).size == (40, 60)


def test_a_moving_picture_keeps_its_frames():
    out = BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=70, comment=SECRET_COMMENT)
    content = without_metadata(ContentFile(out.getvalue(), name="bouge.gif")).read()
    with Image.open(BytesIO(content)) as picture:
        assert picture.n_frames == 3
    assert SECRET_COMMENT.encode() not in content


def test_a_png_keeps_its_transparency():
    out = BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(out, "PNG")
    cleaned = Image.open(without_metadata(ContentFile(out.getvalue(), name="vide.png")))
    assert cleaned.getpixel((0, 0)) == (255, 0, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("spec", ["original", "width-30", "width-30|format-jpeg", "width-30|format-webp"])
def test_neither_the_stored_file_nor_its_renditions_tell_the_place(spec):
    image = ImageFactory()
    for file in (image.file, image.get_rendition(spec).file):
        content = stored(file)
        assert gps_of(content) == {}
        assert SECRET_DEVICE.encode() not in content


@pytest.mark.django_db
def test_size_and_dimensions_are_those_of_the_clean_file():
    image = LabImage.objects.get(pk=ImageFactory().pk)
    content = stored(image.file)
    assert (image.width, image.height) == (40, 60)
    assert image.get_file_size() == len(content)


@pytest.mark.django_db
def test_a_picture_replaced_in_the_back_office_is_cleaned_too(home, client):
    image = ImageFactory()
    client.force_login(StaffFactory(roles=["editor"]))
    upload = ContentFile(photo_bytes(), name="autre.jpg")
    response = client.post(
        f"/gestion/images/{image.pk}/", {"title": "Autre", "file": upload, "collection": image.collection_id}
    )
    assert response.status_code == 302
    image.refresh_from_db()
    assert image.title == "Autre"
    assert SECRET_DEVICE.encode() not in stored(image.file)


@pytest.mark.django_db
def test_a_picture_uploaded_in_the_back_office_is_clean_with_its_hash(home, client):
    client.force_login(StaffFactory(roles=["editor"]))
    upload = ContentFile(photo_bytes(), name="neuve.jpg")
    response = client.post("/gestion/images/add/", {"title": "Neuve", "file": upload, "collection": 1})
    assert response.status_code == 302
    image = LabImage.objects.get(title="Neuve")
    content = stored(image.file)
    assert SECRET_DEVICE.encode() not in content
    assert image.file_size == len(content)
