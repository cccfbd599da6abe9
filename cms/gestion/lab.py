"""The screen of the lab itself."""

from typing import Any

from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _

from cms.gestion import rights
from cms.gestion.foreseen import Foreseen
from cms.gestion.forms.lab import LabForm
from place.models import LabSettings
from place.queries import lab
from place.services import describe_lab


class LabEdit(Foreseen):
    right = rights.PLAN_OPENINGS
    page_title = _("The lab")
    header_icon = "home"
    form_class = LabForm
    submit_label = _("Save")
    success_message = _("Saved.")
    done_url = "lab_settings"

    def get_initial(self) -> dict[str, Any]:
        return model_to_dict(lab(), LabForm.Meta.fields) | super().get_initial()

    def change(self, data: dict[str, Any]) -> LabSettings:
        return describe_lab(actor=self.request.user, **data)
