"""Licences a project or a picture may be shared under, by their SPDX identifiers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Licence(models.TextChoices):
    CC_BY = "CC-BY-4.0", _("Share and change, name the authors (CC BY)")
    CC_BY_SA = "CC-BY-SA-4.0", _("Share and change, same licence (CC BY-SA)")
    CC_BY_NC_SA = "CC-BY-NC-SA-4.0", _("Share and change, never sold, same licence (CC BY-NC-SA)")
    CC_ZERO = "CC0-1.0", _("No conditions (CC0)")
    CERN_OHL_S = "CERN-OHL-S-2.0", _("Open hardware, same licence (CERN-OHL-S)")
    CERN_OHL_P = "CERN-OHL-P-2.0", _("Open hardware, free use (CERN-OHL-P)")
    LICENCE_ART_LIBRE = "LAL-1.3", _("Free Art Licence")
