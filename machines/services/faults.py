"""The only writer of reports of faults: said once, answered once, their photos forgotten in time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from machines import fault_rules, notifications, pictures
from machines.models import FaultReport, FaultState, Machine, Outage
from machines.queries import open_faults, same_report, standing_breakdown
from machines.quiz_rules import plain
from machines.services.park import declare_outage
from members.models import Channel, User
from members.services import record

TRIAGE = "machines.triage_faults"


def report_fault(
    *,
    reporter: User,
    machine: Machine,
    what: str,
    dangerous: bool,
    photo: File | None = None,
    channel: str = Channel.ONLINE,
    now: datetime | None = None,
) -> FaultReport:
    """Keep what somebody says is wrong; the same words again within a minute are the same report.

    Raises ValidationError: nothing said, five reports open already, or a photo that is none or too large.
    """
    cleaned = _cleaned(photo) if photo else None
    report = FaultReport(
        reported_by=reporter,
        machine=machine,
        what=plain(what),
        dangerous=dangerous,
        channel=channel,
        created_at=now or timezone.now(),
    )
    return _kept(report, cleaned)


@transaction.atomic
def _kept(report: FaultReport, photo: ContentFile | None) -> FaultReport:
    reporter = User.objects.select_for_update(no_key=True).get(pk=report.reported_by_id)
    if known := same_report(report):
        return known
    if found := fault_rules.report_problems(open_reports=open_faults(report.machine, reporter).count()):
        raise ValidationError(found)
    report.full_clean(exclude={"photo"})
    if photo:
        report.photo.save("", photo, save=False)
    report.save()
    detail = {"machine": report.machine.slug, "dangerous": report.dangerous}
    record(actor=reporter, action="fault.reported", subject=f"fault:{report.pk}", channel=report.channel, detail=detail)
    return report


def _cleaned(photo: File) -> ContentFile:
    try:
        return pictures.small_photo(photo)
    except pictures.TooHeavy as error:
        raise ValidationError({"photo": _("This photo is too large: 10 MB at most.")}) from error
    except pictures.NoPicture as error:
        raise ValidationError({"photo": _("This is no photo that we can open: send a JPEG, PNG or WebP.")}) from error


@transaction.atomic
def triage(
    *,
    actor: User,
    report: FaultReport,
    decision: str,
    note: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    now: datetime | None = None,
) -> FaultReport:
    """Answer a report, once: `outage` and `maintenance` take the machine away, `dismissed` says why nothing follows.

    Raises PermissionDenied, ValidationError (answered already, something missing) and what OUTAGE_HANDLERS raise.
    """
    if not actor.has_perm(TRIAGE):
        raise PermissionDenied(_("You cannot answer reports of faults."))
    Machine.objects.select_for_update(no_key=True).get(pk=report.machine_id)
    rows = FaultReport.objects.select_for_update(of=("self",)).select_related("machine", "reported_by")
    current, note = rows.get(pk=report.pk), plain(note)
    period = {"starts_at": starts_at, "ends_at": ends_at}
    if found := fault_rules.triage_problems(state=current.state, decision=decision, note=note, **period):
        raise ValidationError(found)
    current.state, current.decision_note = decision, note
    current.decided_by, current.decided_at = actor, now or timezone.now()
    current.outage = _outage(current, **period)
    current.full_clean(exclude={"photo"})
    current.save(update_fields=["state", "decision_note", "decided_by", "decided_at", "outage"])
    detail = {"machine": current.machine.slug, "decision": decision}
    record(actor=actor, action="fault.decided", subject=f"fault:{current.pk}", detail=detail)
    notifications.fault_decided(current)
    return current


def _outage(report: FaultReport, starts_at: datetime | None, ends_at: datetime | None) -> Outage | None:
    """Declare what the answer says; a second report of the same breakdown belongs to the outage that stands."""
    if report.state == FaultState.DISMISSED:
        return None
    planned = report.state == FaultState.MAINTENANCE
    known = None if planned else standing_breakdown(report.machine, report.decided_at or timezone.now())
    return known or declare_outage(
        actor=report.decided_by,
        machine=report.machine,
        reason=report.decision_note,
        starts_at=starts_at,
        ends_at=ends_at,
        planned=planned,
    )


def forget_photos(now: datetime) -> int:
    """Delete the photos of reports that were answered long enough ago; return how many. Idempotent."""
    before = now - timedelta(days=settings.RETENTION["fault_photo_days"])
    return drop_photos(FaultReport.objects.filter(decided_at__lt=before))


@transaction.atomic
def drop_photos(reports: QuerySet[FaultReport]) -> int:
    """Take the photos off reports and return how many there were; the files go once that is committed."""
    shown = list(reports.exclude(photo="").select_for_update())
    FaultReport.objects.filter(pk__in=[report.pk for report in shown]).update(photo="")
    for report in shown:
        transaction.on_commit(lambda photo=report.photo: photo.storage.delete(photo.name))
    return len(shown)
