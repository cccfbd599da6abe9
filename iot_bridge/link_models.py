"""Printers that are a broker of their own: where they are and how their certificate is known again."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

FINGERPRINT = RegexValidator(r"^([0-9a-f]{64})?$", _("64 signs, 0 to 9 and a to f."))


class PrinterLink(models.Model):
    """How to reach a Bambu Lab printer in the lab's own network (LAN mode)."""

    device = models.OneToOneField("iot_bridge.Device", models.CASCADE, related_name="link", verbose_name=_("device"))
    host = models.CharField(_("address in the network"), max_length=100, help_text=_("Example: 192.168.1.40"))
    access_code = models.CharField(_("access code"), max_length=40, help_text=_("Shown on the printer’s own screen."))
    fingerprint = models.CharField(
        _("fingerprint of its certificate (SHA-256)"),
        max_length=64,
        blank=True,
        validators=[FINGERPRINT],
        help_text=_(
            "Without it nobody connects: copy the one that was seen, once you are sure that it is your printer."
        ),
    )
    seen_fingerprint = models.CharField(_("fingerprint that was seen"), max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("link to a printer")
        verbose_name_plural = _("links to printers")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.host
