"""The site as it is on the first day: a tree of real pages that the lab then rewrites."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page, Site

from cms.models import (
    HomePage,
    MachineIndexPage,
    ProjectIndexPage,
    StandardPage,
    WorkshopIndexPage,
)
from cms.services.pages import pages_for_all
from members.roles import DIRECTOR, EDITOR, FAB_MANAGER
from place.queries import lab

TEXTS = Path(__file__).parent.parent / "starting"
SomePage = TypeVar("SomePage", bound=Page)


@dataclass(frozen=True, slots=True)
class Text:
    """A page of text whose body is a file of `cms/starting/`."""

    slug: str
    title: str
    introduction: str
    in_menu: bool = False

    @property
    def body(self) -> list[tuple[str, str]]:
        return [("text", (TEXTS / f"{self.slug}.html").read_text(encoding="utf-8"))]


TEXT_PAGES = (
    Text("comment-ca-marche", "Comment ça marche", "Du premier pas dans le lab à ton premier objet.", in_menu=True),
    Text("acces", "Venir au lab", "L’adresse, les horaires, l’entrée."),
    Text("contact", "Nous contacter", "Une question ? Passe à l’accueil ou appelle."),
    Text("vie-privee", "Tes données", "Ce que le lab sait de toi, pourquoi, et pour combien de temps."),
    Text("accessibilite", "Accessibilité : non conforme", "Ce site doit pouvoir servir à tout le monde."),
    Text("mentions-legales", "Mentions légales", "Qui est derrière ce site."),
)

EDITS_EVERYTHING = (EDITOR, FAB_MANAGER, DIRECTOR)
PAGE_RIGHTS = ("add_page", "change_page", "publish_page")
COLLECTION_RIGHTS = ("add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document")


@transaction.atomic
def ensure_site() -> HomePage:
    """Build what is missing of the site's tree and its rights; never changes a page that exists. Idempotent."""
    home = HomePage.objects.first() or _make_home()
    _child(home, MachineIndexPage(title="Les machines", slug="machines", show_in_menus=True, introduction=MACHINES))
    _child(home, WorkshopIndexPage(title="Les ateliers", slug="ateliers", show_in_menus=True, introduction=WORKSHOPS))
    _child(home, ProjectIndexPage(title="Les projets", slug="projets", show_in_menus=True, introduction=PROJECTS))
    for text in TEXT_PAGES:
        _child(home, _text_page(text))
    pages_for_all()
    _give_rights(home)
    return home


MACHINES = "<p>Choisis une machine pour voir ce qu’elle fait, ce qu’il faut savoir et quand elle est libre.</p>"
WORKSHOPS = "<p>On apprend en fabriquant, ensemble. Choisis une date et prends ta place.</p>"
PROJECTS = "<p>Ce que les gens du lab ont fabriqué, étape par étape. À toi de le refaire ou de l’améliorer.</p>"


def _make_home() -> HomePage:
    """Put our home page in the place of the one that Wagtail makes for a new site."""
    root = Page.get_first_root_node()
    home = HomePage(
        title=lab().name,
        slug="accueil",
        headline="Fabrique, répare, invente.",
        welcome="<p>Un atelier ouvert à tout le monde, au cœur des Canourgues.</p>",
        find_us="<p>101 rue de Copenhague, 13300 Salon-de-Provence<br/>04 90 44 02 20</p>",
    )
    root.add_child(instance=home)
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "root_page": home, "site_name": home.title}
    )
    _drop_welcome_page(root)
    return home


def _drop_welcome_page(root: Page) -> None:
    """Wagtail's own page is a bare Page; ours never are."""
    for page in root.get_children().filter(content_type__app_label="wagtailcore", content_type__model="page"):
        if not page.get_children().exists():
            page.delete()


def _text_page(text: Text) -> StandardPage:
    return StandardPage(
        title=text.title,
        slug=text.slug,
        introduction=text.introduction,
        body=text.body,
        show_in_menus=text.in_menu,
    )


def _child(parent: Page, page: SomePage) -> None:
    if not parent.get_children().filter(slug=page.slug).exists():
        parent.add_child(instance=page)
        page.save_revision()


def _give_rights(home: HomePage) -> None:
    """Let editors write pages and handle images and files; nobody deletes the tree."""
    groups = Group.objects.filter(name__in=EDITS_EVERYTHING)
    collection = Collection.get_first_root_node()
    pages, files = _permissions(PAGE_RIGHTS), _permissions(COLLECTION_RIGHTS)
    for group in groups:
        for right in pages:
            GroupPagePermission.objects.get_or_create(group=group, page=home, permission=right)
        for right in files:
            GroupCollectionPermission.objects.get_or_create(group=group, collection=collection, permission=right)


def _permissions(codenames: tuple[str, ...]) -> list[Permission]:
    owners = ("wagtailcore", "wagtailimages", "wagtaildocs")
    return list(Permission.objects.filter(codename__in=codenames, content_type__app_label__in=owners))
