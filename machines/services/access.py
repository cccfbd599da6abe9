"""The only writer of habilitations: given, suspended, lifted, ended, and set aside for a day."""

from collections.abc import Iterator
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from machines.models import LevelName, MachineCategory, Qualification, QualificationWaiver, UsageSession
from machines.rules import months_after, months_before
from members.models import User
from members.services import record


@transaction.atomic
def grant(
    *,
    actor: User,
    member: User,
    category: MachineCategory,
    level: int,
    motive: str,
    granted_on: date | None = None,
    expires_on: date | None = None,
) -> Qualification:
    """Recognise a level (0 to 3) learnt elsewhere, or renew it, with the motive; lifts an earlier suspension.

    What is learnt here is signed by a trainer instead (`machines.services.training`). Raises PermissionDenied without
    the right and ValidationError for a missing motive, a wrong level or date.
    """
    _may_manage(actor)
    if not motive.strip():
        raise ValidationError({"motive": _("Say where it was learnt and what you saw.")})
    return award(
        signer=actor,
        member=member,
        category=category,
        level=level,
        granted_on=granted_on or timezone.localdate(),
        expires_on=expires_on,
        motive=motive.strip()[:200],
    )


def award(
    *,
    signer: User | None,
    member: User,
    category: MachineCategory,
    level: int,
    granted_on: date,
    expires_on: date | None = None,
    motive: str = "",
) -> Qualification:
    """Write a habilitation as a part of another act, which has checked that it is deserved.

    Without a last day given, it lasts as long as the category says. Raises ValidationError for wrong values.
    """
    User.objects.select_for_update(no_key=True).get(pk=member.pk)
    qualification = Qualification.objects.filter(member=member, category=category).first() or Qualification(
        member=member, category=category
    )
    qualification.level, qualification.granted_by, qualification.granted_on = level, signer, granted_on
    qualification.expires_on = expires_on or _usual_end(category, granted_on)
    qualification.withdrawn_reason, qualification.lapsed_on, qualification.motive = "", None, motive
    if qualification.expires_on and qualification.expires_on < granted_on:
        raise ValidationError({"expires_on": _("It cannot end before it is given.")})
    qualification.full_clean()
    qualification.save()
    detail = {"category": category.slug, "level": level, "motive": motive}
    record(actor=signer, action="qualification.granted", subject=f"user:{member.pk}", detail=detail)
    return qualification


def _usual_end(category: MachineCategory, granted_on: date) -> date | None:
    return months_after(category.valid_months, granted_on) if category.valid_months else None


@transaction.atomic
def withdraw(*, actor: User, qualification: Qualification, reason: str) -> Qualification:
    """Suspend a habilitation with a reason. Raises ValidationError without one, PermissionDenied without the right."""
    _may_manage(actor)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    qualification.withdrawn_reason = reason.strip()[:150]
    qualification.save(update_fields=["withdrawn_reason"])
    _log(actor, "qualification.withdrawn", qualification, reason=reason)
    return qualification


@transaction.atomic
def lift(*, actor: User, qualification: Qualification) -> Qualification:
    """End a suspension: the habilitation is what it was. Raises PermissionDenied."""
    _may_manage(actor)
    reason, qualification.withdrawn_reason = qualification.withdrawn_reason, ""
    qualification.save(update_fields=["withdrawn_reason"])
    _log(actor, "qualification.lifted", qualification, reason=reason)
    return qualification


@transaction.atomic
def waive_for_a_day(
    *, actor: User, member: User, category: MachineCategory, day: date, motive: str
) -> QualificationWaiver:
    """Let somebody use a category without its habilitation on one day, today or later; the register keeps why.

    Raises ValidationError (no motive, a day gone, already given) and PermissionDenied.
    """
    if not actor.has_perm("booking.waive_rules"):
        raise PermissionDenied(_("You cannot set this rule aside."))
    if not motive.strip():
        raise ValidationError({"motive": _("Say why the rule is set aside.")})
    if day < timezone.localdate():
        raise ValidationError({"day": _("This day is over.")})
    waiver = QualificationWaiver(
        member=member, category=category, day=day, motive=motive.strip()[:200], granted_by=actor
    )
    waiver.full_clean()
    waiver.save()
    detail = {"category": category.slug, "day": day.isoformat(), "motive": waiver.motive}
    record(actor=actor, action="qualification.waived", subject=f"user:{member.pk}", detail=detail)
    return waiver


@transaction.atomic
def end_unused(now: datetime) -> int:
    """End the habilitations that nobody has used for as long as their category says; return how many. Idempotent."""
    today = timezone.localdate(now)
    return sum(_end_for_want_of_use(one, today) for one in _unused(today))


def _unused(today: date) -> Iterator[Qualification]:
    for category in MachineCategory.objects.filter(unused_months__gt=0):
        since = months_before(category.unused_months, today)
        held = Qualification.objects.filter(category=category, withdrawn_reason="", lapsed_on=None)
        held = held.filter(granted_on__lt=since).exclude(expires_on__lt=today)
        used = UsageSession.objects.filter(machine__category=category, member__in=held.values("member"))
        last = dict(used.values_list("member").annotate(at=Max("started_at")))
        for one in held.select_related("category"):
            if one.member_id not in last or timezone.localdate(last[one.member_id]) < since:
                yield one


def _end_for_want_of_use(qualification: Qualification, today: date) -> bool:
    qualification.lapsed_on = qualification.expires_on = max(today, qualification.granted_on)
    qualification.save(update_fields=["lapsed_on", "expires_on"])
    _log(None, "qualification.lapsed", qualification)
    return True


@transaction.atomic
def name_levels(*, actor: User, names: dict[int, str]) -> None:
    """Give the levels the lab's own names; an empty one takes our words again. Raises PermissionDenied."""
    _may_manage(actor)
    for level, name in names.items():
        row = LevelName(level=level, name=name.strip())
        if row.name:
            row.clean_fields()
            row.save()
        else:
            LevelName.objects.filter(pk=level).delete()
    record(actor=actor, action="levels.named", subject="levels", detail={str(key): name for key, name in names.items()})


def _may_manage(actor: User) -> None:
    if not actor.has_perm("machines.manage_qualifications"):
        raise PermissionDenied(_("You cannot sign habilitations."))


def _log(actor: User | None, action: str, qualification: Qualification, **detail: str) -> None:
    subject = f"user:{qualification.member_id}"
    record(actor=actor, action=action, subject=subject, detail={"category": qualification.category.slug, **detail})
