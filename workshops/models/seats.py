"""Who asked for places, and what they answered."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Channel, Partner
from workshops.models.dates import Programme, ProgrammeBand, WorkshopSession
from workshops.models.offer import WorkshopQuestion


class ProgrammeEntry(models.Model):
    """A person's place at a day with a programme."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="entries", verbose_name=_("day"))
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("member"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("registration for a day")
        verbose_name_plural = _("registrations for a day")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "member"], condition=Q(cancelled_at__isnull=True), name="programme_entry_one_live"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_id} – {self.programme_id}"


class Registration(models.Model):
    """A person's place, or place in the line, at one session; a cycle gives them one for each of its dates."""

    class Status(models.TextChoices):
        PENDING = "pending", _("an agreement is missing")
        HELD = "held", _("a place is kept: say yes")
        CONFIRMED = "confirmed", _("confirmed")
        WAITLISTED = "waitlisted", _("on the waiting list")
        CANCELLED = "cancelled", _("cancelled")

    session = models.ForeignKey(
        WorkshopSession, models.PROTECT, related_name="registrations", verbose_name=_("session")
    )
    band = models.ForeignKey(ProgrammeBand, models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="registrations", verbose_name=_("member")
    )
    companion = models.CharField(_("the grown-up who comes along"), max_length=150, blank=True)
    partner = models.ForeignKey(
        Partner, models.SET_NULL, null=True, blank=True, related_name="registrations", verbose_name=_("group of")
    )
    seats = models.PositiveSmallIntegerField(_("seats"), default=1, validators=[MinValueValidator(1)])
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CONFIRMED)
    held_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    price_cents = models.PositiveIntegerField(_("price (cents)"), default=0)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancelled_late = models.BooleanField(_("cancelled late"), default=False)
    reminded_at = models.DateTimeField(null=True, editable=False)

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
            models.UniqueConstraint(
                fields=["band", "member"], condition=~Q(status="cancelled"), name="registration_one_a_band"
            ),
            models.CheckConstraint(condition=Q(seats__gte=1), name="registration_seats"),
            models.CheckConstraint(
                condition=Q(status="held", held_until__isnull=False) | ~Q(status="held"), name="registration_held_until"
            ),
        ]
        indexes = [
            models.Index(fields=["session", "status", "created_at"], name="registration_line"),
            models.Index(fields=["held_until"], condition=Q(status="held"), name="registration_holds"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} – {self.session_id}"

    @property
    def is_due(self) -> bool:
        """Tell whether something is still to be paid at the desk."""
        return bool(self.price_cents) and self.paid_at is None


LIVE_STATUSES = (
    Registration.Status.PENDING,
    Registration.Status.HELD,
    Registration.Status.CONFIRMED,
)


class RegistrationAnswer(models.Model):
    """What somebody answered to a question of the workshop; deleted some days after the session."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="answers")
    question = models.ForeignKey(WorkshopQuestion, models.CASCADE, related_name="+")
    text = models.CharField(_("answer"), max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registration", "question"], name="registration_answer_once")]

    def __str__(self) -> str:
        return f"{self.registration_id} {self.question_id}"
