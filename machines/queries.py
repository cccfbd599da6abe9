"""Reading the park, across models."""

from datetime import date

from django.db.models import Q

from machines.models import Level, MachineCategory, Qualification
from members.models import User


def is_trainer(person: User, category: MachineCategory, day: date) -> bool:
    """Tell whether somebody may sign for others on these machines: a level 3 that holds that day."""
    rows = Qualification.objects.filter(member=person, category=category, level=Level.TRAINER, withdrawn_reason="")
    return rows.filter(Q(expires_on__isnull=True) | Q(expires_on__gte=day)).exists()
