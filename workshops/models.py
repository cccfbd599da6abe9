"""Workshops, their dated sessions and who comes."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.models import Reservation
from machines.models import Machine
from members.models import Channel


class Workshop(models.Model):
    """The offer: what we do, for which ages."""

    slug = models.SlugField(_("short name"), unique=True)
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True)
    theme = models.CharField(_("theme"), max_length=60, blank=True)
    age_min = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True)
    age_max = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True)
    places = models.PositiveSmallIntegerField(_("places"), default=8, validators=[MinValueValidator(1)])
    machines = models.ManyToManyField(
        Machine, blank=True, related_name="workshops", verbose_name=_("machines it needs")
    )

    class Meta:
        verbose_name = _("workshop")
        verbose_name_plural = _("workshops")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(age_min__isnull=True) | Q(age_max__isnull=True) | Q(age_min__lte=F("age_max")),
                name="workshop_ages",
            )
        ]
        permissions = [
            ("manage_workshops", _("Can plan workshops and their sessions")),
            ("register_others", _("Can register somebody else")),
        ]

    def __str__(self) -> str:
        return self.title


class WorkshopSeries(models.Model):
    """A recurring run of a workshop; its dates are WorkshopSession rows."""

    workshop = models.ForeignKey(Workshop, models.PROTECT, related_name="series", verbose_name=_("workshop"))
    event = models.OneToOneField("schedule.Event", models.PROTECT, related_name="+", editable=False)
    places = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("workshop series")
        verbose_name_plural = _("workshop series")

    def __str__(self) -> str:
        return str(self.workshop)


class WorkshopSession(models.Model):
    """One dated session: what people register for."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        CANCELLED = "cancelled", _("cancelled")

    workshop = models.ForeignKey(Workshop, models.PROTECT, related_name="sessions", verbose_name=_("workshop"))
    series = models.ForeignKey(
        WorkshopSeries, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("series")
    )
    occurrence = models.OneToOneField("schedule.Occurrence", models.PROTECT, related_name="+", editable=False)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    places = models.PositiveSmallIntegerField(_("places"), validators=[MinValueValidator(1)])
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SCHEDULED)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    facilitator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("facilitator"),
    )
    mentors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="mentored_sessions", verbose_name=_("peer mediators")
    )
    reservations = models.ManyToManyField(
        Reservation, blank=True, related_name="workshop_sessions", editable=False, verbose_name=_("machine time taken")
    )
    sequence = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    places_left: int  # both given by queries.with_counts
    waiting: int

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="session_ordered")]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="session_window")]

    def __str__(self) -> str:
        return f"{self.workshop} {self.starts_at:%Y-%m-%d %H:%M}"


class Registration(models.Model):
    """A person's place, or place in the line, at one session."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        HELD = "held", _("held")
        CONFIRMED = "confirmed", _("confirmed")
        WAITLISTED = "waitlisted", _("on the waiting list")
        CANCELLED = "cancelled", _("cancelled")

    session = models.ForeignKey(
        WorkshopSession, models.PROTECT, related_name="registrations", verbose_name=_("session")
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="registrations", verbose_name=_("member")
    )
    seats = models.PositiveSmallIntegerField(_("seats"), default=1, validators=[MinValueValidator(1)])
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CONFIRMED)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    position: int | None  # in the waiting line; given by queries.with_position

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "member"],
                condition=~Q(status="cancelled"),
                name="registration_one_live",
            ),
            models.CheckConstraint(condition=Q(seats__gte=1), name="registration_seats"),
        ]
        indexes = [models.Index(fields=["session", "status", "created_at"], name="registration_line")]

    def __str__(self) -> str:
        return f"{self.member_id} – {self.session_id}"


LIVE_STATUSES = (
    Registration.Status.PENDING,
    Registration.Status.HELD,
    Registration.Status.CONFIRMED,
)
