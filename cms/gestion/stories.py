"""What came of a session: photographs and projects."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from cms.gestion import rights
from cms.gestion.forms.stories import StoryForm
from cms.gestion.workshops import OneSession
from cms.models import SessionStory
from cms.services.stories import tell


class SessionStoryEdit(OneSession):
    right = rights.NAME_IN_PICTURES
    page_title = _("Photographs and projects")
    form_class = StoryForm
    submit_label = _("Save")
    explanation = _("The page of the session shows what everybody in it agrees to.")
    success_message = _("Noted.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"story": SessionStory.objects.filter(session=self.row).first()}

    def act(self, data: dict[str, Any]) -> SessionStory:
        return tell(actor=self.request.user, session=self.row, **data)
