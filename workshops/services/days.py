"""Days with a programme: registered for as a whole, then one choice for each part."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.problems import Refused
from members.models import Channel, User
from members.services import record
from workshops import rules
from workshops.models import Programme, ProgrammeBand, ProgrammeEntry, Registration, WorkshopSession
from workshops.services.planning import cancel_session
from workshops.services.registrations import cancel_registration, check_may_act_for, register
from workshops.services.rows import State, log, may_plan

Status = Registration.Status


@transaction.atomic
def save_programme(
    *, programme: Programme, bands: Sequence[ProgrammeBand], actor: User | None, now: datetime | None = None
) -> Programme:
    """Create or change a day and its parts; a part that has workshops cannot be taken away. Calendars see the change.

    Raises ValidationError, also for a part outside the day and for fewer places than are taken.
    """
    may_plan(actor)
    programme.full_clean()
    programme.updated_at = now or timezone.now()
    if programme.pk:
        kept = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        programme.seats_taken, programme.sequence = kept.seats_taken, kept.sequence + 1
    if programme.places < programme.seats_taken:
        raise ValidationError({"places": rules.too_few_places(programme.seats_taken).message})
    programme.save()
    gone = programme.bands.exclude(pk__in=[band.pk for band in bands if band.pk])
    if WorkshopSession.objects.filter(band__in=gone).exists():
        raise ValidationError(_("A part that has workshops cannot be taken away: call them off first."))
    gone.delete()
    for band in bands:
        _save_band(programme, band)
    log(actor, "programme.saved", programme, parts=len(bands))
    return programme


@transaction.atomic
def register_day(
    *,
    programme: Programme,
    member: User,
    choices: Sequence[WorkshopSession],
    actor: User,
    channel: str = Channel.ONLINE,
    now: datetime | None = None,
) -> ProgrammeEntry:
    """Register somebody for a day and for what they chose, all or nothing; asked again, it changes the choices.

    The day is locked first, then the sessions in the order of their numbers. Raises Refused with every problem of the
    day or of the choice that fails, PermissionDenied.
    """
    check_may_act_for(actor, member)
    now = now or timezone.now()
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    entry = _entry(programme, member) or _enter(programme, member, actor, channel, now)
    _choose(programme, member, choices, actor, channel, now)
    return entry


@transaction.atomic
def leave_day(
    *, entry: ProgrammeEntry, actor: User, channel: str = Channel.ONLINE, now: datetime | None = None
) -> ProgrammeEntry:
    """Give back a place at a day, and every choice with it; twice is once. Raises Refused once it has begun."""
    check_may_act_for(actor, entry.member)
    now = now or timezone.now()
    programme = Programme.objects.select_for_update(no_key=True).get(pk=entry.programme_id)
    entry.refresh_from_db()
    if entry.cancelled_at:
        return entry
    if programme.starts_at <= now:
        raise Refused([rules.closed(_("This day has begun or is over: talk to the desk."))])
    _choose(programme, entry.member, [], actor, channel, now)
    entry.cancelled_at = now
    entry.save(update_fields=["cancelled_at"])
    _recount(programme)
    _log(actor, "programme.left", entry, channel)
    return entry


@transaction.atomic
def cancel_programme(*, programme: Programme, reason: str, actor: User | None, now: datetime | None = None) -> None:
    """Call off a day with all its workshops; who chose one is told. Raises Refused when it is over."""
    may_plan(actor)
    now = now or timezone.now()
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    if programme.cancelled or programme.ends_at <= now:
        raise Refused([rules.closed(_("This day is over or called off."))])
    Programme.objects.filter(pk=programme.pk).update(cancelled=True, sequence=F("sequence") + 1, updated_at=now)
    rows = WorkshopSession.objects.filter(band__programme=programme, state=State.SCHEDULED, ends_at__gt=now)
    for session in rows.order_by("pk"):
        cancel_session(session=session, reason=reason, actor=actor, now=now)
    log(actor, "programme.cancelled", programme, reason=reason)


def _save_band(programme: Programme, band: ProgrammeBand) -> None:
    band.programme = programme
    band.full_clean()
    if not programme.starts_at <= band.starts_at < band.ends_at <= programme.ends_at:
        raise ValidationError(_("“%(part)s” is not within the day.") % {"part": band.title})
    band.save()


def _entry(programme: Programme, member: User) -> ProgrammeEntry | None:
    return ProgrammeEntry.objects.filter(programme=programme, member=member, cancelled_at=None).first()


def _enter(programme: Programme, member: User, actor: User, channel: str, now: datetime) -> ProgrammeEntry:
    if found := rules.day_problems(programme.cancelled, programme.starts_at, programme.places_left, now):
        raise Refused(found)
    entry = ProgrammeEntry.objects.create(
        programme=programme, member=member, created_by=actor, channel=channel, created_at=now
    )
    _recount(programme)
    _log(actor, "programme.joined", entry, channel)
    return entry


def _choose(
    programme: Programme, member: User, choices: Sequence[WorkshopSession], actor: User, channel: str, now: datetime
) -> None:
    """Give back what is no longer chosen, then take what is new, in the order of the sessions' numbers."""
    wanted = {one.pk: one for one in choices}
    held = Registration.objects.filter(member=member, band__programme=programme).exclude(status=Status.CANCELLED)
    known = {row.session_id: row for row in held.select_related("session__workshop", "member").order_by("session_id")}
    for pk in sorted(set(known) - set(wanted)):
        cancel_registration(registration=known[pk], actor=actor, channel=channel, now=now)
    for pk in sorted(set(wanted) - set(known)):
        _take(wanted[pk], member, actor, channel, now)


def _take(session: WorkshopSession, member: User, actor: User, channel: str, now: datetime) -> None:
    """Register for one choice; every problem, a question of the workshop too, says which `part` it is about."""
    try:
        register(session=session, member=member, actor=actor, channel=channel, now=now)
    except Refused as refused:
        found = [replace(one, detail=one.detail | {"part": session.band_id}) for one in refused.problems]
        raise Refused(found) from refused
    except ValidationError as error:
        asked = rules.asks_more(session.pk, error.messages)
        raise Refused([replace(asked, detail={"part": session.band_id})]) from error


def _recount(programme: Programme) -> None:
    """Write how many places of a locked day are taken; `programme_not_oversold` has the last word."""
    taken = ProgrammeEntry.objects.filter(programme=programme, cancelled_at=None).count()
    Programme.objects.filter(pk=programme.pk).update(seats_taken=taken)


def _log(actor: User, action: str, entry: ProgrammeEntry, channel: str) -> None:
    detail = {"programme": entry.programme_id, "member": entry.member_id}
    record(actor=actor, action=action, subject=f"programmeentry:{entry.pk}", channel=channel, detail=detail)
