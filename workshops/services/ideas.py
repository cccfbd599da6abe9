"""Workshops that people would like: proposed, read by the team, wished for by others, taken up as a draft."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from members.models import User
from workshops.models import IdeaInterest, Workshop, WorkshopIdea
from workshops.services.offers import save_workshop
from workshops.services.rows import log, may_plan

MOST_WAITING = 5
State = WorkshopIdea.State


@transaction.atomic
def propose(*, title: str, text: str, actor: User, now: datetime | None = None) -> WorkshopIdea:
    """Send in an idea; it is shown once the team has read it. Raises ValidationError, also for a sixth unread one."""
    unread = WorkshopIdea.objects.filter(proposed_by=actor, state=State.SENT).count()
    if unread >= MOST_WAITING:
        raise ValidationError(_("We have not read your other ideas yet: come back in a few days."))
    idea = WorkshopIdea(title=title.strip(), text=text.strip(), proposed_by=actor, proposed_at=now or timezone.now())
    idea.full_clean()
    idea.save()
    IdeaInterest.objects.create(idea=idea, member=actor)
    log(actor, "idea.proposed", idea)
    return idea


@transaction.atomic
def settle_interest(*, idea: WorkshopIdea, member: User, wanted: bool) -> int:
    """Say "that interests me too", or no longer; return how many say so. Raises ValidationError unless shown."""
    if idea.state != State.SHOWN:
        raise ValidationError(_("This idea is no longer open."))
    if wanted:
        IdeaInterest.objects.get_or_create(idea=idea, member=member)
    else:
        IdeaInterest.objects.filter(idea=idea, member=member).delete()
    return idea.interests.count()


@transaction.atomic
def decide(*, idea: WorkshopIdea, shown: bool, actor: User) -> WorkshopIdea:
    """Show an idea to everybody, or put it away. Raises PermissionDenied, ValidationError once it was taken up."""
    may_plan(actor)
    idea = WorkshopIdea.objects.select_for_update(no_key=True).get(pk=idea.pk)
    if idea.state == State.TAKEN_UP:
        raise ValidationError(_("This idea was taken up already."))
    idea.state = State.SHOWN if shown else State.DISMISSED
    idea.save(update_fields=["state"])
    log(actor, "idea.decided", idea, shown=shown)
    return idea


@transaction.atomic
def take_up(*, idea: WorkshopIdea, actor: User) -> Workshop:
    """Make a draft workshop of an idea; twice is once. Raises PermissionDenied."""
    may_plan(actor)
    idea = WorkshopIdea.objects.select_for_update(no_key=True, of=("self",)).select_related("workshop").get(pk=idea.pk)
    if idea.workshop is not None:
        return idea.workshop
    draft = Workshop(title=idea.title, slug=_free_slug(idea.title), summary=idea.text[:200], draft=True)
    save_workshop(workshop=draft, actor=actor)
    idea.state, idea.workshop = State.TAKEN_UP, draft
    idea.save(update_fields=["state", "workshop"])
    log(actor, "idea.taken_up", idea, workshop=draft.pk)
    return draft


def _free_slug(title: str) -> str:
    base = slugify(title)[:40] or "atelier"
    taken = set(Workshop.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{number}" for number in range(2, 1000))) if slug not in taken)
