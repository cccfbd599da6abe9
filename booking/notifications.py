"""What people are told about their bookings; written in their language, into the outbox."""

from collections.abc import Callable, Sequence

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from booking.models import Reservation, WaitingEntry
from members.notifications import language_of
from members.services import notify
from place.clock import day_text, hour_text, period_text

Teller = Callable[[Reservation], None]


def booked(reservation: Reservation) -> None:
    """Confirm a booking to somebody who has an e-mail, or whom somebody else booked for."""
    member = reservation.member
    if member and (member.email or reservation.created_by_id != member.pk):
        _tell(
            reservation,
            lambda: (
                _("Booked: %(what)s"),
                _("It is yours. If plans change, cancel or move it: somebody else will be glad."),
            ),
            confirms=reservation.created_by_id == member.pk,
        )


def moved(reservation: Reservation) -> None:
    _tell(reservation, lambda: (_("Moved: %(what)s"), _("Your booking has a new time.")))


def moved_elsewhere(reservation: Reservation) -> None:
    _tell(reservation, lambda: (_("Moved: %(what)s"), _("Your booking is on another machine now.")))


def series_booked(made: Sequence[Reservation]) -> None:
    """Tell the holder of a row of bookings once, with every date."""
    _tell(made[0], lambda: (_("Booked, again and again: %(what)s"), _dates(made)))


def series_cancelled(freed: Sequence[Reservation], reason: str) -> None:
    _tell(freed[0], lambda: (_("Cancelled, all that was to come: %(what)s"), f"{reason}\n\n{_dates(freed)}".strip()))


def _dates(rows: Sequence[Reservation]) -> str:
    return "\n".join(f"- {row.title}, {period_text(row.starts_at, row.ends_at)}" for row in rows)


def cancelled(reservation: Reservation) -> None:
    reason = reservation.cancel_reason
    _tell(reservation, lambda: (_("Cancelled: %(what)s"), reason or _("Your booking is cancelled.")))


def to_confirm(reservation: Reservation, reason: str) -> None:
    _tell(
        reservation,
        lambda: (
            _("To be confirmed: %(what)s"),
            _("The machine is out of order (%(reason)s). We tell you as soon as we know; your booking is kept.")
            % {"reason": reason},
        ),
    )


def hours_changed(reservation: Reservation) -> None:
    _tell(
        reservation,
        lambda: (
            _("To be confirmed: %(what)s"),
            _("The hours of the lab have changed. Your booking is kept: we look for a solution with you."),
        ),
    )


def nobody_on_duty(reservation: Reservation) -> None:
    _tell(
        reservation,
        lambda: (
            _("To be confirmed: %(what)s"),
            _("The person who was to be there cannot come. Your booking is kept: we look for somebody else."),
        ),
    )


def confirmed(reservation: Reservation) -> None:
    _tell(reservation, lambda: (_("Confirmed: %(what)s"), _("All is well: see you then.")))


def missed(reservation: Reservation) -> None:
    _tell(
        reservation,
        lambda: (
            _("We did not see you: %(what)s"),
            _("The machine is free for others again. If you were there, or something came up, tell the desk."),
        ),
    )


def excused(reservation: Reservation) -> None:
    _tell(reservation, lambda: (_("Excused: %(what)s"), _("This absence does not count. See you soon.")))


def finished(reservation: Reservation) -> None:
    _tell(
        reservation,
        lambda: (_("Finished: %(what)s"), _("The rest of your time is free for somebody else: thank you.")),
    )


def offered(entry: WaitingEntry) -> None:
    """The time somebody waited for is free, and kept for them until a moment."""
    hold = entry.hold
    if hold is None or hold.held_until is None:
        return
    until = hold.held_until
    _tell(
        hold,
        lambda: (
            _("Free for you: %(what)s"),
            _("It is kept for you until %(day)s, %(hour)s. Say yes on the page of your bookings, or tell the desk.")
            % {"day": day_text(until, short=True), "hour": hour_text(until)},
        ),
    )


def offer_ended(entry: WaitingEntry) -> None:
    if entry.hold is not None:
        _tell(
            entry.hold,
            lambda: (_("No longer kept: %(what)s"), _("There was no answer in time: it goes to the next in line.")),
        )


def _tell(reservation: Reservation, words: Callable[[], tuple[str, str]], *, confirms: bool = False) -> None:
    member = reservation.member
    if member is None:
        return
    with translation.override(language_of(member)):
        subject, body = words()
        what = f"{reservation.title}, {period_text(reservation.starts_at, reservation.ends_at)}"
        link = f"{settings.SITE_URL}/reservations/"
        notify(
            recipient=member, subject=subject % {"what": what}, body=f"{what}\n\n{body}\n\n{link}\n", confirms=confirms
        )
