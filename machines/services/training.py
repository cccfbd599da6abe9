"""How a habilitation is earned here: a quiz passed and a practice watched by a trainer, in either order."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from machines.models import Level, MachineCategory, PracticeObservation, Qualification
from machines.queries import is_trainer
from machines.quiz_queries import passed_attempt
from machines.rules import months_after
from machines.services.access import award
from members.models import Channel, User
from members.services import record


@transaction.atomic
def observe(
    *,
    actor: User,
    member: User,
    category: MachineCategory,
    level: int,
    passed: bool,
    observed_on: date | None = None,
    remark: str = "",
    channel: str = Channel.DESK,
) -> PracticeObservation:
    """A trainer says how somebody managed; with the quiz passed too, the habilitation is there, signed by them.

    Raises PermissionDenied for who holds no level 3 on these machines, ValidationError for oneself or a day to come.
    """
    day = observed_on or timezone.localdate()
    if not is_trainer(actor, category, timezone.localdate()):
        raise PermissionDenied(_("Only a trainer of these machines (level 3) signs."))
    if actor.pk == member.pk:
        raise ValidationError(_("Nobody signs for themselves."))
    if day > timezone.localdate():
        raise ValidationError({"observed_on": _("This day is still to come.")})
    observation = PracticeObservation(
        member=member,
        category=category,
        level=level,
        passed=passed,
        observed_on=day,
        observed_by=actor,
        remark=remark.strip()[:200],
        channel=channel,
    )
    observation.full_clean()
    observation.save()
    detail = {"category": category.slug, "level": level, "passed": passed}
    record(actor=actor, action="practice.observed", subject=f"user:{member.pk}", channel=channel, detail=detail)
    award_if_earned(member=member, category=category, day=timezone.localdate())
    return observation


@transaction.atomic
def award_if_earned(*, member: User, category: MachineCategory, day: date) -> Qualification | None:
    """Give the habilitation that a quiz and an observation together earn; what is held already is left alone.

    Called after either of the two; the one who watched signs.
    """
    watched = _valid_observation(member, category, day)
    quiz = passed_attempt(member, category, day)
    if watched is None or (category.quiz_length and quiz is None):
        return None
    if watched.observed_by is None or not is_trainer(watched.observed_by, category, day):
        return None
    held = Qualification.objects.select_for_update().filter(member=member, category=category).first()
    if held and (held.withdrawn_reason or _still_covers(held, watched, day)):
        return held
    earned_on = max(watched.observed_on, quiz.taken_on) if quiz else watched.observed_on
    return award(
        signer=watched.observed_by, member=member, category=category, level=watched.level, granted_on=earned_on
    )


def _valid_observation(member: User, category: MachineCategory, day: date) -> PracticeObservation | None:
    """Return the best practice seen as recently as a quiz counts, unless a later one went wrong."""
    rows = list(PracticeObservation.objects.filter(member=member, category=category, observed_on__lte=day)[:20])
    recent = [row for row in rows if months_after(category.quiz_valid_months, row.observed_on) >= day]
    if not recent or not recent[0].passed:
        return None
    return max((row for row in recent if row.passed), key=lambda row: row.level)


def _still_covers(held: Qualification, watched: PracticeObservation, day: date) -> bool:
    """Tell whether what is held still lasts, and is higher or was given since the practice."""
    lasts = held.expires_on is None or held.expires_on >= day
    since = held.level == watched.level and held.granted_on >= watched.observed_on
    return lasts and (held.level > watched.level or since)


def levels_to_sign() -> list[tuple[int, str]]:
    """Return the levels that a trainer may sign: not their own."""
    return [(level, label) for level, label in Level.choices if 0 < level < Level.TRAINER]
