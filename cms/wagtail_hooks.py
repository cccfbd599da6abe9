"""What the lab adds to Wagtail's admin; registration only, the screens are in `cms/gestion/`."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.site_summary import SiteSummaryPanel, SummaryItem

from cms.gestion import menu, urls
from cms.gestion.today import TodayPanel
from cms.gestion.viewsets import CategoryViewSet, MachineViewSet, PoolViewSet, WorkshopViewSet

for entry in menu.ENTRIES:
    hooks.register("register_admin_menu_item", entry)


@hooks.register("register_admin_urls")
def lab_urls() -> list[URLPattern]:
    return urls.urlpatterns


@hooks.register("register_admin_viewset")
def lab_viewsets() -> list[Any]:
    return [CategoryViewSet(), MachineViewSet(), PoolViewSet(), WorkshopViewSet()]


@hooks.register("construct_homepage_panels")
def begin_with_today(_request: HttpRequest, panels: list[Any]) -> None:
    panels[:] = [TodayPanel(), *(panel for panel in panels if not isinstance(panel, SiteSummaryPanel))]


@hooks.register("construct_homepage_summary_items", order=1000)
def no_summary(_request: HttpRequest, items: list[SummaryItem]) -> None:
    """The panel of the day replaces it, and its figures cost queries."""
    items.clear()


@hooks.register("construct_main_menu")
def hide_help(_request: HttpRequest, items: list[MenuItem]) -> None:
    """Wagtail's help leads outside, in English."""
    items[:] = [item for item in items if item.name != "help"]


@hooks.register("insert_global_admin_css")
def lab_css() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("cms/gestion.css"))


@hooks.register("insert_global_admin_js")
def lab_js() -> str:
    return format_html('<script src="{}" defer></script>', static("cms/gestion.js"))
