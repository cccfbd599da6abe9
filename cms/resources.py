"""Rows of files, in and out: members, machines, uses. What a row changes, a service changes."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Result
from import_export.widgets import ForeignKeyWidget, Widget
from tablib import Dataset

from cms.services.imports import import_member, import_use
from cms.services.pages import save_machine
from machines.models import Machine, MachineCategory, Outcome, UsageSession
from members.models import User
from members.roles import ROLES
from place.clock import at, local

SLASHED = "%d/%m/%Y"


class DayWidget(Widget):
    """`2011-05-17` or `17/05/2011`."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> date | None:
        if not value:
            return None
        try:
            return parse_date(value) or datetime.strptime(value, SLASHED).date()  # noqa: DTZ007 -- a day has no zone
        except ValueError as error:
            raise ValueError(_("“%(value)s” is no date (17/05/2011).") % {"value": value}) from error

    def render(self, value: date | None, **_kwargs: Any) -> str:
        return value.isoformat() if value else ""


class MomentWidget(Widget):
    """ISO 8601; without an offset it is the lab's wall clock."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> datetime | None:
        if not value:
            return None
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is None:
            raise ValueError(_("“%(value)s” is no moment (2026-11-25 14:30).") % {"value": value})
        return moment if timezone.is_aware(moment) else at(moment.date(), moment.time())

    def render(self, value: datetime | None, **_kwargs: Any) -> str:
        return local(value).isoformat() if value else ""


class KnownWidget(ForeignKeyWidget):
    """A row that must exist, named by its short name."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        try:
            return super().clean(value, row, **kwargs)
        except self.model.DoesNotExist as error:
            raise ValueError(_("“%(value)s” is not known here.") % {"value": value}) from error


class LabResource(ModelResource):
    """A table whose rows are written by services, in the name of whoever imports."""

    needed: tuple[str, ...] = ()

    def __init__(self, actor: User | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actor = actor

    def before_import(self, dataset: Dataset, **_kwargs: Any) -> None:
        known = {field.column_name for field in self.get_import_fields()}
        unknown = [name for name in dataset.headers if name not in known]
        missing = [name for name in self.needed if name not in dataset.headers]
        if unknown:
            raise ValidationError(_("Unknown columns: %(names)s."), params={"names": ", ".join(unknown)})
        if missing:
            raise ValidationError(_("Missing columns: %(names)s."), params={"names": ", ".join(missing)})
        for name in self.get_import_id_fields():
            if name not in dataset.headers:
                dataset.append_col([""] * len(dataset), header=name)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """A wrong cell must be told, even in a row that changes nothing."""
        if import_validation_errors:
            return False
        return super().skip_row(instance, original, row, import_validation_errors)

    class Meta:
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True


class MemberResource(LabResource):
    needed = ("first_name", "last_name")

    birth_date = Field("birth_date", "birth_date", DayWidget())
    roles = Field(column_name="roles")

    class Meta(LabResource.Meta):
        model = User
        import_id_fields = ("username",)
        fields = ("username", "first_name", "last_name", "birth_date", "email", "phone", "preferred_language", "roles")
        export_order = fields

    def dehydrate_roles(self, member: User) -> str:
        held = {group.name for group in member.groups.all()}
        return " ".join(role for role in ROLES if role in held)

    def get_queryset(self) -> Any:
        return User.objects.prefetch_related("groups").order_by("username")

    def skip_row(self, instance: User, original: User, row: Any, import_validation_errors: Any = None) -> bool:
        wanted = _roles(row)
        if instance.pk and wanted is not None and set(wanted) != set(self.dehydrate_roles(instance).split()):
            return False
        return super().skip_row(instance, original, row, import_validation_errors)

    def save_instance(self, instance: User, is_create: bool, row: Any, **_kwargs: Any) -> None:
        details = {
            field.attribute: getattr(instance, field.attribute)
            for field in self.get_import_fields()
            if field.attribute and field.column_name in row
        }
        saved = import_member(
            actor=self.actor, member=None if is_create else instance, roles=_roles(row), details=details
        )
        instance.pk, instance.username = saved.pk, saved.username


def _roles(row: Any) -> list[str] | None:
    """Return the roles that a row asks for; None leaves them as they are."""
    return row["roles"].replace(",", " ").split() if row.get("roles") else None


class MachineResource(LabResource):
    needed = ("slug",)

    category = Field("category", "category", KnownWidget(MachineCategory, "slug"))

    class Meta(LabResource.Meta):
        model = Machine
        import_id_fields = ("slug",)
        fields = tuple(
            field.name for field in Machine._meta.concrete_fields if field.editable and not field.primary_key
        )
        export_order = fields

    def get_queryset(self) -> Any:
        return Machine.objects.select_related("category").order_by("slug")

    def save_instance(self, instance: Machine, is_create: bool, row: Any, **_kwargs: Any) -> None:
        save_machine(actor=self.actor, machine=instance)


class UsageResource(LabResource):
    needed = ("machine", "started_at", "ended_at")

    machine = Field("machine", "machine", KnownWidget(Machine, "slug"))
    member = Field("member", "member", KnownWidget(User, "username"))
    started_at = Field("started_at", "started_at", MomentWidget())
    ended_at = Field("ended_at", "ended_at", MomentWidget())

    class Meta(LabResource.Meta):
        model = UsageSession
        import_id_fields = ("source", "natural_key")
        fields = (
            "machine",
            "started_at",
            "ended_at",
            "outcome",
            "job_name",
            "member",
            "attribution",
            "energy_wh",
            "paused_seconds",
            "estimated",
            "source",
            "natural_key",
        )
        export_order = fields

    def get_queryset(self) -> Any:
        return UsageSession.objects.select_related("machine", "member").order_by("started_at", "pk")

    def before_import_row(self, row: Any, **_kwargs: Any) -> None:
        """A row that names no source is a paper record: machine and start make it one and the same."""
        row["source"] = row.get("source") or "import"
        row["natural_key"] = row.get("natural_key") or f"{row.get('machine')} {row.get('started_at')}"
        row["outcome"] = row.get("outcome") or Outcome.COMPLETED.value

    def skip_row(self, instance: UsageSession, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """A use that is known is a measured fact: a file does not change it."""
        return bool(instance.pk) and not import_validation_errors

    def save_instance(self, instance: UsageSession, is_create: bool, row: Any, **_kwargs: Any) -> None:
        instance.pk = import_use(actor=self.actor, use=instance).pk


KINDS: dict[str, type[LabResource]] = {
    "membres": MemberResource,
    "machines": MachineResource,
    "utilisations": UsageResource,
}


def run(resource: LabResource, dataset: Dataset, *, for_real: bool) -> Result:
    """Import everything or nothing; `for_real` false rolls back in any case."""
    return resource.import_data(
        dataset, dry_run=not for_real, use_transactions=True, rollback_on_validation_errors=True
    )


def refused(result: Result) -> bool:
    """Tell whether anything was wrong: `has_errors()` alone does not count rows that are merely invalid."""
    return result.has_errors() or result.has_validation_errors()


def complaints(result: Result) -> Iterable[tuple[int | None, str]]:
    """Give each reason with the number of its row in the file (the first line names the columns)."""
    for error in result.base_errors:
        yield None, _said(error.error)
    for number, errors in result.row_errors():
        yield from ((number + 1, _said(error.error)) for error in errors)
    for row in result.invalid_rows:
        yield from ((row.number + 1, text) for text in _sentences(row.error))


def _said(error: Exception) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error) or type(error).__name__


def _sentences(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [f"{name} : {' '.join(found)}" for name, found in error.message_dict.items()]
