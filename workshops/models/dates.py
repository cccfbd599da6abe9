"""Dated sessions, the pattern they come from, and days made of several."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.models import Reservation
from place.models import During
from workshops.models.offer import Workshop


class WorkshopSeries(models.Model):
    """A recurring run of a workshop, or the dates of a cycle; its dates are WorkshopSession rows."""

    workshop = models.ForeignKey(Workshop, models.PROTECT, related_name="series", verbose_name=_("workshop"))
    event = models.OneToOneField("schedule.Event", models.PROTECT, related_name="+", editable=False)
    places = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    during = models.CharField(_("part of the school year"), max_length=8, choices=During, default=During.ALWAYS)
    facilitator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("facilitator"),
    )

    class Meta:
        verbose_name = _("workshop series")
        verbose_name_plural = _("workshop series")

    def __str__(self) -> str:
        return str(self.workshop)


class Programme(models.Model):
    """A day with a programme: one registers for the day, and for one of the workshops of each band of time."""

    slug = models.SlugField(_("short name"), unique=True)
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    places = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    seats_taken = models.PositiveSmallIntegerField(default=0, editable=False)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("day with a programme")
        verbose_name_plural = _("days with a programme")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="programme_ordered"),
            models.CheckConstraint(condition=Q(seats_taken__lte=F("places")), name="programme_not_oversold"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def places_left(self) -> int:
        return max(self.places - self.seats_taken, 0)


class ProgrammeBand(models.Model):
    """A stretch of a day: something for everybody, or workshops side by side of which one is chosen."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="bands")
    title = models.CharField(_("title"), max_length=120)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))

    class Meta:
        verbose_name = _("part of a day")
        verbose_name_plural = _("parts of a day")
        ordering = ["starts_at", "pk"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="band_ordered")]

    def __str__(self) -> str:
        return self.title


class WorkshopSession(models.Model):
    """One dated session: what people register for."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        CANCELLED = "cancelled", _("cancelled")

    workshop = models.ForeignKey(Workshop, models.PROTECT, related_name="sessions", verbose_name=_("workshop"))
    series = models.ForeignKey(
        WorkshopSeries, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("series")
    )
    band = models.ForeignKey(
        ProgrammeBand, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("part of a day")
    )
    occurrence = models.OneToOneField("schedule.Occurrence", models.PROTECT, related_name="+", editable=False)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    places = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    seats_taken = models.PositiveSmallIntegerField(default=0, editable=False)  # counted by services.seats alone
    waiting = models.PositiveSmallIntegerField(
        default=0, editable=False
    )  # registrations in the line, counted there too
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SCHEDULED)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    facilitator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="facilitated_sessions",
        verbose_name=_("facilitator"),
    )
    mentors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="mentored_sessions", verbose_name=_("peer mediators")
    )
    reservations = models.ManyToManyField(
        Reservation, blank=True, related_name="workshop_sessions", editable=False, verbose_name=_("machine time taken")
    )
    note = models.TextField(_("note of the facilitator"), blank=True, max_length=4000)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    also_runs: str | None  # given by queries.with_conflicts

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="session_ordered"),
            models.CheckConstraint(condition=Q(seats_taken__lte=F("places")), name="session_not_oversold"),
        ]
        indexes = [
            models.Index(fields=["ends_at", "starts_at"], name="session_window"),
            models.Index(fields=["facilitator", "starts_at"], name="session_facilitator"),
        ]

    def __str__(self) -> str:
        return f"{self.workshop} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def places_left(self) -> int:
        return max(self.places - self.seats_taken, 0)

    @property
    def is_cycle(self) -> bool:
        """Tell whether one registration is for all the dates."""
        return self.series_id is not None and self.workshop.kind == Workshop.Kind.CYCLE
