"""Rules of a change of mind: until when a booking is moved or cancelled, and when that counts as late."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from booking.models import Reservation
from booking.problems import Problem
from booking.rules.steps import ask_desk
from place.clock import day_text, hour_text


def changeable_until(reservation: Reservation) -> datetime:
    """Return the moment up to which its holder may move or cancel a booking."""
    return reservation.starts_at - timedelta(minutes=reservation.machine.cancel_notice_minutes)


def too_late_to_change(reservation: Reservation, now: datetime) -> Problem | None:
    """The machine's deadline has passed: who needs the time could no longer come.

    What the lab itself has put in doubt may always be given back.
    """
    last = changeable_until(reservation)
    if now <= last or reservation.doubt:
        return None
    words = {"day": day_text(last, short=True), "hour": hour_text(last)}
    message = _("You could change this yourself until %(day)s, %(hour)s. Call or see the desk.") % words
    return Problem("too_late", message, {"until": last}, ask_desk())


def is_late(reservation: Reservation, now: datetime) -> bool:
    """Tell whether giving the time back now counts as late."""
    return not reservation.doubt and now > reservation.starts_at - timedelta(
        minutes=reservation.machine.late_cancel_minutes
    )


def changed_meanwhile(reservation: Reservation, sequence: int) -> Problem | None:
    """Say that a booking is no longer what somebody looked at."""
    return None if reservation.sequence == sequence else changed(reservation)


def changed(reservation: Reservation) -> Problem:
    message = _("Somebody else has just changed this booking: look where it is now, then move it again.")
    return Problem("changed", message, {"sequence": reservation.sequence})
