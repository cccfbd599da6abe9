"""“Is somebody at the machine?”: asked of a use, answered by a person. It informs; it is no safety device."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from machines.models.usage import UsageSession
from members.models import Channel


class PresenceCheck(models.Model):
    """One round of the question; whether the use is over is the use's own fact, never copied here."""

    session = models.ForeignKey(
        UsageSession, models.CASCADE, related_name="presence_checks", verbose_name=_("machine use")
    )
    asked_at = models.DateTimeField(_("asked"))  # in the future: this round is not asked yet
    due_at = models.DateTimeField(_("to be confirmed by"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, blank=True)

    class Meta:
        verbose_name = _("presence at a machine")
        verbose_name_plural = _("presences at machines")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="presence_due_after_asked"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=F("asked_at")),
                name="presence_confirmed_after_asked",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=False) | Q(confirmed_by__isnull=True, channel=""),
                name="presence_somebody_has_moment",
            ),
            models.UniqueConstraint(
                fields=["session"], condition=Q(confirmed_at__isnull=True), name="presence_one_waiting"
            ),
        ]
        indexes = [models.Index(fields=["-asked_at", "-id"], name="presence_latest")]

    def __str__(self) -> str:
        return f"{self.session} {self.asked_at:%H:%M}"
