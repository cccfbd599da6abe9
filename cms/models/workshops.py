"""The workshops' pages: what we do, and its next dates."""

from typing import Any

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index

from cms import queries
from cms.blocks import SHORT_TEXT, TEXT
from place.clock import today
from workshops.models import Workshop
from workshops.queries import leaders_of, price_list

INDEX_SESSIONS, PAGE_SESSIONS = 30, 12


class WorkshopIndexPage(Page):
    introduction = RichTextField(_("introduction"), features=SHORT_TEXT, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction")]

    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.WorkshopPage"]
    max_count = 1
    template = "cms/workshop_index_page.html"

    class Meta:
        verbose_name = _("list of workshops")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        return context | {
            "pages": WorkshopPage.objects.live()
            .public()
            .filter(workshop__draft=False)
            .select_related("workshop")
            .order_by("title"),
            "sessions": queries.coming_sessions(timezone.now(), INDEX_SESSIONS),
        }


class WorkshopPage(Page):
    """A workshop told; made with the workshop, never by hand."""

    workshop = models.OneToOneField(Workshop, models.PROTECT, related_name="page", verbose_name=_("workshop"))
    photo = models.ForeignKey(
        "cms.LabImage", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photograph")
    )
    body = RichTextField(_("what we do"), features=TEXT, blank=True)
    bring = models.CharField(_("what to bring"), max_length=200, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("photo"), FieldPanel("body"), FieldPanel("bring")]
    promote_panels = [FieldPanel("seo_title"), FieldPanel("search_description")]
    search_fields = [*Page.search_fields, index.SearchField("body")]

    is_creatable = False
    parent_page_types = ["cms.WorkshopIndexPage"]
    subpage_types: list[str] = []
    template = "cms/workshop_page.html"

    class Meta:
        verbose_name = _("workshop page")
        verbose_name_plural = _("workshop pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        sessions = queries.coming_sessions(timezone.now(), PAGE_SESSIONS, workshop=self.workshop_id)
        offer = {"prices": price_list(self.workshop), "leaders": leaders_of(self.workshop, today())}
        return context | {"workshop": self.workshop, "sessions": sessions} | offer

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page; that of a draft is not there, even when somebody published it."""
        if self.workshop.draft:
            raise Http404
        return super().serve(request, *args, **kwargs)
