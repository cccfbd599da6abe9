"""The only writer of memberships and of what is owed for them. Amounts in euro cents."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Channel, DuesEntry, Membership, QuotientBand, User
from members.services.audit import record
from members.standing import season_span, season_to_join


@transaction.atomic
def enrol(
    *,
    actor: User | None,
    person: User,
    kind: str,
    season: int | None = None,
    starts_on: date | None = None,
    status: str = Membership.Status.ACTIVE,
    band: str = QuotientBand.UNKNOWN,
    channel: str = Channel.DESK,
) -> Membership:
    """Make somebody a member for a season (by default the one that people join today), from today or its first day.

    Raises ValidationError (already a member that season, not a day of it) and PermissionDenied.
    """
    _may_keep(actor)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    today = timezone.localdate()
    season = season_to_join(today) if season is None else season
    first, last = season_span(season)
    membership = Membership(
        person=person,
        season=season,
        kind=kind,
        status=status,
        starts_on=starts_on or min(max(first, today), last),
        ends_on=last,
        family_quotient_band=band,
        channel=channel,
        recorded_by=actor,
    )
    if not first <= membership.starts_on <= last:
        raise ValidationError({"starts_on": _("This day is not in that season.")})
    membership.full_clean()
    membership.save()
    detail = {"season": season, "kind": kind}
    record(actor=actor, action="membership.made", subject=f"user:{person.pk}", channel=channel, detail=detail)
    return membership


@transaction.atomic
def accept_membership(*, actor: User, membership: Membership) -> None:
    """Say yes to a membership that was asked for. Raises PermissionDenied."""
    _may_keep(actor)
    Membership.objects.filter(pk=membership.pk, status=Membership.Status.ASKED).update(status=Membership.Status.ACTIVE)
    record(actor=actor, action="membership.accepted", subject=f"user:{membership.person_id}")


@transaction.atomic
def resign(
    *, actor: User, membership: Membership, on: date | None = None, excluded: bool = False, channel: str = Channel.DESK
) -> Membership:
    """End a membership before its season; the day itself still counts. Raises ValidationError, PermissionDenied."""
    if actor.pk != membership.person_id or excluded:
        _may_keep(actor)
    current = Membership.objects.select_for_update().get(pk=membership.pk)
    if current.status not in {Membership.Status.ASKED, Membership.Status.ACTIVE}:
        raise ValidationError(_("This membership is already over."))
    current.status = Membership.Status.EXCLUDED if excluded else Membership.Status.RESIGNED
    last = min(current.ends_on, on or timezone.localdate())
    current.starts_on, current.ends_on = min(current.starts_on, last), last
    current.save(update_fields=["status", "starts_on", "ends_on"])
    record(actor=actor, action=f"membership.{current.status}", subject=f"user:{current.person_id}", channel=channel)
    return current


@transaction.atomic
def add_dues(
    *,
    actor: User | None,
    membership: Membership,
    kind: str,
    cents: int,
    method: str = DuesEntry.Method.NONE,
    covered_by: str = "",
    on: date | None = None,
    channel: str = Channel.DESK,
) -> DuesEntry | None:
    """Write a line of the ledger; nothing to pay is no line. A wrong line is mended by another one.

    Raises ValidationError (no amount, nobody named who covers it, a day to come) and PermissionDenied.
    """
    _may_keep(actor)
    if cents == 0:
        return None
    day = on or timezone.localdate()
    if day > timezone.localdate():
        raise ValidationError({"on": _("This day is still to come.")})
    line = DuesEntry(
        membership=membership,
        kind=kind,
        cents=cents,
        method=method,
        covered_by=covered_by.strip(),
        on=day,
        channel=channel,
        recorded_by=actor,
    )
    line.full_clean()
    line.save()
    detail = {"kind": kind, "cents": cents}
    subject = f"user:{membership.person_id}"
    record(actor=actor, action="dues.written", subject=subject, channel=channel, detail=detail)
    return line


def _may_keep(actor: User | None) -> None:
    if actor is not None and not actor.has_perm("members.manage_dues"):
        raise PermissionDenied(_("You cannot keep memberships and dues."))
