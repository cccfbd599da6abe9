"""The park from a file: machines, and uses recorded on paper or elsewhere."""

from typing import Any

from import_export.fields import Field

from cms.resources.base import LabResource
from cms.resources.widgets import KnownWidget, MomentWidget
from cms.services.imports import import_use
from cms.services.pages import save_machine
from machines.models import Machine, MachineCategory, Outcome, UsageSession
from members.models import User


class MachineResource(LabResource):
    needed = ("slug",)

    category = Field("category", "category", KnownWidget(MachineCategory, "slug"))
    inside = Field("inside", "inside", KnownWidget(Machine, "slug"))

    class Meta(LabResource.Meta):
        model = Machine
        import_id_fields = ("slug",)
        fields = tuple(
            field.name for field in Machine._meta.concrete_fields if field.editable and not field.primary_key
        )
        export_order = fields

    def get_queryset(self) -> Any:
        return Machine.objects.select_related("category", "inside").order_by("slug")

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

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """A row that names no source is a paper record: machine and start make it one and the same."""
        super().before_import_row(row, **kwargs)
        row["source"] = row.get("source") or "import"
        row["natural_key"] = row.get("natural_key") or f"{row.get('machine')} {row.get('started_at')}"
        row["outcome"] = row.get("outcome") or Outcome.COMPLETED.value

    def skip_row(self, instance: UsageSession, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """A use that is known is a measured fact: a file does not change it."""
        return bool(instance.pk) and not import_validation_errors

    def save_instance(self, instance: UsageSession, is_create: bool, row: Any, **_kwargs: Any) -> None:
        instance.pk = import_use(actor=self.actor, use=instance).pk
