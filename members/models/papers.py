"""Texts that people agree to, and the ledger of who agreed to what, when and how: only ever added to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.household import Guardian
from members.models.people import Channel


class Purpose(models.TextChoices):
    """What an agreement is for; who must sign at which age stands in members/standing.py."""

    CHARTER = "charter", _("the rules of the lab")
    ACCOUNT = "account", _("an account of one’s own before 15")
    MACHINES = "machines", _("using the machines")
    HOME_ALONE = "home_alone", _("going home alone")
    PHOTO_LAB = "photo_lab", _("photos shown in the lab")
    PHOTO_WEB = "photo_web", _("photos on the site")
    PHOTO_PRESS = "photo_press", _("photos in print and in the press")
    PUBLICATION = "publication", _("publishing projects")


class LegalText(models.Model):
    """One version of what is read before signing, in one language; never changed once it is there."""

    purpose = models.CharField(_("about"), max_length=12, choices=Purpose)
    version = models.PositiveSmallIntegerField(_("version"))
    language = models.CharField(_("language"), max_length=5, choices=settings.FORM_LANGUAGES)
    body = models.TextField(_("text"))
    published_on = models.DateField(_("published"), default=timezone.localdate)

    class Meta:
        verbose_name = _("text to sign")
        verbose_name_plural = _("texts to sign")
        ordering = ["purpose", "-version", "language"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version", "language"], name="legal_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} – {self.version} ({self.language})"


class ConsentEntry(models.Model):
    """One line of the ledger: somebody signed, refused or withdrew; what holds is folded from all lines."""

    class Act(models.TextChoices):
        SIGNED = "signed", _("signed")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Signatory(models.TextChoices):
        SELF = "self", _("the person")
        GUARDIAN = "guardian", _("a parent or guardian")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="consent_entries", verbose_name=_("person")
    )
    purpose = models.CharField(_("about"), max_length=12, choices=Purpose)
    act = models.CharField(_("act"), max_length=9, choices=Act)
    signatory = models.CharField(_("by"), max_length=8, choices=Signatory)
    guardian = models.ForeignKey(
        Guardian, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("parent or guardian")
    )
    signatory_name = models.CharField(_("name"), max_length=300, blank=True)
    text = models.ForeignKey(LegalText, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("text"))
    signed_on = models.DateField(_("on"))
    expires_on = models.DateField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.DESK)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["signed_on", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(act="signed") | Q(text__isnull=False), name="consent_signed_text"),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=models.F("signed_on")), name="consent_ordered"
            ),
        ]
        indexes = [models.Index(fields=["person", "purpose"], name="consent_of_person")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.purpose} {self.act} {self.signed_on}"
