"""The only writer of what came of a session."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from cms.models import LabImage, ProjectPage, SessionStory
from members.models import User
from members.services import record
from workshops.models import WorkshopSession


@transaction.atomic
def tell(
    *, actor: User, session: WorkshopSession, photos: Iterable[LabImage], projects: Iterable[ProjectPage]
) -> SessionStory:
    """Say which photographs and projects are of a session; who is in a photograph is said there. PermissionDenied."""
    if not actor.has_perm("wagtailimages.add_image"):
        raise PermissionDenied(_("You cannot add photographs to a session."))
    story, _made = SessionStory.objects.get_or_create(session=session)
    story.photos.set(photos)
    story.projects.set(projects)
    detail = {"photos": story.photos.count(), "projects": story.projects.count()}
    record(actor=actor, action="session.told", subject=f"workshopsession:{session.pk}", detail=detail)
    return story
