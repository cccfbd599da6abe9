"""What is said to people, and the log of who did what."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.household import Guardian
from members.models.people import Channel


class Message(models.Model):
    """The outbox: written with the act it tells of, sent after the commit, by the person's channel."""

    class Via(models.TextChoices):
        MAIL = "mail", _("e-mail")
        CALL = "call", _("to call or tell")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="messages", verbose_name=_("recipient")
    )
    guardian = models.ForeignKey(
        Guardian, models.CASCADE, null=True, blank=True, related_name="messages", verbose_name=_("said to the guardian")
    )
    via = models.CharField(_("by"), max_length=5, choices=Via)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sending_since = models.DateTimeField(null=True, editable=False)  # somebody is at it: nobody else sends it meanwhile
    last_error = models.CharField(_("last error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(F("via"), F("created_at"), name="message_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return self.subject

    @property
    def address(self) -> str:
        """Where a mail goes: to the guardian it is said to, else to the person."""
        return self.guardian.email if self.guardian else self.recipient.email

    @property
    def phone(self) -> str:
        return self.guardian.phone if self.guardian else self.recipient.phone


class AuditEntry(models.Model):
    """Append-only: who did what to whom, when and through which channel."""

    at = models.DateTimeField(_("at"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    action = models.CharField(_("action"), max_length=60)
    subject = models.CharField(_("about"), max_length=120)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log")
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject", "-id"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
