"""Seasons, and what is owed for them."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.household import QuotientBand
from members.models.people import Channel


class Membership(models.Model):
    """A person belongs to the lab for a season, September to August; `season` is the year it begins."""

    class Kind(models.TextChoices):
        YOUTH = "youth", _("young person")
        ADULT = "adult", _("adult")
        FAMILY = "family", _("family")
        TEAM = "team", _("team and volunteers")

    class Status(models.TextChoices):
        ASKED = "asked", _("asked for")
        ACTIVE = "active", _("active")
        RESIGNED = "resigned", _("resigned")
        EXCLUDED = "excluded", _("excluded")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    season = models.PositiveSmallIntegerField(_("season"), validators=[MinValueValidator(2000)])
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    family_quotient_band = models.CharField(
        _("family quotient"), max_length=1, choices=QuotientBand, blank=True, default=QuotientBand.UNKNOWN
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.DESK)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    created_at = models.DateTimeField(_("recorded"), default=timezone.now)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-season", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "season"], condition=Q(status__in=["asked", "active"]), name="membership_one_a_season"
            ),
            models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="membership_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.season}–{self.season + 1}"


class DuesEntry(models.Model):
    """One line of the desk's ledger, in euro cents: what is due, paid, or taken over by somebody else."""

    class Kind(models.TextChoices):
        DUE = "due", _("to pay")
        PAID = "paid", _("paid")
        COVERED = "covered", _("covered by somebody else")

    class Method(models.TextChoices):
        NONE = "", _("–")
        CASH = "cash", _("cash")
        CHEQUE = "cheque", _("cheque")
        ANCV = "ancv", _("holiday vouchers (ANCV)")
        CARD = "card", _("bank card, at the centre’s till")

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="dues", verbose_name=_("membership"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    cents = models.PositiveIntegerField(_("amount (cents)"))
    method = models.CharField(_("how"), max_length=6, choices=Method, blank=True, default=Method.NONE)
    covered_by = models.CharField(_("covered by"), max_length=120, blank=True)
    on = models.DateField(_("on"), default=timezone.localdate)
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
        verbose_name = _("line of the dues")
        verbose_name_plural = _("lines of the dues")
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(kind="covered") | ~Q(covered_by=""), name="dues_covered_by_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cents}"
