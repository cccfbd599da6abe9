"""What came of a session: `{% load stories %}`."""

from typing import Any

from django import template

from cms.models import SessionStory
from workshops.models import WorkshopSession

register = template.Library()


@register.inclusion_tag("cms/includes/session_story.html")
def session_story(session: WorkshopSession) -> dict[str, Any]:
    """Show the photographs and the projects of a session that may be seen, or nothing."""
    story = SessionStory.objects.filter(session=session.pk).first()
    if story is None:
        return {"photos": [], "projects": []}
    return {"photos": list(story.shown_photos()), "projects": list(story.shown_projects())}
