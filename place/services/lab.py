"""The only writer of who the lab is and how it works as a whole."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import User
from members.services import record
from place.models import LabSettings
from place.services.calendar import follow_calendar


@transaction.atomic
def describe_lab(*, actor: User | None, **fields: Any) -> LabSettings:
    """Change the lab's row; another school zone changes the openings that follow the school year.

    Raises ValidationError, PermissionDenied.
    """
    if actor is not None and not actor.has_perm("place.change_openingperiod"):
        raise PermissionDenied(_("You cannot change what the lab says of itself."))
    row = LabSettings.objects.select_for_update(no_key=True).filter(pk=1).first() or LabSettings(pk=1)
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    if "school_zone" in fields:
        follow_calendar()
    record(actor=actor, action="lab.described", subject="lab", detail={"fields": sorted(fields)})
    return row
