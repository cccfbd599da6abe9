"""The park's pages: text and live state on one page."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index

from booking.services import awaited_at
from cms import queries
from cms.blocks import SHORT_TEXT, TEXT
from cms.models.projects import ProjectPage
from machines.models import Machine, Process
from machines.services.presence import question_for
from machines.services.starts import offer_start


class MachineIndexPage(Page):
    introduction = RichTextField(_("introduction"), features=SHORT_TEXT, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction")]

    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.MachinePage"]
    max_count = 1
    template = "cms/machine_index_page.html"

    class Meta:
        verbose_name = _("list of machines")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        shown = request.GET.get("process", "")
        process = shown if shown in Process.values else ""
        cards = queries.park(timezone.now())
        return context | {
            "process": process,
            "processes": queries.processes_of(cards),
            "machines": [card for card in cards if process in {"", card.machine.category.process}],
        }


class MachinePage(Page):
    """What a machine does and how to use it safely; made with the machine, never by hand."""

    machine = models.OneToOneField(Machine, models.PROTECT, related_name="page", verbose_name=_("machine"))
    photo = models.ForeignKey(
        "cms.LabImage", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photograph")
    )
    body = RichTextField(_("what it does"), features=TEXT, blank=True)
    safety = RichTextField(_("safety"), features=SHORT_TEXT, blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("photo"),
        FieldPanel("body"),
        FieldPanel("safety"),
    ]
    promote_panels = [FieldPanel("seo_title"), FieldPanel("search_description")]
    search_fields = [*Page.search_fields, index.SearchField("body"), index.SearchField("safety")]

    is_creatable = False
    parent_page_types = ["cms.MachineIndexPage"]
    subpage_types: list[str] = []
    template = "cms/machine_page.html"

    class Meta:
        verbose_name = _("machine page")
        verbose_name_plural = _("machine pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context, now = super().get_context(request, *args, **kwargs), timezone.now()
        card = queries.machine_card(self.machine_id, now)
        known = request.user.is_authenticated
        return (
            context
            | {
                "card": card,
                "awaited": awaited_at(request.user, card.machine, now) if known else None,  # type: ignore[arg-type]
                "materials": list(self.machine.materials.all()),
                "question": question_for(request.user, card.machine, now),
                "offer": offer_start(request.user, card.machine, now),
                "projects": ProjectPage.objects.published().filter(machines=self.machine_id)[:3],
            }
        )
