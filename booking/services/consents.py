"""What a withdrawn agreement does to bookings, in the transaction that withdraws it."""

from django.utils import timezone
from django.utils.translation import gettext as _

from booking import notifications, rules
from booking.facts import Wish
from booking.models import UPCOMING, Kind, Reservation, State
from booking.queries import load_facts
from booking.services.rows import spread, subject
from members.models import ConsentEntry, Purpose
from members.services import record
from place.clock import Span


def settle_consent(entry: ConsentEntry) -> None:
    """Handler of CONSENT_WITHDRAWN_HANDLERS: cancel the coming machine bookings that no longer have an agreement.

    What is on or after the day the person comes of age stands: no agreement is needed then.
    """
    if entry.purpose != Purpose.MACHINES:
        return
    for reservation in _without_agreement(entry):
        reservation.state, reservation.cancelled_at = State.CANCELLED, timezone.now()
        reservation.cancel_reason = _("The agreement to use the machines was withdrawn.")
        reservation.sequence += 1
        reservation.save(update_fields=["state", "cancelled_at", "cancel_reason", "sequence"])
        spread(reservation)
        detail = {"reason": "consent", "entry": entry.pk}
        record(
            actor=entry.recorded_by, action="reservation.cancelled", subject=subject(reservation),
            channel=entry.channel, detail=detail,
        )  # fmt: skip
        notifications.cancelled(reservation)


def _without_agreement(entry: ConsentEntry) -> list[Reservation]:
    """Lock no machine: who writes the ledger holds the person, and `reserve` takes the machine first."""
    now = timezone.now()
    rows = Reservation.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.filter(member=entry.person, kind=Kind.MEMBER, state__in=UPCOMING, starts_at__gt=now)
    coming = list(rows.select_related("machine", "member").order_by("pk"))
    if not coming:
        return []
    window = Span(min(row.starts_at for row in coming), max(row.ends_at for row in coming))
    facts = load_facts(list({row.machine_id: row.machine for row in coming}.values()), window, now, entry.person)
    return [row for row in coming if rules.consent_missing(_wish(row), facts[row.machine_id], now)]


def _wish(reservation: Reservation) -> Wish:
    return Wish(Span(reservation.starts_at, reservation.ends_at), reservation.accompanied, ignore=reservation.pk)
