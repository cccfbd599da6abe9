"""Workshops from a file: the offers, their dates, who registered, who came."""

from typing import Any

from import_export.fields import Field

from cms.resources.base import LabResource
from cms.resources.widgets import KnownWidget, MomentWidget
from cms.services.pages import save_workshop
from cms.services.workshop_files import import_attendance, import_registration, import_session
from machines.models import MachineCategory
from members.models import Partner, User
from workshops.models import Attendance, Registration, Workshop, WorkshopSession


class WorkshopResource(LabResource):
    needed = ("slug", "title")

    partner = Field("partner", "partner", KnownWidget(Partner, "name"))
    category = Field("category", "category", KnownWidget(MachineCategory, "slug"))

    class Meta(LabResource.Meta):
        model = Workshop
        import_id_fields = ("slug",)
        fields = tuple(
            field.name
            for field in Workshop._meta.concrete_fields
            if field.editable and not field.primary_key and field.name != "agreements"
        )
        export_order = fields

    def get_queryset(self) -> Any:
        return Workshop.objects.select_related("partner", "category").order_by("slug")

    def save_instance(self, instance: Workshop, is_create: bool, row: Any, **_kwargs: Any) -> None:
        save_workshop(actor=self.actor, workshop=instance)


class SessionResource(LabResource):
    """Dates: a workshop and its start make one; a known one takes other places and another facilitator."""

    needed = ("workshop", "starts_at", "ends_at")

    id = Field("id", "pk", readonly=True)
    workshop = Field("workshop", "workshop", KnownWidget(Workshop, "slug"))
    starts_at = Field("starts_at", "starts_at", MomentWidget())
    ends_at = Field("ends_at", "ends_at", MomentWidget())
    facilitator = Field("facilitator", "facilitator", KnownWidget(User, "username"))
    state = Field("state", "state", readonly=True)
    seats_taken = Field("seats_taken", "seats_taken", readonly=True)
    waiting = Field("waiting", "waiting", readonly=True)

    class Meta(LabResource.Meta):
        model = WorkshopSession
        import_id_fields = ("workshop", "starts_at")
        fields = (
            "id", "workshop", "starts_at", "ends_at", "places", "facilitator", "state", "seats_taken", "waiting",
        )  # fmt: skip
        export_order = fields

    def get_queryset(self) -> Any:
        return WorkshopSession.objects.select_related("workshop", "facilitator").order_by("starts_at", "pk")

    def save_instance(self, instance: WorkshopSession, is_create: bool, row: Any, **_kwargs: Any) -> None:
        instance.pk = import_session(actor=self.actor, session=instance).pk


class RegistrationResource(LabResource):
    """Places at sessions, named by their number; `cancelled` gives one back, anything else asks for one."""

    needed = ("session", "member")

    session = Field("session", "session", KnownWidget(WorkshopSession, "pk"))
    member = Field("member", "member", KnownWidget(User, "username"))
    partner = Field("partner", "partner", KnownWidget(Partner, "name"))
    price_cents = Field("price_cents", "price_cents", readonly=True)

    class Meta(LabResource.Meta):
        model = Registration
        import_id_fields = ("session", "member")
        fields = ("session", "member", "seats", "status", "companion", "partner", "channel", "price_cents")
        export_order = fields

    def get_queryset(self) -> Any:
        rows = Registration.objects.exclude(status=Registration.Status.CANCELLED)
        return rows.select_related("session", "member", "partner").order_by("session__starts_at", "session_id", "pk")

    def save_instance(self, instance: Registration, is_create: bool, row: Any, **_kwargs: Any) -> None:
        instance.pk = import_registration(actor=self.actor, registration=instance).pk


class AttendanceResource(LabResource):
    """Who came, from a sheet: one row a person, or a number of people by age band and gender without a name."""

    needed = ("session",)

    session = Field("session", "session", KnownWidget(WorkshopSession, "pk"))
    member = Field("member", "member", KnownWidget(User, "username"))
    arrived_at = Field("arrived_at", "arrived_at", MomentWidget())
    left_at = Field("left_at", "left_at", MomentWidget(), readonly=True)
    channel = Field("channel", "channel", readonly=True)

    class Meta(LabResource.Meta):
        model = Attendance
        import_id_fields = ("id",)
        fields = (
            "id", "session", "member", "role", "state", "people", "age_band", "gender", "arrived_at", "left_at",
            "channel",
        )  # fmt: skip
        export_order = fields

    def get_queryset(self) -> Any:
        return Attendance.objects.select_related("session", "member").order_by("session__starts_at", "session_id", "pk")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """A row without a number is one and the same by its session and its person, or its band and gender."""
        super().before_import_row(row, **kwargs)
        who = row.get("member") or f"{row.get('age_band') or ''} {row.get('gender') or ''}"
        row["key"] = f"file {row.get('session')} {who}"[:64]

    def get_instance(self, instance_loader: Any, row: Any) -> Attendance | None:
        rows = self.get_queryset().filter(session=_number(row.get("session")))
        if row.get("id"):
            return rows.filter(pk=_number(row["id"])).first()
        if row.get("member"):
            return rows.filter(member__username=row["member"]).first()
        return rows.filter(key=row["key"]).first()

    def skip_row(self, instance: Attendance, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """Numbers of people without a name are facts that a file does not change."""
        if instance.pk and instance.member is None and not import_validation_errors:
            return True
        return super().skip_row(instance, original, row, import_validation_errors)

    def save_instance(self, instance: Attendance, is_create: bool, row: Any, **_kwargs: Any) -> None:
        instance.pk = import_attendance(actor=self.actor, attendance=instance, key=row["key"]).pk


def _number(text: Any) -> int:
    """Return a row's number; 0, which no row has, for what is none."""
    return int(text) if str(text).isdecimal() else 0
