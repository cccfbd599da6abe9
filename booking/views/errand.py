"""What the pages of booking are for, and for whom: a new booking or another time, for oneself or somebody else."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from booking import queries
from booking.models import UPCOMING, Reservation
from booking.services import acts_for_partner
from machines.models import Machine
from members.models import User
from members.queries import is_guardian_of
from place.clock import Span, local


@dataclass(frozen=True, slots=True)
class Errand:
    """What the pages are for: a new booking of a machine or any of its kind, for oneself or a child, or a move."""

    machine: Machine
    moving: Reservation | None = None
    child: User | None = None
    any_of_kind: bool = False

    @property
    def title(self) -> str:
        return self.machine.pool.name if self.any_of_kind and self.machine.pool else self.machine.name

    def url(self, step: str, **query: str) -> str:
        names = {"slots": "booking:move", "confirm": "booking:move_confirm"} if self.moving else {}
        kwargs = {"pk": self.moving.pk} if self.moving else {"slug": self.machine.slug}
        query |= {"pour": str(self.child.pk)} if self.child else {}
        query |= {"nimporte": "1"} if self.any_of_kind else {}
        tail = f"?{urlencode(query)}" if query else ""
        return reverse(names.get(step, f"booking:{step}"), kwargs=kwargs) + tail

    def slot_url(self, span: Span, accompanied: bool) -> str:
        query = {"debut": local(span.start).isoformat(), "fin": local(span.end).isoformat()}
        return self.url("confirm", **query, **({"accompagne": "1"} if accompanied else {}))


def machine_of(slug: str) -> Machine:
    return get_object_or_404(queries.in_service().select_related("pool"), slug=slug)


def booking_of(request: HttpRequest, slug: str) -> Errand:
    """Return what a new booking is for: `?nimporte=1` means any machine of the kind."""
    machine = machine_of(slug)
    return Errand(machine, None, child_of(request), any_of_kind=bool(request.GET.get("nimporte") and machine.pool_id))


def member_of(request: HttpRequest, errand: Errand) -> User | None:
    """Return for whom the page looks: the booking's holder when one is moved."""
    if errand.moving:
        return errand.moving.member
    if errand.child:
        return errand.child
    return request.user if request.user.is_authenticated else None  # type: ignore[return-value]


def child_of(request: HttpRequest) -> User | None:
    """Return whom the page is for (`?pour=`); somebody for whom the visitor may not act does not exist."""
    key = request.GET.get("pour", "")
    if not key:
        return None
    found = get_object_or_404(User, pk=int(key), is_active=True) if key.isdecimal() and len(key) < 18 else None
    if found is None or not request.user.is_authenticated or not acts_for(request.user, found):
        raise Http404
    return found


def acts_for(user: Any, person: User) -> bool:
    """Tell whether somebody acts for another: as their guardian, or as one of the team."""
    return is_guardian_of(user, person) or user.has_perm("booking.book_for_others")


def home_of(user: Any, member: User | None) -> str:
    """Return where the bookings of the person are listed: one's own, the child's page, or the desk's."""
    if member is None or member.pk == user.pk:
        return reverse("booking:mine")
    return reverse("desk:child_account" if is_guardian_of(user, member) else "desk:person", args=[member.pk])


def own_booking(request: HttpRequest, pk: int) -> Reservation:
    """Return a booking of one's own or of somebody one acts for; anybody else's does not exist here."""
    found = get_object_or_404(
        Reservation.objects.select_related("machine__category", "machine__pool", "member", "agreement__partner"), pk=pk
    )
    member = found.member
    if acts_for_partner(request.user, found.agreement):
        return found
    if member is None or not (member.pk == request.user.pk or acts_for(request.user, member)):
        raise Http404
    return found


def moving_of(request: HttpRequest, pk: int) -> Errand:
    reservation = own_booking(request, pk)
    if reservation.state not in UPCOMING or reservation.starts_at <= timezone.now():
        raise Http404
    return Errand(reservation.machine, reservation, any_of_kind=reservation.floating)
