"""Planned meets real: a machine's use is attached to the reservation of that moment. It never punishes."""

from datetime import timedelta

from booking.models import LIVE, Kind, Reservation, State
from booking.services import check_in, reconciling
from machines.models import Attribution, UsageSession
from machines.services.usage import attribute

EARLY = timedelta(minutes=15)


def attach_usage(event: str, session: UsageSession) -> None:
    """Handler of USAGE_HANDLERS: attribute a use to whoever holds the machine when it starts.

    A start up to 15 minutes before a booking counts as its own when nobody else holds the machine. Somebody else's
    card at the machine says more than a booking.
    """
    if event == "attributed" or session.attribution not in {Attribution.NONE, Attribution.BADGE}:
        return
    reservation = reservation_at(session)
    if reservation is None or reservation.member is None:
        return
    if session.member_id in {None, reservation.member_id}:
        check_in(reservation=reservation, session=session)
        attribute(session, member=reservation.member, attribution=Attribution.RESERVATION)


def note_use(event: str, session: UsageSession) -> None:
    """Handler of USAGE_HANDLERS: whatever changed about a use is compared with the bookings at the next turn."""
    reconciling.note_use(session)


def reservation_at(session: UsageSession) -> Reservation | None:
    """Return the member's reservation a use belongs to, the one in progress before the one about to begin.

    Who was given up as absent and starts the machine late comes after those who still hold it.
    """
    started = session.started_at
    rows = Reservation.objects.filter(machine=session.machine_id, kind=Kind.MEMBER)
    rows = rows.filter(starts_at__lte=started + EARLY, ends_at__gt=started).select_related("member")
    holds, gave_up = rows.filter(state__in=LIVE), rows.filter(state=State.NO_SHOW)
    return holds.order_by("starts_at").first() or gave_up.order_by("starts_at").first()
