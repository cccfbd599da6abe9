"""What machines use up: how much there is, and every movement that led there."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.materials import MachineMaterial
from machines.models.park import MachineCategory
from machines.models.upkeep import MaintenanceTask
from machines.models.usage import UsageSession


class Unit(models.TextChoices):
    GRAM = "g", _("g")
    METRE = "m", _("m")
    SHEET = "sheet", _("sheets")
    PIECE = "piece", _("pieces")


class Why(models.TextChoices):
    """Why the stock moved; `corrected` follows the correction of a machine use."""

    BOUGHT = "bought", _("came in")
    USED = "used", _("used")
    COUNTED = "counted", _("counted again")
    THROWN = "thrown", _("thrown away")
    CORRECTED = "corrected", _("use corrected")


class Consumable(models.Model):
    """Something that is used up. `level` is the sum of its movements, kept by the service of the stock alone."""

    name = models.CharField(_("name"), max_length=80)
    unit = models.CharField(_("counted in"), max_length=5, choices=Unit, default=Unit.GRAM)
    warn_below = models.DecimalField(
        _("to order below"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Empty: nobody is warned."),
    )
    category = models.ForeignKey(
        MachineCategory,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consumables",
        verbose_name=_("for these machines"),
    )
    material = models.ForeignKey(
        MachineMaterial,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="consumables",
        verbose_name=_("or for this material of one machine"),
    )
    active = models.BooleanField(_("still in use"), default=True)
    level = models.DecimalField(_("in stock"), max_digits=12, decimal_places=2, default=Decimal(0), editable=False)
    count_again = models.BooleanField(_("to count again"), default=False, editable=False)
    low_since = models.DateTimeField(_("low since"), null=True, editable=False)

    class Meta:
        verbose_name = _("consumable")
        verbose_name_plural = _("consumables")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="consumable_once",
                violation_error_message=_("There is a consumable of that name already."),
            ),
            models.CheckConstraint(condition=Q(level__gte=0) | Q(count_again=True), name="stock_negative_is_to_count"),
            models.CheckConstraint(
                condition=Q(category__isnull=True) | Q(material__isnull=True),
                name="consumable_one_link",
                violation_error_message=_("Choose a family of machines or a material of one machine, not both."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StockMovement(models.Model):
    """One change of a stock, never changed itself. `level` is what there was after it."""

    consumable = models.ForeignKey(Consumable, models.PROTECT, related_name="movements", verbose_name=_("consumable"))
    quantity = models.DecimalField(_("quantity"), max_digits=10, decimal_places=2)
    level = models.DecimalField(_("in stock after it"), max_digits=12, decimal_places=2)
    why = models.CharField(_("why"), max_length=9, choices=Why)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by whom")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    use = models.ForeignKey(
        UsageSession,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="stock_movements",
        verbose_name=_("machine use"),
    )
    task = models.ForeignKey(
        MaintenanceTask,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="stock_movements",
        verbose_name=_("maintenance task"),
    )
    key = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="stock_movement_sent_once"),
            models.UniqueConstraint(
                fields=["use", "consumable"], condition=Q(why=Why.USED, use__isnull=False), name="stock_one_draw_a_use"
            ),
            models.CheckConstraint(condition=~Q(quantity=0) | Q(why=Why.COUNTED), name="stock_movement_moves"),
        ]
        indexes = [
            models.Index(fields=["consumable", "-at", "-id"], name="stock_of_one"),
            models.Index(fields=["-at", "-id"], name="stock_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.consumable} {self.quantity:+}"
