"""Screens of the bookings: a list with acts, never a raw form over a row."""

from datetime import time
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from booking import services
from booking.forms import window_initial
from booking.models import UPCOMING, Kind, Reservation, State
from booking.problems import Refused
from cms.gestion import rights
from cms.gestion.forms.bookings import BookForm, BookingMoveForm, ReservationFilter
from cms.gestion.forms.fields import EmptyForm, ReasonForm
from cms.gestion.machines import OneRow, named, period_column
from cms.gestion.people import ForActor
from cms.gestion.views import Act, Listing
from place.clock import at

RESERVATIONS = ("lab_reservations", _("Reservations"))


class ReservationList(Listing):
    right = rights.SEE_RESERVATIONS
    page_title = RESERVATIONS[1]
    header_icon = "tasks"
    filter_form_class = ReservationFilter
    order = ("starts_at", "pk")
    add = ("lab_reservation_book", _("Book for somebody"))
    add_right = rights.BOOK_FOR_OTHERS
    empty_text = _("No reservation ahead.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Reservation]:
        since = at(filters["since"], time.min) if filters.get("since") else timezone.now()
        found = Reservation.objects.filter(ends_at__gt=since).select_related("machine", "member", "created_by")
        chosen = {name: filters[name] for name in ("machine", "state") if filters.get(name)}
        return found.filter(named(filters.get("q", ""), "member__"), **chosen)

    def columns(self) -> list[Column]:
        return [
            period_column(),
            Column("machine", label=_("Machine")),
            Column("member", label=_("Who"), accessor=lambda row: row.member or row.get_kind_display()),
            Column("state", label=_("State"), accessor=lambda row: row.get_state_display()),
            Column("channel", label=_("Asked"), accessor=lambda row: row.get_channel_display()),
            Column("note", label=_("Note"), accessor=_note),
        ]

    def actions(self, row: Reservation) -> list[tuple[Any, str]]:
        may = self.request.user.has_perm(rights.BOOK_FOR_OTHERS)
        if may and row.state == State.NO_SHOW and not row.excused:
            return [(_("Excuse"), reverse("lab_reservation_excuse", args=[row.pk]))]
        if not may or row.kind != Kind.MEMBER or row.state not in UPCOMING:
            return []
        acts = [("lab_reservation_move", _("Move")), ("lab_reservation_cancel", _("Cancel"))]
        if row.state == State.TO_CONFIRM:
            acts.insert(0, ("lab_reservation_confirm", _("Confirm")))
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]


def _note(row: Reservation) -> Any:
    if row.excused:
        return _("absence excused")
    if row.cancelled_late:
        return _("late: %(reason)s") % {"reason": row.cancel_reason} if row.cancel_reason else _("late")
    if row.cancel_reason:
        return row.cancel_reason
    return _("rule set aside: %(reason)s") % {"reason": row.waive_reason} if row.waived else ""


class Waivable(ForActor):
    """An act that may be repeated with a rule set aside, and proposes other times."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["form"].offer(context.get("problems", ()))
        return context

    def alternative_links(self, refused: Refused) -> list[dict[str, Any]]:
        return [self._link(found) for found in refused.alternatives]

    def _link(self, found: Any) -> dict[str, Any]:
        fields = {"machine": found.machine} | window_initial(found.span.start, found.span.end)
        return {"label": found.label, "url": f"?{urlencode(self.kept() | fields)}"}

    def kept(self) -> dict[str, str]:
        """Return what the form had beside the time."""
        names = ("member", "channel", "accompanied")
        return {name: self.request.POST[name] for name in names if name in self.request.POST}


class ReservationBook(Waivable, Act):
    right = rights.BOOK_FOR_OTHERS
    page_title = _("Book for somebody")
    parent = RESERVATIONS
    header_icon = "tasks"
    form_class = BookForm
    submit_label = _("Book")
    success_message = _("Booked.")
    done_url = RESERVATIONS[0]

    def act(self, data: dict[str, Any]) -> Reservation:
        wanted = ("member", "machine", "starts_at", "ends_at", "accompanied", "channel", "waive", "waive_reason")
        return services.reserve(actor=self.request.user, **{name: data[name] for name in wanted})


class OneReservation(OneRow):
    right = rights.BOOK_FOR_OTHERS
    model = Reservation
    parent = RESERVATIONS
    header_icon = "tasks"
    done_url = RESERVATIONS[0]


class ReservationMove(Waivable, OneReservation):
    page_title = _("Move a reservation")
    form_class = BookingMoveForm
    submit_label = _("Move")
    explanation = _("Judged like a new reservation; if it is refused, the old one stands.")
    success_message = _("The reservation is moved.")

    def get_initial(self) -> dict[str, Any]:
        return window_initial(self.row.starts_at, self.row.ends_at) | super().get_initial()

    def act(self, data: dict[str, Any]) -> Reservation:
        wanted = ("starts_at", "ends_at", "waive", "waive_reason")
        return services.move(actor=self.request.user, reservation=self.row, **{name: data[name] for name in wanted})

    def alternative_links(self, refused: Refused) -> list[dict[str, Any]]:
        """Moving keeps the machine."""
        same = (found for found in refused.alternatives if found.machine == self.row.machine.slug)
        return [self._link(found) for found in same]


class ReservationCancel(OneReservation):
    page_title = _("Cancel a reservation")
    form_class = ReasonForm
    submit_label = _("Cancel this reservation")
    danger = True
    success_message = _("The reservation is cancelled.")

    def act(self, data: dict[str, Any]) -> Reservation:
        return services.cancel(actor=self.request.user, reservation=self.row, reason=data["reason"])


class ReservationConfirm(OneReservation):
    page_title = _("Confirm a reservation")
    form_class = EmptyForm
    submit_label = _("Confirm")
    success_message = _("The reservation is confirmed.")

    def act(self, data: dict[str, Any]) -> Reservation:
        return services.confirm(actor=self.request.user, reservation=self.row)


class ReservationExcuse(OneReservation):
    page_title = _("Excuse an absence")
    form_class = ReasonForm
    submit_label = _("Excuse")
    explanation = _("The absence no longer counts against the person; the time stays free.")
    success_message = _("The absence is excused.")

    def act(self, data: dict[str, Any]) -> Reservation:
        return services.excuse(actor=self.request.user, reservation=self.row, reason=data["reason"])
