"""Reading agreements and rows of bookings."""

from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from booking.group_models import Agreement, BookingSeries
from booking.models import UPCOMING, Reservation
from members.models import User


def agreements_for(user: User, today: date) -> QuerySet[Agreement]:
    """Return the agreements under which somebody may book: their partners', all of them for the team."""
    rows = Agreement.objects.filter(last_day__gte=today, partner__active=True)
    if not user.has_perm("booking.book_for_others"):
        rows = rows.filter(partner__contacts=user)
    return rows.select_related("partner").prefetch_related("slots").order_by("partner__name", "first_day", "pk")


def may_see_groups(user: User) -> bool:
    return user.has_perm("booking.book_for_others") or acts_for_partners(user)


def acts_for_partners(user: User) -> bool:
    return user.partners.filter(active=True).exists()


def _of(user: User) -> Q:
    if user.has_perm("booking.book_for_others"):
        return Q()
    return Q(agreement__partner__contacts=user, agreement__partner__active=True) | Q(member=user)


def series_of(user: User, now: datetime) -> QuerySet[BookingSeries]:
    """Return the rows of bookings that somebody may change and of which something is still to come."""
    coming = Reservation.objects.filter(_of(user), state__in=UPCOMING, starts_at__gt=now, series__isnull=False)
    rows = BookingSeries.objects.filter(pk__in=coming.values("series"))
    still = Q(reservations__state__in=UPCOMING, reservations__starts_at__gt=now)
    return rows.annotate(coming=Count("reservations", filter=still)).order_by("first_day", "pk")


def group_bookings_of(user: User, now: datetime) -> QuerySet[Reservation]:
    """Return the coming bookings of groups that do not repeat."""
    rows = Reservation.objects.filter(_of(user), series=None, state__in=UPCOMING, starts_at__gt=now)
    rows = rows.exclude(agreement=None, group="")
    return rows.select_related("machine__pool", "machine__category", "agreement__partner").order_by("starts_at", "pk")


def dates_of(series: BookingSeries, user: User) -> QuerySet[Reservation]:
    """Return the bookings of a row that somebody may change: none for a stranger."""
    rows = series.reservations.filter(_of(user))
    return rows.select_related("machine__pool", "agreement__partner").distinct().order_by("starts_at", "pk")
