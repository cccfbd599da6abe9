"""Organisations the lab works with: clubs, schools, associations."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Partner(models.Model):
    """An organisation, and the accounts of the grown-ups who act for it."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    contacts = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="partners", blank=True, verbose_name=_("who acts for it")
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["name"]
        permissions = [("manage_partners", _("Can keep partners and their agreements"))]

    def __str__(self) -> str:
        return self.name
