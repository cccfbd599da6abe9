"""Pictures: who made them, under which licence, and who agreed to be seen."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage, AbstractRendition, Image, get_upload_to

from cms.licences import Licence
from cms.metadata import CleanImageField


class LabImage(AbstractImage):
    """A picture of the lab; its file never carries the camera's metadata."""

    file = CleanImageField(verbose_name=_("file"), upload_to=get_upload_to, width_field="width", height_field="height")
    credit = models.CharField(_("credit"), max_length=120, blank=True)
    licence = models.CharField(_("licence"), max_length=20, choices=Licence, blank=True)
    consent_note = models.CharField(
        _("agreement of the people shown"),
        max_length=250,
        blank=True,
        help_text=_("Who agreed, when, on which paper. No minor in public without both parents' agreement."),
    )

    withheld = models.BooleanField(_("not shown: somebody in it does not agree"), default=False, editable=False)

    admin_form_fields = (*Image.admin_form_fields, "credit", "licence", "consent_note")

    @property
    def shown(self) -> bool:
        """Tell whether pages may show it: templates ask this before they ask for a size."""
        return not self.withheld

    class Meta(AbstractImage.Meta):
        verbose_name = _("image")
        verbose_name_plural = _("images")


class PictureSubject(models.Model):
    """Somebody who can be recognised in a picture: it is public only while they agree (cms/services/pictures.py)."""

    image = models.ForeignKey(LabImage, models.CASCADE, related_name="subjects", verbose_name=_("image"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="pictures", verbose_name=_("person")
    )

    class Meta:
        verbose_name = _("person in a picture")
        verbose_name_plural = _("people in pictures")
        constraints = [models.UniqueConstraint(fields=["image", "person"], name="picture_subject_once")]

    def __str__(self) -> str:
        return f"{self.image_id} – {self.person_id}"


class LabRendition(AbstractRendition):
    image = models.ForeignKey(LabImage, models.CASCADE, related_name="renditions")

    class Meta:
        verbose_name = _("image size")
        verbose_name_plural = _("image sizes")
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="rendition_once")
        ]
