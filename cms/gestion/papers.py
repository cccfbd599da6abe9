"""Screens of what people sign: the texts and their versions; and of who is in which picture."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.papers import PeopleForm, TextForm
from cms.gestion.machines import OneRow
from cms.gestion.views import Act, Listing
from cms.models import LabImage
from cms.services.pictures import say_who_is_in
from members import services
from members.models import LegalText, Purpose

TEXTS = ("lab_texts", _("Texts to sign"))
PICTURES = ("lab_pictures", _("People in pictures"))


class TextList(Listing):
    right = rights.PUBLISH_TEXTS
    page_title = TEXTS[1]
    header_icon = "doc-full"
    order = ("purpose", "-version", "language")
    add = ("lab_text_publish", _("Publish a new version"))

    def rows(self, filters: dict[str, Any]) -> QuerySet[LegalText]:
        return LegalText.objects.all()

    def columns(self) -> list[Column]:
        return [
            Column("purpose", label=_("About"), accessor=lambda row: row.get_purpose_display()),
            Column("version", label=_("Version")),
            Column("language", label=_("Language"), accessor=lambda row: row.get_language_display()),
            Column("published_on", label=_("Published")),
            Column("body", label=_("Text")),
        ]


class TextPublish(Act):
    right = rights.PUBLISH_TEXTS
    page_title = _("Publish a new version")
    parent = TEXTS
    header_icon = "doc-full"
    form_class = TextForm
    submit_label = _("Publish")
    explanation = _("Who signed an earlier version has signed. A language left empty shows the lab’s own, marked.")
    success_message = _("The new text is what people sign from now on.")
    done_url = TEXTS[0]

    def act(self, data: dict[str, Any]) -> list[LegalText]:
        bodies = {code: data[code] for code, _name in settings.FORM_LANGUAGES}
        return services.publish_text(actor=self.request.user, purpose=data["purpose"], bodies=bodies)

    def get_initial(self) -> dict[str, Any]:
        return {"purpose": Purpose.CHARTER} | super().get_initial()


class PictureList(Listing):
    any_of = (rights.NAME_IN_PICTURES,)
    page_title = PICTURES[1]
    header_icon = "image"
    order = ("-pk",)
    empty_text = _("No picture yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[LabImage]:
        return LabImage.objects.prefetch_related("subjects__person")

    def columns(self) -> list[Column]:
        return [
            Column("title", label=_("Picture")),
            Column("people", label=_("People in it"), accessor=_people),
            Column("shown", label=_("On the site"), accessor=lambda row: _("shown") if row.shown else _("withheld")),
        ]

    def actions(self, row: LabImage) -> list[tuple[Any, str]]:
        return [(_("Say who is in it"), reverse("lab_picture_people", args=[row.pk]))]


def _people(row: LabImage) -> str:
    return ", ".join(subject.person.short_name for subject in row.subjects.all())


class PicturePeople(OneRow):
    any_of = (rights.NAME_IN_PICTURES,)
    model = LabImage
    page_title = _("Say who is in it")
    parent = PICTURES
    form_class = PeopleForm
    submit_label = _("Save")
    explanation = _(
        "A picture is on the site only while everybody in it agrees: before 18, both parents and the child."
    )
    success_message = _("Noted.")
    done_url = PICTURES[0]

    def get_initial(self) -> dict[str, Any]:
        names = [subject.person.username for subject in self.row.subjects.select_related("person")]
        return {"people": "\n".join(names)} | super().get_initial()

    def act(self, data: dict[str, Any]) -> LabImage:
        return say_who_is_in(actor=self.request.user, image=self.row, people=data["people"])
