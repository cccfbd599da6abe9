"""What somebody saw go wrong with a machine, and what the team made of it."""

import secrets

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.park import Machine, Outage
from members.models import Channel


class FaultState(models.TextChoices):
    NEW = "new", _("to look at")
    OUTAGE = "outage", _("out of order")
    MAINTENANCE = "maintenance", _("planned maintenance")
    DISMISSED = "dismissed", _("nothing to do")


def private_storage() -> Storage:
    """Return where files lie that no address of the site leads to."""
    return storages["private"]


def photo_name(_report: "FaultReport", _uploaded: str) -> str:
    """Return a name that nobody can guess and that keeps nothing of the one it came with."""
    return f"faults/{secrets.token_urlsafe(24)}.jpg"


class FaultReport(models.Model):
    """“Something is wrong”: said by anybody who is signed in, answered once by the team."""

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="fault_reports", verbose_name=_("machine"))
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="fault_reports",
        verbose_name=_("reported by"),
    )
    what = models.CharField(_("what happened"), max_length=500)
    photo = models.FileField(_("photo"), upload_to=photo_name, storage=private_storage, blank=True)
    dangerous = models.BooleanField(_("dangerous"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    created_at = models.DateTimeField(_("reported"), default=timezone.now)
    state = models.CharField(_("state"), max_length=11, choices=FaultState, default=FaultState.NEW)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_note = models.CharField(_("reason"), max_length=150, blank=True)
    outage = models.ForeignKey(
        Outage, models.SET_NULL, null=True, blank=True, related_name="fault_reports", verbose_name=_("outage")
    )

    class Meta:
        verbose_name = _("fault report")
        verbose_name_plural = _("fault reports")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=FaultState.NEW, decided_at__isnull=True)
                | (~Q(state=FaultState.NEW) & Q(decided_at__isnull=False)),
                name="fault_decided_has_moment",
            )
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="fault_open_first")]
        permissions = [("triage_faults", _("Can answer reports of faults"))]

    def __str__(self) -> str:
        return f"{self.machine}: {self.what[:60]}"
