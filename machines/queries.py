"""Reading the park, across models."""

from machines.models import Qualification
from members.models import User


def passport(member: User) -> list[Qualification]:
    """Return a member's habilitations that are not withdrawn, with their categories: one query."""
    rows = Qualification.objects.filter(member=member, withdrawn_reason="").select_related("category")
    return list(rows.order_by("category__name"))
