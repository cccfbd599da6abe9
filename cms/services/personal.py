"""Everything the lab keeps about one person, and nothing about anybody else: shown in words, or taken away in a zip."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from booking.ledger_models import Anomaly, BookingOutcome, EarlyRelease
from booking.models import Reservation, WaitingEntry
from cms.models import PictureSubject
from cms.sheets import harmless
from machines.models import (
    FaultReport,
    OpenBadge,
    PracticeObservation,
    PresenceCheck,
    Qualification,
    QualificationWaiver,
    QuizAttempt,
    StartRequest,
    UsageSession,
)
from members.models import (
    AccessCard,
    ApiToken,
    AuditEntry,
    CalendarSecret,
    Channel,
    ConsentEntry,
    DuesEntry,
    Guardian,
    Household,
    JoinRequest,
    Membership,
    Message,
    User,
)
from members.queries import is_guardian_of
from members.services import record, refuse_above
from place.models import DutyShift, Visit
from workshops.models import (
    Attendance,
    IdeaInterest,
    ProgrammeEntry,
    Registration,
    RegistrationAnswer,
    WorkshopIdea,
    WorkshopSession,
)


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of data: its rows for a person, and the columns that are theirs."""

    name: str
    title: Any
    rows: Callable[[User], QuerySet]
    columns: tuple[str, ...]

    def read(self, person: User) -> list[dict[str, Any]]:
        return list(self.rows(person).order_by("pk").values(*self.columns))


def _mine(model: Any, field: str) -> Callable[[User], QuerySet]:
    return lambda person: model.objects.filter(**{field: person})


def _messages(person: User) -> QuerySet:
    """What was said to the person, and to them as the guardian of a child; not what others were told about them."""
    return Message.objects.filter(Q(recipient=person, guardian=None) | Q(guardian__account=person))


def _anomalies(person: User) -> QuerySet:
    """What was odd about the person's uses and bookings; who answered is the team's."""
    return Anomaly.objects.filter(Q(usage_session__member=person) | Q(reservation__member=person))


