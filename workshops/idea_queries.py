"""Ideas for workshops: one query a list."""

from django.db.models import Count, Exists, OuterRef, QuerySet

from members.models import User
from workshops.models import IdeaInterest, WorkshopIdea

MOST = 100


def shown(member: User | None) -> QuerySet[WorkshopIdea]:
    """Return the ideas everybody may see, the most wished for first; `interested` people, `mine` when I said so."""
    mine = IdeaInterest.objects.filter(idea=OuterRef("pk"), member=member)
    rows = WorkshopIdea.objects.filter(state=WorkshopIdea.State.SHOWN).defer("proposed_by")
    rows = rows.annotate(interested=Count("interests"), mine=Exists(mine))
    return rows.order_by("-interested", "-proposed_at", "-pk")[:MOST]


def proposed_by(member: User) -> QuerySet[WorkshopIdea]:
    """Return a member's own ideas, the newest first, with what became of them."""
    return WorkshopIdea.objects.filter(proposed_by=member)[:MOST]
