"""Who asked to start a machine, what was answered, and what a switch was told. It informs; it is no safety device."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.park import Machine


class StartChannel(models.TextChoices):
    BADGE = "badge", _("card at the machine")
    PAGE = "page", _("page of the machine")


class StartRequest(models.Model):
    """“May this person start this machine now?” and the answer; a question asked again is the same row.

    `boot` and `seq` are the box's own numbering, `source` the box; a page leaves them empty.
    """

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="start_requests", verbose_name=_("machine"))
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="start_requests",
        verbose_name=_("member"),
    )
    channel = models.CharField(_("channel"), max_length=5, choices=StartChannel)
    source = models.CharField(max_length=150, blank=True)
    boot = models.CharField(max_length=200, blank=True)
    seq = models.PositiveBigIntegerField(null=True)
    card = models.CharField(max_length=64, blank=True, editable=False)  # digest, as the card's own row has it
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    granted = models.BooleanField(_("allowed"))
    codes = models.JSONField(_("why not"), default=list)
    until = models.DateTimeField(_("until"), null=True)

    class Meta:
        verbose_name = _("request to start")
        verbose_name_plural = _("requests to start")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["machine", "source", "boot", "seq"], condition=Q(seq__isnull=False), name="start_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(granted=False) | Q(until__isnull=False), name="start_granted_until_a_moment"
            ),
        ]
        indexes = [
            models.Index(fields=["machine", "-asked_at"], name="start_by_machine"),
            models.Index(fields=["asked_at"], name="start_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.asked_at:%Y-%m-%d %H:%M}"


class PowerOrder(models.Model):
    """What the bridge must tell a machine's switch; the row is committed before anything is sent."""

    class Fate(models.TextChoices):
        WAITING = "waiting", _("to be sent")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("given up")

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="power_orders", verbose_name=_("machine"))
    on = models.BooleanField(_("switched on"))
    request = models.ForeignKey(StartRequest, models.SET_NULL, null=True, related_name="orders")
    ordered_at = models.DateTimeField(_("ordered"), default=timezone.now)
    fate = models.CharField(max_length=7, choices=Fate, default=Fate.WAITING)

    class Meta:
        verbose_name = _("order to a switch")
        verbose_name_plural = _("orders to switches")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["machine", "-id"], name="order_by_machine"),
            models.Index(fields=["id"], condition=Q(fate="waiting"), name="order_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {'on' if self.on else 'off'}"
