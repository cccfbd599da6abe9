"""What came of a session: its photographs, and the projects made there."""

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cms.models.images import LabImage
from cms.models.projects import ProjectPage
from workshops.models import WorkshopSession


class SessionStory(models.Model):
    """The photographs and the projects of a session; its public page shows those that may be seen."""

    session = models.OneToOneField(
        WorkshopSession, models.CASCADE, related_name="story", verbose_name=_("session"), primary_key=True
    )
    photos = models.ManyToManyField(LabImage, blank=True, related_name="+", verbose_name=_("photographs"))
    projects = models.ManyToManyField(ProjectPage, blank=True, related_name="+", verbose_name=_("projects made there"))

    class Meta:
        verbose_name = _("what came of a session")
        verbose_name_plural = _("what came of sessions")

    def __str__(self) -> str:
        return str(self.session_id)

    def shown_photos(self) -> QuerySet[LabImage]:
        """Return the photographs for everybody: whose people all agree, or of which it is said who is in them.

        One of which nobody has said anything is not shown: there may be a child in it.
        """
        told = Q(subjects__isnull=False) | ~Q(consent_note="")
        return self.photos.filter(told, withheld=False).distinct().prefetch_related("renditions").order_by("pk")

    def shown_projects(self) -> QuerySet[ProjectPage]:
        return ProjectPage.objects.published().filter(pk__in=self.projects.values("pk"))
