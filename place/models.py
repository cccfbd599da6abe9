"""The lab as a place: who it is, when it is open."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class LabSettings(models.Model):
    """The one row that says who the lab is and how to reach it."""

    name = models.CharField(_("name"), max_length=100, default="CAN Lab")
    motto = models.CharField(_("motto"), max_length=150, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    horizon_days = models.PositiveSmallIntegerField(_("openings are laid out this many days ahead"), default=400)

    class Meta:
        verbose_name = _("the lab")
        verbose_name_plural = _("the lab")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="lab_settings_one_row")]

    def __str__(self) -> str:
        return self.name


class OpeningKind(models.TextChoices):
    """What an opening is for; a machine says which kinds it accepts."""

    OPEN_LAB = "open_lab", _("open lab")
    WORKSHOP = "workshop", _("workshop")
    PARTNER = "partner", _("partner")
    STAFF_ONLY = "staff_only", _("staff only")


class OpeningSeries(models.Model):
    """A weekly (or other) pattern of openings; its dates are OpeningPeriod rows."""

    event = models.OneToOneField("schedule.Event", models.PROTECT, related_name="+", editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=OpeningKind, default=OpeningKind.OPEN_LAB)
    label = models.CharField(_("label"), max_length=120)

    class Meta:
        verbose_name = _("opening pattern")
        verbose_name_plural = _("opening patterns")

    def __str__(self) -> str:
        return self.label


class DatedPeriod(models.Model):
    """A dated stretch `[starts_at, ends_at)` laid out from one scheduler occurrence."""

    occurrence = models.OneToOneField(
        "schedule.Occurrence", models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))

    class Meta:
        abstract = True


class OpeningPeriod(DatedPeriod):
    """The lab is open for this kind of use."""

    series = models.ForeignKey(
        OpeningSeries, models.PROTECT, related_name="periods", null=True, blank=True, verbose_name=_("pattern")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=OpeningKind, default=OpeningKind.OPEN_LAB)
    label = models.CharField(_("label"), max_length=120)
    cancelled = models.BooleanField(_("cancelled"), default=False)

    class Meta:
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="opening_ordered")]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="opening_window")]

    def __str__(self) -> str:
        return self.label


class Closure(DatedPeriod):
    """The lab is closed, whatever the openings say."""

    reason = models.CharField(_("reason"), max_length=150)

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="closure_ordered")]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="closure_window")]

    def __str__(self) -> str:
        return self.reason
