"""The few blocks pages are written with."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

TEXT = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "document-link"]
SHORT_TEXT = ["bold", "italic", "ol", "ul", "link"]


class StepBlock(blocks.StructBlock):
    """One step of a project: what to do, and a picture of it."""

    title = blocks.CharBlock(label=_("Step"), max_length=120)
    text = blocks.RichTextBlock(label=_("What to do"), features=SHORT_TEXT, required=False)
    image = ImageBlock(label=_("Picture"), required=False)

    class Meta:
        icon = "list-ol"
        label = _("Step")
        template = "cms/blocks/step.html"


class PartBlock(blocks.StructBlock):
    """One line of the list of materials."""

    quantity = blocks.CharBlock(label=_("How much"), max_length=40, required=False)
    name = blocks.CharBlock(label=_("What"), max_length=120)

    class Meta:
        icon = "clipboard-list"
        label = _("Material")


class PictureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Picture"))
    caption = blocks.CharBlock(label=_("Caption"), max_length=160, required=False)

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "cms/blocks/picture.html"


class BodyBlock(blocks.StreamBlock):
    """The text of an ordinary page."""

    text = blocks.RichTextBlock(label=_("Text"), features=TEXT)
    picture = PictureBlock()
