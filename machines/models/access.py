"""Who may use what alone: habilitations (the "permis machine")."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.park import MachineCategory


class Level(models.IntegerChoices):
    DISCOVERY = 0, _("0 – discovery, accompanied")
    SUPERVISED = 1, _("1 – alone while staff are present")
    AUTONOMOUS = 2, _("2 – autonomous")
    TRAINER = 3, _("3 – trainer")


class Qualification(models.Model):
    """A member's level on a category, signed by somebody, until a date."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="qualifications", verbose_name=_("member")
    )
    category = models.ForeignKey(
        MachineCategory, models.PROTECT, related_name="qualifications", verbose_name=_("category")
    )
    level = models.PositiveSmallIntegerField(_("level"), choices=Level, validators=[MaxValueValidator(3)])
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("signed by")
    )
    granted_on = models.DateField(_("given on"), default=timezone.localdate)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    withdrawn_reason = models.CharField(_("withdrawn because"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("habilitation")
        verbose_name_plural = _("habilitations")
        ordering = ["member__first_name", "category__name", "-level"]
        constraints = [
            models.UniqueConstraint(fields=["member", "category"], name="qualification_once"),
            models.CheckConstraint(condition=Q(level__lte=3), name="qualification_level_0_to_3"),
        ]

    def __str__(self) -> str:
        return f"{self.member} – {self.category} – {self.level}"
