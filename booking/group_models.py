"""Groups: what was agreed with a partner, and bookings that repeat."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from machines.models import Machine
from members.models import Partner


class Agreement(models.Model):
    """What a partner may book for its group, from the first day to the last, both included."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="agreements", verbose_name=_("partner"))
    title = models.CharField(_("title"), max_length=120)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    machines = models.ManyToManyField(Machine, blank=True, related_name="+", verbose_name=_("machines (none: all)"))
    most_machines = models.PositiveSmallIntegerField(
        _("machines at the same time"), default=2, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    most_people = models.PositiveSmallIntegerField(
        _("people in the group"), default=8, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    weekly_minutes = models.PositiveIntegerField(_("minutes of machines a week (0: not counted)"), default=0)

    class Meta:
        verbose_name = _("agreement with a partner")
        verbose_name_plural = _("agreements with partners")
        ordering = ["-last_day", "partner"]
        constraints = [
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="agreement_ordered"),
            models.CheckConstraint(condition=Q(most_machines__gte=1, most_people__gte=1), name="agreement_of_some"),
        ]

    def __str__(self) -> str:
        return f"{self.partner} – {self.title}"


class AgreementSlot(models.Model):
    """A weekly time of an agreement, on the lab's wall clock."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="slots", verbose_name=_("partner agreement"))
    weekday = models.PositiveSmallIntegerField(_("day"), choices=list(WEEKDAYS.items()))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))

    class Meta:
        verbose_name = _("weekly time of an agreement")
        verbose_name_plural = _("weekly times of agreements")
        ordering = ["weekday", "starts"]
        constraints = [models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="agreement_slot_ordered")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class BookingSeries(models.Model):
    """Bookings that repeat; each is a reservation of its own, changed one by one or given back all together."""

    title = models.CharField(_("what for"), max_length=120)
    every_weeks = models.PositiveSmallIntegerField(
        _("every so many weeks"), default=1, validators=[MinValueValidator(1), MaxValueValidator(8)]
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("bookings that repeat")
        verbose_name_plural = _("bookings that repeat")
        ordering = ["-created_at", "-id"]
        constraints = [models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="series_ordered")]

    def __str__(self) -> str:
        return self.title
