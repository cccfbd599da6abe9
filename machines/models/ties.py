"""What goes together: a room with its benches, machines that share an extraction."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from machines.models.park import Machine


class MachineTie(models.Model):
    """Derived from where machines stand and what they need; written by the service of the park alone."""

    class Role(models.TextChoices):
        TAKEN = "taken", _("taken along")
        STOPS = "stops", _("its outage stops the machine")

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="ties", verbose_name=_("machine"))
    other = models.ForeignKey(Machine, models.CASCADE, related_name="+", verbose_name=_("goes with"))
    role = models.CharField(_("role"), max_length=5, choices=Role)

    class Meta:
        verbose_name = _("tie between machines")
        verbose_name_plural = _("ties between machines")
        constraints = [models.UniqueConstraint(fields=["machine", "other", "role"], name="machine_tie_once")]
        indexes = [models.Index(fields=["other", "role"], name="machine_tie_back")]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.role} {self.other_id}"
