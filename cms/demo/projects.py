"""Three projects documented as members would: under pseudonyms, with what it takes to make them again."""

from typing import Any

from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from cms.demo import pictures, texts
from cms.demo.drawing import pencil_box_svg
from cms.demo.stage import Stage
from cms.models import ProjectFile, ProjectIndexPage, ProjectPage

AS_WRITTEN = ("slug", "title", "summary", "authors", "tools", "licence", "difficulty", "duration_minutes")


def load(stage: Stage) -> int:
    """Publish the projects; return how many."""
    index, stories = ProjectIndexPage.objects.get(), texts.read("projects")["project"]
    for story in stories:
        page = _page(story)
        index.add_child(instance=page)
        page.machines.set([stage.machines[slug] for slug in story["machines"]])
        if "plan" in story:
            page.files.add(ProjectFile(document=_plan(story), label=story["plan"]))
        page.save_revision().publish()
    return len(stories)


def _page(story: dict[str, Any]) -> ProjectPage:
    return ProjectPage(
        photo=pictures.picture(**story["cover"]),
        materials=[("material", material) for material in story["materials"]],
        steps=[("step", _step(step)) for step in story["step"]],
        **{name: story[name] for name in AS_WRITTEN},
    )


def _step(step: dict[str, Any]) -> dict[str, Any]:
    image = pictures.picture(**step["picture"]) if "picture" in step else None
    if image is not None:
        image.contextual_alt_text = image.title
    return {"title": step["title"], "text": step["text"], "image": image}


def _plan(story: dict[str, Any]) -> AbstractDocument:
    file = ContentFile(pencil_box_svg().encode(), name=f"{story['slug']}.svg")
    return get_document_model().objects.create(title=story["title"], file=file)
