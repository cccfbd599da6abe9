"""Families: who answers for a child, how to reach them, who may come and fetch."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Neighbourhood(models.TextChoices):
    """Whether somebody lives in a priority neighbourhood (QPV); the address itself is never kept."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("not known")


class QuotientBand(models.TextChoices):
    """The family quotient as a band, never the amount (domain.md §2.7); no document seen: the top band pays."""

    UNKNOWN = "", _("no document seen")
    BAND_1 = "1", _("up to 400")
    BAND_2 = "2", _("401 to 800")
    BAND_3 = "3", _("801 to 1 200")
    BAND_4 = "4", _("1 201 to 1 800")
    BAND_5 = "5", _("over 1 800")


class Household(models.Model):
    """The people who come under one name; one or two guardians answer for its children."""

    name = models.CharField(_("family name"), max_length=150)
    family_quotient_band = models.CharField(
        _("family quotient"), max_length=1, choices=QuotientBand, blank=True, default=QuotientBand.UNKNOWN
    )
    priority_neighbourhood = models.CharField(
        _("priority neighbourhood"), max_length=7, choices=Neighbourhood, default=Neighbourhood.UNKNOWN
    )

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Guardian(models.Model):
    """A parent or guardian of the children of a household; may have no account, no e-mail."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="guardians", verbose_name=_("household"))
    position = models.PositiveSmallIntegerField(_("first or second"), default=1)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="guardianships",
        verbose_name=_("account"),
    )

    class Meta:
        verbose_name = _("parent or guardian")
        verbose_name_plural = _("parents and guardians")
        ordering = ["household", "position"]
        constraints = [
            models.UniqueConstraint(fields=["household", "position"], name="guardian_position_once"),
            models.CheckConstraint(condition=Q(position__in=[1, 2]), name="guardian_one_or_two"),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class PickUpPerson(models.Model):
    """Somebody whom the guardians let fetch the children of the household."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="pick_ups", verbose_name=_("household"))
    name = models.CharField(_("name"), max_length=150)
    phone = models.CharField(_("phone"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("person who may fetch")
        verbose_name_plural = _("people who may fetch")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
