"""Documented projects: how it was made, so that others can make it again (domain.md §2.9)."""

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.documents import get_document_model, get_document_model_string
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index

from cms.blocks import SHORT_TEXT, PartBlock, StepBlock
from cms.drawings import HEAD_BYTES, KINDS, is_genuine
from cms.licences import Licence
from machines.models import Machine

PROJECTS_A_PAGE = 24


class Difficulty(models.TextChoices):
    VERY_EASY = "very_easy", _("very easy")
    EASY = "easy", _("easy")
    MEDIUM = "medium", _("medium")
    HARD = "hard", _("hard")
    VERY_HARD = "very_hard", _("very hard")


class ProjectIndexPage(Page):
    introduction = RichTextField(_("introduction"), features=SHORT_TEXT, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("introduction")]

    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.ProjectPage"]
    max_count = 1
    template = "cms/project_index_page.html"

    class Meta:
        verbose_name = _("list of projects")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        found = list(ProjectPage.objects.published().before(request.GET.get("before", ""))[: PROJECTS_A_PAGE + 1])
        shown, more = found[:PROJECTS_A_PAGE], found[PROJECTS_A_PAGE:]
        return context | {"projects": shown, "next_url": f"?before={shown[-1].pk}" if more else ""}


class ProjectQuerySet(PageQuerySet):
    def published(self) -> Self:
        """Return what everybody may read, newest first, pictures included in two more queries."""
        found = self.live().public().select_related("photo").prefetch_related("photo__renditions")
        return found.order_by("-pk")

    def before(self, cursor: str) -> Self:
        """Return the projects older than the one whose id is given; all of them without one."""
        return self.filter(pk__lt=int(cursor)) if cursor.isdecimal() and len(cursor) < 18 else self


class ProjectPage(Page):
    """One project: three fields are enough to begin, the rest may come later."""

    summary = models.CharField(_("in one sentence"), max_length=200)
    authors = models.CharField(
        _("authors"), max_length=200, blank=True, help_text=_("Pseudonyms only, separated by commas.")
    )
    photo = models.ForeignKey(
        "cms.LabImage", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("photograph")
    )
    steps = StreamField([("step", StepBlock())], verbose_name=_("steps"), blank=True)
    materials = StreamField([("material", PartBlock())], verbose_name=_("materials"), blank=True)
    machines = ParentalManyToManyField(
        Machine, blank=True, related_name="project_pages", verbose_name=_("machines used")
    )
    tools = models.CharField(_("other tools"), max_length=200, blank=True)
    licence = models.CharField(_("licence"), max_length=20, choices=Licence, default=Licence.CC_BY_SA)
    difficulty = models.CharField(_("difficulty"), max_length=10, choices=Difficulty, default=Difficulty.EASY)
    duration_minutes = models.PositiveIntegerField(_("time needed (minutes)"), null=True, blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("photo"),
        FieldPanel("steps"),
        MultiFieldPanel([FieldPanel("materials"), FieldPanel("machines"), FieldPanel("tools")], _("To make it")),
        InlinePanel("files", heading=_("Files"), label=_("File")),
        MultiFieldPanel(
            [FieldPanel("authors"), FieldPanel("licence"), FieldPanel("difficulty"), FieldPanel("duration_minutes")],
            _("About this project"),
        ),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("steps"),
        index.SearchField("materials"),
    ]

    objects = PageManager.from_queryset(ProjectQuerySet)()

    parent_page_types = ["cms.ProjectIndexPage"]
    subpage_types: list[str] = []
    template = "cms/project_page.html"

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")

    @property
    def author_names(self) -> list[str]:
        return [name.strip() for name in self.authors.split(",") if name.strip()]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        return context | {"files": self.files.select_related("document"), "machines": self.machines.all()}


def drawing_file(document_id: int) -> None:
    """Raise ValidationError unless the document is of a kind that projects share."""
    document = get_document_model().objects.get(pk=document_id)
    with document.open_file() as file:
        genuine = is_genuine(document.file_extension, file.read(HEAD_BYTES), document.file.size)
    if not genuine:
        message = _("This is none of the kinds that projects share, or not what its name says: %(kinds)s.")
        raise ValidationError(message, params={"kinds": ", ".join(KINDS)})


class ProjectFile(Orderable):
    page = ParentalKey(ProjectPage, on_delete=models.CASCADE, related_name="files")
    document = models.ForeignKey(
        get_document_model_string(),
        models.CASCADE,
        related_name="+",
        verbose_name=_("file"),
        validators=[drawing_file],
    )
    label = models.CharField(_("what it is"), max_length=120, blank=True)

    panels = [FieldPanel("document"), FieldPanel("label")]

    class Meta(Orderable.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")
