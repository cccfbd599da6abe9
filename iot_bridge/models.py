"""Devices that report for machines, what they said, and which bridge process may write."""

from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from iot_bridge.adapters import ADAPTERS
from iot_bridge.link_models import PrinterLink
from iot_bridge.payloads import MAX_WATTS
from machines.models import Machine

__all__ = ["BridgeLock", "Device", "MachineMessage", "PrinterLink"]

WATTS = [MaxValueValidator(int(MAX_WATTS))]


def kinds() -> list[tuple[str, str]]:
    """Return the firmwares the bridge can read."""
    return [(kind, kind) for kind in ADAPTERS]


class Device(models.Model):
    """What reports for a machine over MQTT: the firmware, and the name it has in its topics."""

    class Role(models.TextChoices):
        JOB = "job", _("tells its jobs")
        POWER = "power", _("measures power")

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="devices", verbose_name=_("machine"))
    kind = models.CharField(_("firmware"), max_length=20, choices=kinds)
    base = models.CharField(_("name in the topics"), max_length=120)
    role = models.CharField(_("role"), max_length=5, choices=Role, default=Role.JOB)
    active = models.BooleanField(_("listened to"), default=True)
    time_zone = models.CharField(_("time zone of its clock"), max_length=50, blank=True)
    start_watts = models.PositiveSmallIntegerField(_("works from (W)"), default=150, validators=WATTS)
    start_hold_seconds = models.PositiveSmallIntegerField(_("held for (seconds)"), default=5)
    stop_watts = models.PositiveSmallIntegerField(_("stops below (W)"), default=120, validators=WATTS)
    stop_hold_seconds = models.PositiveSmallIntegerField(_("held below for (seconds)"), default=45)

    state = models.JSONField(default=dict, editable=False)
    available = models.BooleanField(null=True, editable=False)
    last_seen_at = models.DateTimeField(_("last heard"), null=True, editable=False)
    changed_at = models.DateTimeField(auto_now=True, editable=False)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["machine__display_order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "base"], name="device_once"),
            models.CheckConstraint(condition=Q(stop_watts__lte=F("start_watts")), name="device_power_thresholds"),
        ]

    def __str__(self) -> str:
        return self.source

    @property
    def source(self) -> str:
        """The name under which its usage sessions are kept."""
        return f"{self.kind}:{self.base}"

    def clean(self) -> None:
        """Refuse a name that would listen to more than one device, and a time zone nobody knows."""
        errors: dict[str, Any] = {}
        if any(sign in self.base for sign in "+#") or self.base.strip("/ ") != self.base or not self.base.isprintable():
            errors["base"] = _("Write the name alone: no +, no #, no slash at the ends.")
        if self.time_zone and self.time_zone not in available_timezones():
            errors["time_zone"] = _("This time zone is not known (example: Europe/Paris).")
        if None not in (self.start_watts, self.stop_watts) and self.stop_watts > self.start_watts:
            errors["stop_watts"] = _("It must stop at or below the power where it starts.")
        if errors:
            raise ValidationError(errors)


class MachineMessage(models.Model):
    """A message as it arrived, kept for a number of days; sessions can be rebuilt from these rows."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("used")
        IGNORED = "ignored", _("not needed")
        REJECTED = "rejected", _("unusable")

    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="messages", db_index=False)
    topic = models.CharField(max_length=255)
    payload = models.BinaryField()
    qos = models.PositiveSmallIntegerField()
    retain = models.BooleanField()
    dup = models.BooleanField()
    received_at = models.DateTimeField()
    late_since = models.DateTimeField(null=True)
    digest = models.BinaryField(max_length=16)
    status = models.CharField(max_length=8, choices=Status)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("machine message")
        verbose_name_plural = _("machine messages")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["topic", "-id"], name="message_by_topic"),
            models.Index(fields=["received_at"], name="message_by_time"),
            models.Index(fields=["-id"], name="message_rejected", condition=Q(status="rejected")),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.received_at:%Y-%m-%d %H:%M:%S}"


class BridgeLock(models.Model):
    """Which bridge process writes for a partition of the devices; its beat is the bridge's sign of life."""

    partition = models.PositiveSmallIntegerField(primary_key=True)
    partitions = models.PositiveSmallIntegerField(default=1)
    holder = models.CharField(max_length=80, blank=True)
    beat_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("bridge")
        verbose_name_plural = _("bridges")

    def __str__(self) -> str:
        return f"{self.partition}: {self.holder or '-'}"


class BrokerAccount(models.Model):
    """Who may sign in at the broker: each device and the bridge; only the hash of a password is kept."""

    name = models.CharField(max_length=60, primary_key=True)
    device = models.OneToOneField(Device, models.CASCADE, null=True, related_name="account")
    password = models.CharField(max_length=200)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("broker account")
        verbose_name_plural = _("broker accounts")

    def __str__(self) -> str:
        return self.name


class DeviceHealth(models.Model):
    """When a device was last heard, whatever it said, and how many seconds its clock was ahead of ours."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="health")
    heard_at = models.DateTimeField()
    clock_offset = models.FloatField(null=True)

    class Meta:
        verbose_name = _("health of a device")
        verbose_name_plural = _("health of devices")

    def __str__(self) -> str:
        return f"{self.device_id} {self.heard_at:%Y-%m-%d %H:%M:%S}"


class DeviceRejection(models.Model):
    """How many messages of a device could not be used for one reason, counted anew after a day without any."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="rejections")
    reason = models.CharField(max_length=80)
    times = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = _("rejection")
        verbose_name_plural = _("rejections")
        constraints = [models.UniqueConstraint(fields=["device", "reason"], name="device_rejection_once")]

    def __str__(self) -> str:
        return f"{self.times} × {self.reason}"


class Proposal(models.Model):
    """A device that announced itself and that nobody has set up; at most a few hundred, the oldest go."""

    kind = models.CharField(_("firmware"), max_length=20)
    base = models.CharField(_("name in the topics"), max_length=120)
    name = models.CharField(_("name"), max_length=80, blank=True)
    last_seen_at = models.DateTimeField(_("last heard"))
    ignored = models.BooleanField(_("ignored"), default=False)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-last_seen_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "base"], name="proposal_once")]
        indexes = [models.Index(fields=["-last_seen_at", "-id"], name="proposal_by_time")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.base}"


class BridgeReport(models.Model):
    """What the bridge of a partition has done since it started, as it last wrote it down."""

    partition = models.PositiveSmallIntegerField(primary_key=True)
    started_at = models.DateTimeField()
    written_at = models.DateTimeField()
    connected = models.BooleanField()
    backlog = models.BooleanField()
    received = models.PositiveBigIntegerField()
    committed = models.PositiveBigIntegerField()
    late = models.PositiveBigIntegerField()
    repeated = models.PositiveBigIntegerField()
    unknown = models.PositiveBigIntegerField()
    reconnects = models.PositiveBigIntegerField()
    lag_seconds = models.FloatField()
    rejected = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("report of the bridge")
        verbose_name_plural = _("reports of the bridge")

    def __str__(self) -> str:
        return f"{self.partition}: {self.received}"
