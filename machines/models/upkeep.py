"""Work that use brings about: what each machine has done in all, what must be done when, and what was done."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.park import Machine, Outage


class Measure(models.TextChoices):
    """What a plan counts since the work was last done."""

    HOURS = "hours", _("hours of use")
    USES = "uses", _("uses")
    GRAMS = "grams", _("grams")
    METRES = "metres", _("metres")
    DAYS = "days", _("days of the calendar")


class MachineMeter(models.Model):
    """All that a machine ever did: the sum of its uses that are over, kept with them and recounted from them."""

    machine = models.OneToOneField(Machine, models.CASCADE, primary_key=True, related_name="meter")
    uses = models.PositiveIntegerField(_("uses"), default=0)
    run_time = models.DurationField(_("time at work"))
    grams = models.DecimalField(_("grams"), max_digits=14, decimal_places=2, default=Decimal(0))
    metres = models.DecimalField(_("metres"), max_digits=14, decimal_places=2, default=Decimal(0))

    class Meta:
        verbose_name = _("meter of a machine")
        verbose_name_plural = _("meters of the machines")

    def __str__(self) -> str:
        return f"{self.machine_id}: {self.uses}"


class UpkeepPlan(models.Model):
    """A part to change or something to clean, every so much; `done_reading` is the meter when it was last done."""

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="upkeep_plans", verbose_name=_("machine"))
    name = models.CharField(_("part or work"), max_length=80)
    how = models.CharField(_("how it is done"), max_length=300, blank=True)
    measure = models.CharField(_("counted in"), max_length=6, choices=Measure, default=Measure.HOURS)
    every = models.PositiveIntegerField(
        _("to be done every"), validators=[MinValueValidator(1), MaxValueValidator(10_000_000)]
    )
    margin = models.PositiveIntegerField(
        _("and so much later nobody may book"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(10_000_000)],
        help_text=_("Empty: bookings go on. 0: they stop as soon as the work is due."),
    )
    active = models.BooleanField(_("still wanted"), default=True)
    done_at = models.DateTimeField(_("last done"), default=timezone.now, editable=False)
    done_reading = models.DecimalField(max_digits=20, decimal_places=6, default=Decimal(0), editable=False)

    class Meta:
        verbose_name = _("maintenance plan")
        verbose_name_plural = _("maintenance plans")
        ordering = ["machine", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                "machine",
                Lower("name"),
                name="upkeep_plan_once",
                violation_error_message=_("This machine already has a plan of that name."),
            ),
            models.CheckConstraint(condition=Q(every__gte=1), name="upkeep_every_at_least_1"),
        ]

    def __str__(self) -> str:
        return f"{self.machine}: {self.name}"


class MaintenanceTask(models.Model):
    """The work of a plan, once: open until somebody of the team did it. `blocked_at`: since when nobody may book."""

    plan = models.ForeignKey(UpkeepPlan, models.CASCADE, related_name="tasks", verbose_name=_("plan"))
    opened_at = models.DateTimeField(_("due since"), default=timezone.now)
    measured = models.DecimalField(_("counted when it came due"), max_digits=14, decimal_places=2)
    blocked_at = models.DateTimeField(_("bookings stopped"), null=True, blank=True)
    outage = models.ForeignKey(
        Outage, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("outage")
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )
    done_after = models.DecimalField(_("counted when it was done"), max_digits=14, decimal_places=2, null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("maintenance task")
        verbose_name_plural = _("maintenance tasks")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["plan"], condition=Q(done_at__isnull=True), name="upkeep_one_open_task"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True, done_after__isnull=True)
                | Q(done_at__gte=F("opened_at"), done_after__isnull=False),
                name="upkeep_done_has_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], condition=Q(done_at__isnull=True), name="upkeep_open"),
            models.Index(fields=["-opened_at", "-id"], name="upkeep_latest"),
        ]
        permissions = [("do_upkeep", _("Can do maintenance and count the stock"))]

    def __str__(self) -> str:
        return str(self.plan)
