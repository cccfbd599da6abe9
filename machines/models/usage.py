"""What machines really did: one physical job, one row."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from machines.models.park import Machine


class Outcome(models.TextChoices):
    """How a job ended (contract.md §6); no outcome while it runs."""

    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")
    INTERRUPTED = "interrupted", _("interrupted")
    UNKNOWN = "unknown", _("end not seen")


class Attribution(models.TextChoices):
    RESERVATION = "reservation", _("by the booking")
    BADGE = "badge", _("by the badge")
    STAFF = "staff", _("by staff")
    NONE = "none", _("nobody yet")


class UsageSession(models.Model):
    """One job on one machine, as one source reported it; `(source, natural_key)` never repeats."""

    machine = models.ForeignKey(Machine, models.PROTECT, related_name="usage_sessions", verbose_name=_("machine"))
    source = models.CharField(_("source"), max_length=80)
    natural_key = models.CharField(max_length=200)
    job_name = models.CharField(_("job"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    last_evidence_at = models.DateTimeField(_("last sign of life"))
    paused_seconds = models.PositiveIntegerField(_("paused (seconds)"), default=0)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, null=True, blank=True)
    estimated = models.BooleanField(_("times estimated"), default=False)
    energy_wh = models.FloatField(_("energy (Wh)"), null=True, blank=True)
    consumable = models.ForeignKey(
        "machines.Consumable",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="uses",
        db_index=False,  # nobody asks for the uses of a consumable: its movements say more
        verbose_name=_("material used"),
    )
    material_amount = models.DecimalField(_("how much of it"), max_digits=10, decimal_places=2, null=True, blank=True)
    material_unit = models.CharField(_("counted in"), max_length=5, blank=True)  # a Unit; empty without an amount
    attribution = models.CharField(_("attributed"), max_length=12, choices=Attribution, default=Attribution.NONE)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="usage_sessions",
        verbose_name=_("member"),
    )

    class Meta:
        verbose_name = _("machine use")
        verbose_name_plural = _("machine uses")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "natural_key"], name="usage_one_row_per_job"),
            models.UniqueConstraint(
                fields=["machine", "source"], condition=Q(ended_at__isnull=True), name="usage_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome__isnull=True)
                | Q(ended_at__gte=F("started_at"), outcome__isnull=False),
                name="usage_ended_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(material_amount__isnull=True, material_unit="")
                | (Q(material_amount__gte=0) & ~Q(material_unit="")),
                name="usage_material_has_unit",
            ),
        ]
        indexes = [
            models.Index(fields=["machine", "-started_at"], name="usage_by_machine"),
            models.Index(fields=["-started_at", "-id"], name="usage_latest"),
            models.Index(fields=["member", "-started_at"], name="usage_by_member"),
            models.Index(fields=["started_at", "id"], condition=Q(ended_at__isnull=True), name="usage_open"),
        ]
        permissions = [("view_all_usage", _("Can see who used which machine"))]

    def __str__(self) -> str:
        return f"{self.machine} {self.started_at:%Y-%m-%d %H:%M}"
