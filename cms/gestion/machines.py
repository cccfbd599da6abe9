"""Screens of the park: outages, habilitations, uses."""

from typing import Any

from django.db.models import Model, Q, QuerySet
from django.forms import ModelForm
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from booking.services import settled
from cms.gestion import rights
from cms.gestion.foreseen import Foreseen
from cms.gestion.forms.fields import EmptyForm, ReasonForm
from cms.gestion.forms.machines import (
    AttributeForm,
    MachineFilter,
    OutageForm,
    QualificationFilter,
    QualificationForm,
    UsageFilter,
)
from cms.gestion.views import Act, Listing
from cms.services.people import say_who
from machines.models import Outage, Qualification, UsageSession
from machines.services import access, park
from members.models import User
from place.clock import period_text

OUTAGES = ("lab_outages", _("Outages"))
QUALIFICATIONS = ("lab_qualifications", _("Habilitations"))
USES = ("lab_uses", _("Machine uses"))


def period_column() -> Column:
    return Column("period", label=_("When"), accessor=lambda row: period_text(row.starts_at, row.ends_at))


class OutageList(Listing):
    right = rights.MANAGE_PARK
    page_title = OUTAGES[1]
    header_icon = "warning"
    filter_form_class = MachineFilter
    order = ("-starts_at", "-pk")
    add = ("lab_outage_declare", _("Declare an outage"))
    empty_text = _("Every machine works.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Outage]:
        found = Outage.objects.select_related("machine", "reported_by")
        return found.filter(machine=filters["machine"]) if filters.get("machine") else found

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine")),
            Column("reason", label=_("Reason")),
            Column("starts", label=_("When"), accessor=_outage_period),
            Column("planned", label=_("Kind"), accessor=lambda row: _("planned") if row.planned else _("breakdown")),
            Column("reported_by", label=_("Reported by"), accessor=lambda row: row.reported_by or ""),
        ]

    def actions(self, row: Outage) -> list[tuple[Any, str]]:
        over = row.ends_at is not None and row.ends_at <= timezone.now()
        return [] if over else [(_("It works again"), reverse("lab_outage_end", args=[row.pk]))]


def _outage_period(row: Outage) -> Any:
    if row.ends_at:
        return period_text(row.starts_at, row.ends_at)
    return _("since %(moment)s") % {"moment": period_text(row.starts_at, row.starts_at).partition(" – ")[0]}


class OutageDeclare(Foreseen):
    right = rights.MANAGE_PARK
    page_title = _("Declare an outage")
    parent = OUTAGES
    header_icon = "warning"
    form_class = OutageForm
    submit_label = _("Declare")
    success_message = _("The outage is declared; people who had booked are told.")
    done_url = OUTAGES[0]

    def get_initial(self) -> dict[str, Any]:
        now = timezone.localtime()
        return {"first_day": now.date(), "starts": now.time()} | super().get_initial()

    def change(self, data: dict[str, Any]) -> Outage:
        return self._declare(data, planned=data["planned"])

    def look(self, data: dict[str, Any]) -> Outage:
        """Planned work is refused while members hold the time: a breakdown then shows whom it would hit."""
        return self._declare(data, planned=False)

    def makes_room(self, data: dict[str, Any]) -> bool:
        return data["planned"]

    def _declare(self, data: dict[str, Any], *, planned: bool) -> Outage:
        return park.declare_outage(
            actor=self.request.user,
            machine=data["machine"],
            reason=data["reason"],
            starts_at=data["starts_at"],
            ends_at=data["ends_at"] if data["last_day"] or data["ends"] else None,
            planned=planned,
        )


class OneRow(Act):
    """An act on the row that the address names."""

    model: type[Model]

    @cached_property
    def row(self) -> Any:
        return get_object_or_404(self.model, pk=self.kwargs["pk"])

    def get_page_subtitle(self) -> str:
        return str(self.row)


class SavedRow(OneRow):
    """One form for a row that is there and, where the address names none, for a new one."""

    submit_label = _("Save")

    @cached_property
    def row(self) -> Any:
        return get_object_or_404(self.model, pk=self.kwargs["pk"]) if "pk" in self.kwargs else self.model()

    def get_form_kwargs(self) -> dict[str, Any]:
        """A form of the row's model fills the row itself."""
        own = {"instance": self.row} if issubclass(self.form_class, ModelForm) else {}
        return super().get_form_kwargs() | own

    def get_page_subtitle(self) -> str:
        return str(self.row) if self.row.pk else ""


class OutageEnd(OneRow):
    right = rights.MANAGE_PARK
    model = Outage
    page_title = _("It works again")
    parent = OUTAGES
    form_class = EmptyForm
    submit_label = _("Yes, it works")
    success_message = _("The machine is back.")
    done_url = OUTAGES[0]

    def act(self, data: dict[str, Any]) -> Outage:
        return park.end_outage(actor=self.request.user, outage=self.row)