SECTIONS = (
    Section("identity", _("who you are"), lambda person: User.objects.filter(pk=person.pk), (
        "username", "first_name", "last_name", "pseudonym", "birth_date", "gender", "email", "phone",
        "preferred_language", "priority_neighbourhood", "contact_by", "wants_confirmations", "date_joined",
        "last_login",
    )),
    Section("roles", _("what you do here"), lambda person: person.groups.all(), ("name",)),
    Section("household", _("your family’s file"), lambda person: Household.objects.filter(people=person), (
        "name", "priority_neighbourhood", "family_quotient_band",
    )),
    Section("guardian", _("you as a parent"), _mine(Guardian, "account"), (
        "first_name", "last_name", "phone", "email", "position",
    )),
    Section("agreements", _("agreements"), _mine(ConsentEntry, "person"), (
        "purpose", "act", "signatory", "signed_on", "expires_on", "reason", "channel", "text__version", "recorded_at",
    )),
    Section("memberships", _("memberships"), _mine(Membership, "person"), (
        "season", "kind", "status", "starts_on", "ends_on", "family_quotient_band", "channel",
    )),
    Section("dues", _("what was due and paid"), _mine(DuesEntry, "membership__person"), (
        "membership__season", "kind", "cents", "method", "covered_by", "on", "channel",
    )),
    Section("cards", _("your cards"), _mine(AccessCard, "user"), ("issued_at", "revoked_at")),
    Section("tokens", _("keys for programs"), _mine(ApiToken, "user"), (
        "name", "scopes", "created_at", "expires_at", "revoked_at",
    )),
    Section("second_factor", _("second sign-in steps"), _mine(Authenticator, "user"), (
        "type", "created_at", "last_used_at",
    )),
    Section("calendar", _("your calendar address"), _mine(CalendarSecret, "user"), ("created_at",)),
    Section("habilitations", _("habilitations"), _mine(Qualification, "member"), (
        "category__name", "level", "granted_on", "expires_on", "lapsed_on", "withdrawn_reason", "motive",
    )),
    Section("practice", _("practice that was watched"), _mine(PracticeObservation, "member"), (
        "category__name", "level", "passed", "observed_on", "remark", "channel",
    )),
    Section("waivers", _("waivers for a day"), _mine(QualificationWaiver, "member"), (
        "category__name", "day", "motive",
    )),
    Section("quizzes", _("quizzes"), _mine(QuizAttempt, "member"), (
        "category__name", "mode", "taken_on", "score", "out_of", "passed", "answers", "channel",
    )),
    Section("badges", _("Open Badges"), _mine(OpenBadge, "qualification__member"), (
        "level", "issued_at", "revoked_at",
    )),
    Section("bookings", _("bookings"), _mine(Reservation, "member"), (
        "machine__name", "starts_at", "ends_at", "state", "accompanied", "trial", "channel", "created_at",
        "cancelled_at", "cancelled_late", "cancel_reason", "arrived_at", "excused", "waived", "waive_reason",
        "material", "group", "people",
    )),
    Section("outcomes", _("what became of your bookings"), _mine(BookingOutcome, "reservation__member"), (
        "reservation__machine__name", "starts_at", "ends_at", "verdict", "planned_minutes", "used_minutes",
        "idle_minutes", "over_run_minutes", "released_minutes",
    )),
    Section("finished_early", _("times you gave back"), _mine(EarlyRelease, "reservation__member"), (
        "reservation__machine__name", "planned_end", "released_at",
    )),
    Section("anomalies", _("what the machines told about you"), _anomalies, (
        "machine__name", "kind", "noticed_at", "state", "answer", "answered_at", "note",
    )),
    Section("waiting", _("machine times you waited for"), _mine(WaitingEntry, "member"), (
        "machine__name", "starts_at", "ends_at", "state", "channel", "created_at",
    )),
    Section("machine_uses", _("machine uses"), _mine(UsageSession, "member"), (
        "machine__name", "job_name", "started_at", "ended_at", "outcome", "energy_wh", "attribution",
    )),
    Section("starts", _("when you asked to start a machine"), _mine(StartRequest, "member"), (
        "machine__name", "channel", "asked_at", "granted", "codes", "until",
    )),
    Section("presences", _("when you said that you were at a machine"), _mine(PresenceCheck, "confirmed_by"), (
        "session__machine__name", "asked_at", "confirmed_at", "channel",
    )),
    Section("faults", _("problems you reported"), _mine(FaultReport, "reported_by"), (
        "machine__name", "what", "dangerous", "channel", "created_at", "state", "decided_at", "decision_note",
    )),
    Section("workshops", _("workshops"), _mine(Registration, "member"), (
        "session__workshop__title", "session__starts_at", "seats", "status", "channel", "created_at", "cancelled_at",
        "cancelled_late", "companion", "price_cents", "paid_at", "held_until",
    )),
    Section("answers", _("what you answered"), _mine(RegistrationAnswer, "registration__member"), (
        "registration__session__workshop__title", "question__text", "text",
    )),
    Section("days", _("days with a programme"), _mine(ProgrammeEntry, "member"), (
        "programme__title", "channel", "created_at", "cancelled_at",
    )),
    Section("attendance", _("workshops you came to"), _mine(Attendance, "member"), (
        "session__workshop__title", "session__starts_at", "role", "state", "arrived_at", "left_at", "leaving",
        "left_with", "hours_confirmed_at", "channel",
    )),
    Section("ideas", _("your ideas for workshops"), _mine(WorkshopIdea, "proposed_by"), (
        "title", "text", "proposed_at", "state",
    )),
    Section("wishes", _("ideas that interest you"), _mine(IdeaInterest, "member"), ("idea__title",)),
    Section("mentoring", _("workshops you help with"), _mine(WorkshopSession, "mentors"), (
        "workshop__title", "starts_at",
    )),
    Section("leading", _("workshops you lead"), _mine(WorkshopSession, "facilitator"), (
        "workshop__title", "starts_at",
    )),
    Section("duties", _("your duties"), _mine(DutyShift, "person"), ("starts_at", "ends_at", "cancelled_at")),
    Section("visits", _("when you came"), _mine(Visit, "person"), (
        "came_at", "left_at", "leaving", "age_band", "gender", "channel", "trial",
    )),
    Section("pictures", _("photos you are in"), _mine(PictureSubject, "person"), ("image__title", "image__withheld")),
    Section("messages", _("what we told you"), _messages, (
        "subject", "body", "via", "state", "created_at", "sent_at",
    )),
    Section("requests", _("your request to join"), _mine(JoinRequest, "member"), (
        "first_name", "last_name", "birth_date", "email", "phone", "guardian_name", "message", "created_at", "state",
    )),
    Section("log_about", _("log lines about you"), lambda person: AuditEntry.objects.filter(
        Q(subject=f"user:{person.pk}")
    ), ("at", "action", "channel")),
    Section("log_by", _("log lines of what you did"), _mine(AuditEntry, "actor"), ("at", "action", "channel")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """How much the lab knows of one kind."""

    title: Any
    count: int


def known_about(person: User) -> list[Known]:
    """Return what kinds of data there are about a person and how many of each; kinds with none are left out."""
    counted = (Known(section.title, section.rows(person).count()) for section in SECTIONS)
    return [known for known in counted if known.count]


def collected(person: User) -> dict[str, list[dict[str, Any]]]:
    """Return all rows about a person, by section."""
    return {section.name: section.read(person) for section in SECTIONS}


def refuse_reading(actor: User, person: User) -> None:
    """Raise PermissionDenied unless the data are one's own, one's child's, or of an account the desk may touch."""
    if actor.pk != person.pk and not is_guardian_of(actor, person):
        refuse_above(actor, person)


def export(*, actor: User, person: User, now: datetime, channel: str = Channel.ONLINE) -> bytes:
    """Return a zip with everything, once as JSON and once as a CSV for each kind; the log keeps that it was taken.

    Raises PermissionDenied for data that are not the actor's to read.
    """
    refuse_reading(actor, person)
    data = collected(person)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        document = {"made_at": now, "person": person.username, **data}
        archive.writestr("donnees.json", json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        for name, rows in data.items():
            if rows:
                archive.writestr(f"{name}.csv", _csv(rows))
    record(actor=actor, action="data.exported", subject=f"user:{person.pk}", channel=channel)
    return out.getvalue()


def _csv(rows: Iterable[dict[str, Any]]) -> bytes:
    table = list(rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(table[0])
    writer.writerows([harmless(_flat(value)) for value in row.values()] for row in table)
    return out.getvalue().encode("utf-8-sig")


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
