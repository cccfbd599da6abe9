"""Screens of people: accounts made at the desk, joining requests, what must be said to whom."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column

from booking.services import settled
from cms.gestion import rights
from cms.gestion.forms.fields import EmptyForm, ReasonForm
from cms.gestion.forms.people import JoinFilter, MemberEditForm, MemberForm, MessageFilter, PersonFilter
from cms.gestion.machines import OneRow, named
from cms.gestion.views import Act, LinkColumn, Listing
from cms.services.people import edit_member
from members import services
from members.models import JoinRequest, Message, User
from members.roles import LABELS, ROLES
from members.services.households import note_if_superuser
from place.clock import local, today

MEMBERS = ("lab_members", _("Members"))
JOIN_REQUESTS = ("lab_join_requests", _("Joining requests"))
MESSAGES = ("lab_messages", _("Messages"))


class MemberList(Listing):
    right = rights.MANAGE_MEMBERS
    page_title = MEMBERS[1]
    header_icon = "group"
    filter_form_class = PersonFilter
    order = ("first_name", "last_name", "pk")
    add = ("lab_member_create", _("Create an account"))
    empty_text = _("Nobody of that name.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[User]:
        found = User.objects.filter(is_active=not filters.get("inactive")).prefetch_related("groups")
        return found.filter(named(filters.get("q", "")))

    def columns(self) -> list[Column]:
        return [
            LinkColumn("name", label=_("Name"), accessor=str, get_url=_edit_url),
            Column("username", label=_("Sign-in name")),
            Column("age", label=_("Age"), accessor=lambda row: age_text(row.age_on(today()))),
            Column("reach", label=_("To reach"), accessor=lambda row: row.email or _("at the desk")),
            Column("roles", label=_("Roles"), accessor=_roles_text),
        ]

    def actions(self, row: User) -> list[tuple[Any, str]]:
        if not row.is_active:
            return []
        acts = [(_("New password"), reverse("lab_member_password", args=[row.pk]))]
        if self.request.user.has_perm(rights.BOOK_FOR_OTHERS):
            acts.append((_("Book for"), f"{reverse('lab_reservation_book')}?member={row.username}"))
        return [*acts, (_("Close the account"), reverse("lab_member_deactivate", args=[row.pk]))]


def _edit_url(row: User) -> str:
    return reverse("lab_member_edit", args=[row.pk])


def age_text(age: int | None) -> Any:
    return _("unknown") if age is None else _("%(age)d years") % {"age": age}


def _roles_text(row: User) -> str:
    held = {group.name for group in row.groups.all()}
    return ", ".join(str(LABELS[role]) for role in ROLES if role in held)


class PasswordShown:
    """Answer with the one-time password on the page itself: it is in no session, no message, no log."""

    def respond(self, result: tuple[User, str]) -> HttpResponse:
        member, password = result
        context = self.get_context_data(member=member, password=password)
        return TemplateResponse(self.request, "cms/gestion/password.html", context)


class ForActor:
    """Give the form the person who fills it in."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"actor": self.request.user}


class MemberCreate(PasswordShown, ForActor, Act):
    right = rights.MANAGE_MEMBERS
    page_title = _("Create an account")
    parent = MEMBERS
    header_icon = "user"
    form_class = MemberForm
    submit_label = _("Create the account")
    done_url = MEMBERS[0]

    def act(self, data: dict[str, Any]) -> tuple[User, str]:
        return services.create_member(actor=self.request.user, **data)


class OneMember(OneRow):
    right = rights.MANAGE_MEMBERS
    model = User
    parent = MEMBERS
    header_icon = "user"
    done_url = MEMBERS[0]


class MemberEdit(ForActor, OneMember):
    page_title = _("Account")
    form_class = MemberEditForm
    submit_label = _("Save")
    success_message = _("The account is saved.")

    def get_initial(self) -> dict[str, Any]:
        note_if_superuser(actor=self.request.user, person=self.row)
        names = ("first_name", "last_name", "birth_date", "email", "phone", "preferred_language")
        held = list(self.row.groups.filter(name__in=ROLES).values_list("name", flat=True))
        return {name: getattr(self.row, name) for name in names} | {"roles": held}

    def act(self, data: dict[str, Any]) -> None:
        edit_member(actor=self.request.user, member=self.row, **data)