class QualificationList(Listing):
    right = rights.MANAGE_QUALIFICATIONS
    page_title = QUALIFICATIONS[1]
    header_icon = "key"
    filter_form_class = QualificationFilter
    order = ("-pk",)
    add = ("lab_qualification_grant", _("Recognise a habilitation"))

    def rows(self, filters: dict[str, Any]) -> QuerySet[Qualification]:
        found = Qualification.objects.select_related("member", "category", "granted_by")
        if filters.get("category"):
            found = found.filter(category=filters["category"])
        return found.filter(named(filters.get("q", ""), "member__"))

    def columns(self) -> list[Column]:
        return [
            Column("member", label=_("Member")),
            Column("category", label=_("Machines")),
            Column("level", label=_("Level"), accessor=lambda row: row.get_level_display()),
            Column("granted_on", label=_("Given on")),
            Column("expires_on", label=_("Valid until"), accessor=lambda row: row.expires_on or _("no end")),
            Column("granted_by", label=_("Signed by"), accessor=lambda row: row.granted_by or ""),
            Column("withdrawn_reason", label=_("Withdrawn because")),
        ]

    def actions(self, row: Qualification) -> list[tuple[Any, str]]:
        renew = reverse("lab_qualification_grant")
        address = f"{renew}?member={row.member.username}&category={row.category_id}&level={row.level}"
        if row.withdrawn_reason:
            return [(_("End the suspension"), reverse("lab_qualification_lift", args=[row.pk]))]
        return [(_("Change"), address), (_("Withdraw"), reverse("lab_qualification_withdraw", args=[row.pk]))]


def named(text: str, prefix: str = "") -> Q:
    """Match people whose names hold every word of the text."""
    matching = Q()
    for word in text.split()[:5]:
        fields = ("first_name", "last_name", "username")
        either = Q()
        for field in fields:
            either |= Q(**{f"{prefix}{field}__icontains": word})
        matching &= either
    return matching


class QualificationGrant(Act):
    right = rights.MANAGE_QUALIFICATIONS
    page_title = _("Recognise a habilitation")
    parent = QUALIFICATIONS
    header_icon = "key"
    form_class = QualificationForm
    submit_label = _("Sign")
    explanation = _("You sign that this person may use these machines at this level.")
    success_message = _("The habilitation is signed.")
    done_url = QUALIFICATIONS[0]

    def act(self, data: dict[str, Any]) -> Qualification:
        return access.grant(actor=self.request.user, **data)


class QualificationWithdraw(OneRow):
    right = rights.MANAGE_QUALIFICATIONS
    model = Qualification
    page_title = _("Withdraw a habilitation")
    parent = QUALIFICATIONS
    form_class = ReasonForm
    submit_label = _("Withdraw")
    danger = True
    success_message = _("The habilitation is withdrawn.")
    done_url = QUALIFICATIONS[0]

    def act(self, data: dict[str, Any]) -> Qualification:
        return settled(lambda: access.withdraw(actor=self.request.user, qualification=self.row, reason=data["reason"]))


class UseList(Listing):
    right = rights.SEE_USAGE
    page_title = USES[1]
    header_icon = "history"
    filter_form_class = UsageFilter
    order = ("-started_at", "-pk")

    def rows(self, filters: dict[str, Any]) -> QuerySet[UsageSession]:
        found = UsageSession.objects.select_related("machine", "member")
        if filters.get("machine"):
            found = found.filter(machine=filters["machine"])
        return found.filter(member=None) if filters.get("unclaimed") else found

    def columns(self) -> list[Column]:
        return [
            Column("machine", label=_("Machine")),
            Column("period", label=_("When"), accessor=_use_period),
            Column("outcome", label=_("Result"), accessor=lambda row: row.get_outcome_display() or _("running")),
            Column("estimated", label=_("Times"), accessor=lambda row: _("estimated") if row.estimated else ""),
            Column("job_name", label=_("Job")),
            Column("member", label=_("Who"), accessor=_user_of),
            Column("source", label=_("Source")),
        ]

    def actions(self, row: UsageSession) -> list[tuple[Any, str]]:
        acts = (
            (rights.BOOK_FOR_OTHERS, "lab_use_attribute", _("Say who")),
            (rights.DO_UPKEEP, "lab_use_material", _("Say what was used")),
        )
        allowed = self.request.user.has_perm
        return [(label, reverse(name, args=[row.pk])) for right, name, label in acts if allowed(right)]


def _use_period(row: UsageSession) -> str:
    text = period_text(row.started_at, row.ended_at or row.started_at)
    return text if row.ended_at else text.partition(" – ")[0]


def _user_of(row: UsageSession) -> User | str:
    return f"{row.member} ({row.get_attribution_display()})" if row.member else row.get_attribution_display()


class UseAttribute(OneRow):
    right = rights.BOOK_FOR_OTHERS
    model = UsageSession
    page_title = _("Say who used the machine")
    parent = USES
    form_class = AttributeForm
    submit_label = _("Save")
    success_message = _("The use has its name.")
    done_url = USES[0]

    def act(self, data: dict[str, Any]) -> UsageSession:
        return say_who(actor=self.request.user, session=self.row, member=data["member"])
