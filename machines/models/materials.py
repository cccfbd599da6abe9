"""What a machine may take: a list per machine, never a general one (domain.md §2.4)."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from machines.models.park import Machine


class Allowed(models.TextChoices):
    YES = "yes", _("allowed")
    ASK = "ask", _("ask first")
    NO = "no", _("forbidden")


class MachineMaterial(models.Model):
    """One material on one machine."""

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="materials", verbose_name=_("machine"))
    name = models.CharField(_("material"), max_length=80)
    allowed = models.CharField(_("on this machine"), max_length=3, choices=Allowed, default=Allowed.YES)
    note = models.CharField(_("note"), max_length=120, blank=True)
    display_order = models.PositiveSmallIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("material of a machine")
        verbose_name_plural = _("materials of the machines")
        ordering = ["display_order", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                "machine",
                Lower("name"),
                name="machine_material_once",
                violation_error_message=_("This machine already has this material."),
            )
        ]

    def __str__(self) -> str:
        return self.name
