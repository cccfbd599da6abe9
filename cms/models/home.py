"""The front page and the pages that are only text."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index

from cms import queries
from cms.blocks import SHORT_TEXT, BodyBlock
from cms.models.projects import ProjectPage

HOME_MACHINES, HOME_SESSIONS, HOME_PROJECTS = 6, 4, 3


class HomePage(Page):
    """Open now? Which machines are free? What is on? All of it read live."""

    headline = models.CharField(_("headline"), max_length=80)
    welcome = RichTextField(_("welcome"), features=SHORT_TEXT, blank=True)
    find_us = RichTextField(_("where we are"), features=SHORT_TEXT, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("headline"), FieldPanel("welcome"), FieldPanel("find_us")]
    search_fields = [*Page.search_fields, index.SearchField("welcome")]

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "cms.MachineIndexPage",
        "cms.WorkshopIndexPage",
        "cms.ProjectIndexPage",
        "cms.StandardPage",
    ]
    max_count = 1
    template = "cms/home_page.html"

    class Meta:
        verbose_name = _("home page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        now = timezone.now()
        return context | {
            "opening": queries.opening_now(now),
            "machines": queries.park(now)[:HOME_MACHINES],
            "sessions": queries.coming_sessions(now, HOME_SESSIONS),
            "projects": ProjectPage.objects.published()[:HOME_PROJECTS],
        }


class StandardPage(Page):
    """A page of text: legal notice, contact, how it works."""

    introduction = models.TextField(_("introduction"), blank=True)
    body = StreamField(BodyBlock(), verbose_name=_("text"), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("introduction"), index.SearchField("body")]

    parent_page_types = ["cms.HomePage", "cms.StandardPage"]
    subpage_types = ["cms.StandardPage"]
    template = "cms/standard_page.html"

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")
