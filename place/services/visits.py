"""The only writer of who came, who left, and of counts without a name."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Channel, User
from members.queries import membership_on
from members.services import record
from place.clock import day_span, today
from place.models import Visit, WalkIn
from place.rules import age_band


@transaction.atomic
def arrive(*, actor: User, person: User, at: datetime | None = None, channel: str = Channel.DESK) -> Visit:
    """Note that somebody came; told twice it is one visit. `at` in the past: keyed in from paper.

    Raises ValidationError (a moment to come) and PermissionDenied.
    """
    _may_note(actor)
    now = timezone.now()
    came_at = at or now
    if came_at > now:
        raise ValidationError({"at": _("This moment is still to come.")})
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    known = _same_visit(person, came_at)
    if known is not None:
        return known
    day = today(came_at)
    visit = Visit(
        person=person,
        came_at=came_at,
        age_band=age_band(person.age_on(day)),
        gender=person.gender,
        channel=channel,
        trial=membership_on(person, day) is None,
        recorded_by=actor,
    )
    if day < today(now):
        visit.left_at = day_span(day).end  # nobody of yesterday's sheet is still here
    visit.full_clean(exclude={"person"})
    visit.save()
    record(actor=actor, action="visit.came", subject=f"user:{person.pk}", channel=channel, detail={"visit": visit.pk})
    return visit


def _same_visit(person: User, came_at: datetime) -> Visit | None:
    """Return the visit under way, or for an earlier day the one that is already noted."""
    day = day_span(today(came_at))
    of_the_day = Visit.objects.filter(person=person, came_at__gte=day.start, came_at__lt=day.end)
    if today(came_at) < today():
        return of_the_day.first()
    return Visit.objects.filter(person=person, left_at=None).first() or of_the_day.filter(left_at__gt=came_at).first()


@transaction.atomic
def take_back_arrival(*, actor: User, person: User, came_at: datetime) -> None:
    """Forget an arrival noted by mistake at that moment, unless how they left is known. Raises PermissionDenied."""
    _may_note(actor)
    gone, _rows = Visit.objects.filter(person=person, came_at=came_at, leaving="").delete()
    if gone:
        record(actor=actor, action="visit.taken_back", subject=f"user:{person.pk}")


@transaction.atomic
def leave(
    *,
    actor: User | None,
    visit: Visit,
    leaving: str,
    left_with: str = "",
    at: datetime | None = None,
    channel: str = Channel.DESK,
) -> Visit:
    """Note that somebody left, and how; who may leave how is judged above (desk.rules).

    Raises ValidationError (already left, before coming) and PermissionDenied.
    """
    _may_note(actor)
    current = Visit.objects.select_for_update().get(pk=visit.pk)
    if current.left_at is not None:
        raise ValidationError(_("This person has already left."))
    moment = at or timezone.now()
    if not current.came_at <= moment <= timezone.now():
        raise ValidationError({"at": _("This moment is not after the arrival, or still to come.")})
    current.left_at, current.leaving, current.left_with = moment, leaving, left_with.strip()[:200]
    current.full_clean(exclude={"person"})
    current.save()
    detail = {"visit": current.pk, "leaving": leaving}
    record(actor=actor, action="visit.left", subject=f"user:{current.person_id}", channel=channel, detail=detail)
    return current


@transaction.atomic
def count_walk_ins(
    *, actor: User, counts: dict[tuple[str, str], int], day: date | None = None, channel: str = Channel.DESK
) -> list[WalkIn]:
    """Add people who gave no name, as numbers by (age band, gender). Raises ValidationError and PermissionDenied."""
    _may_note(actor)
    day = day or today()
    if day > today():
        raise ValidationError({"day": _("This day is still to come.")})
    rows = [
        WalkIn(day=day, age_band=band, gender=gender, count=count, channel=channel, recorded_by=actor)
        for (band, gender), count in counts.items()
        if count
    ]
    if not rows:
        raise ValidationError(_("Write at least one number."))
    for row in rows:
        row.full_clean()
        row.save()
    record(actor=actor, action="walk_ins.counted", subject=f"day:{day}", channel=channel, detail={"total": _sum(rows)})
    return rows


def _sum(rows: list[WalkIn]) -> int:
    return sum(row.count for row in rows)


def close_forgotten_visits(now: datetime) -> int:
    """End the visits of earlier days that nobody ended, at the end of their day, without saying how. Idempotent."""
    start = day_span(today(now)).start
    forgotten = Visit.objects.filter(left_at=None, came_at__lt=start)
    return sum(
        Visit.objects.filter(pk=visit.pk, left_at=None).update(left_at=day_span(today(visit.came_at)).end)
        for visit in forgotten
    )


def forget_visits(people: QuerySet[User]) -> int:
    """Take the person off visits; what figures need of them stays. Return how many."""
    return Visit.objects.filter(person__in=people).update(person=None, left_with="")


def _may_note(actor: User | None) -> None:
    if actor is not None and not actor.has_perm("members.use_desk"):
        raise PermissionDenied(_("You do not work at the desk."))