class MemberPassword(PasswordShown, OneMember):
    page_title = _("New password")
    form_class = EmptyForm
    submit_label = _("Make a new password")
    explanation = _("The old password stops working at once. The new one is shown once, to be printed or copied.")

    def act(self, data: dict[str, Any]) -> tuple[User, str]:
        return self.row, services.renew_password(actor=self.request.user, member=self.row)


class MemberDeactivate(OneMember):
    page_title = _("Close the account")
    form_class = ReasonForm
    submit_label = _("Close the account")
    explanation = _("This person can no longer sign in; what they did is kept.")
    danger = True
    success_message = _("The account is closed.")

    def act(self, data: dict[str, Any]) -> None:
        settled(lambda: services.deactivate_member(actor=self.request.user, member=self.row, reason=data["reason"]))


class JoinList(Listing):
    right = rights.MANAGE_MEMBERS
    page_title = JOIN_REQUESTS[1]
    header_icon = "mail"
    filter_form_class = JoinFilter
    order = ("-created_at", "-pk")
    empty_text = _("Nobody is waiting for an answer.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[JoinRequest]:
        return JoinRequest.objects.filter(state=filters.get("state") or JoinRequest.State.PENDING)

    def columns(self) -> list[Column]:
        return [
            Column("name", label=_("Name"), accessor=str),
            Column("age", label=_("Age"), accessor=_join_age),
            Column("reach", label=_("To reach"), accessor=lambda row: row.email or row.phone or _("at the desk")),
            Column("guardian_name", label=_("Parent or guardian")),
            Column("message", label=_("Message")),
            Column("created_at", label=_("Received"), accessor=lambda row: local(row.created_at).date()),
        ]

    def actions(self, row: JoinRequest) -> list[tuple[Any, str]]:
        if row.state != JoinRequest.State.PENDING:
            return []
        acts = (("lab_join_accept", _("Accept")), ("lab_join_decline", _("Decline")))
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]


def _join_age(row: JoinRequest) -> Any:
    return age_text(User(birth_date=row.birth_date).age_on(today()))


class OneJoinRequest(OneRow):
    right = rights.MANAGE_MEMBERS
    model = JoinRequest
    parent = JOIN_REQUESTS
    form_class = EmptyForm
    done_url = JOIN_REQUESTS[0]


class JoinAccept(PasswordShown, OneJoinRequest):
    page_title = _("Accept")
    submit_label = _("Accept and create the account")
    explanation = _("Check the papers first: before 18 a parent signs.")

    def act(self, data: dict[str, Any]) -> tuple[User, str]:
        return services.accept_join(actor=self.request.user, join_request=self.row)


class JoinDecline(OneJoinRequest):
    page_title = _("Decline")
    submit_label = _("Decline")
    danger = True
    success_message = _("The request is declined.")

    def act(self, data: dict[str, Any]) -> None:
        services.decline_join(actor=self.request.user, join_request=self.row)


class MessageList(Listing):
    right = rights.MANAGE_MEMBERS
    page_title = MESSAGES[1]
    header_icon = "mail"
    filter_form_class = MessageFilter
    order = ("-created_at", "-pk")
    empty_text = _("No message.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Message]:
        wanted = {name: value for name, value in filters.items() if value}
        return Message.objects.filter(**wanted).select_related("recipient")

    def columns(self) -> list[Column]:
        return [
            Column("recipient", label=_("For")),
            Column("subject", label=_("Subject")),
            Column("body", label=_("Text")),
            Column("via", label=_("By"), accessor=lambda row: row.get_via_display()),
            Column("state", label=_("State"), accessor=lambda row: row.get_state_display()),
        ]

    def actions(self, row: Message) -> list[tuple[Any, str]]:
        waits = row.via == Message.Via.CALL and row.state == Message.State.WAITING
        return [(_("It is told"), reverse("lab_message_told", args=[row.pk]))] if waits else []


class MessageTold(OneRow):
    right = rights.MANAGE_MEMBERS
    model = Message
    page_title = _("It is told")
    parent = MESSAGES
    form_class = EmptyForm
    submit_label = _("Yes, the person knows")
    success_message = _("Noted.")
    done_url = MESSAGES[0]

    def act(self, data: dict[str, Any]) -> None:
        services.mark_told(actor=self.request.user, message=self.row)
