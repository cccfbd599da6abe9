"""Who was there, and what they thought of it: people by name, or numbers."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Channel
from members.models.people import Gender
from place.models import AgeBand
from workshops.models.dates import WorkshopSession


class Attendance(models.Model):
    """Somebody's presence at a session, or a number of people without a name by age band and gender."""

    class State(models.TextChoices):
        PRESENT = "present", _("present")
        ABSENT = "absent", _("absent")
        EXCUSED = "excused", _("excused")

    class Role(models.TextChoices):
        PARTICIPANT = "participant", _("participant")
        MENTOR = "mentor", _("peer mediator")
        VOLUNTEER = "volunteer", _("volunteer")
        FACILITATOR = "facilitator", _("facilitator")

    session = models.ForeignKey(WorkshopSession, models.PROTECT, related_name="attendances", verbose_name=_("session"))
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="attendances",
        verbose_name=_("member"),
    )
    role = models.CharField(_("as"), max_length=11, choices=Role, default=Role.PARTICIPANT)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.PRESENT)
    people = models.PositiveSmallIntegerField(_("people"), default=1, validators=[MinValueValidator(1)])
    age_band = models.CharField(_("age"), max_length=5, choices=AgeBand, blank=True, default=AgeBand.UNKNOWN)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True, default=Gender.UNTOLD)
    walk_in = models.BooleanField(_("came without registering"), default=False)
    arrived_at = models.DateTimeField(_("came"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    leaving = models.CharField(_("how they left"), max_length=10, blank=True)
    left_with = models.CharField(_("fetched by"), max_length=200, blank=True)
    hours_confirmed_at = models.DateTimeField(_("hours confirmed"), null=True, blank=True)
    version = models.PositiveIntegerField(
        default=1, editable=False
    )  # one more at each change: who saw an older one asks
    key = models.CharField(max_length=64, null=True, unique=True, editable=False)  # of the tap: sent twice is once
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.DESK)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        ordering = ["session_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "member"], name="attendance_once"),
            models.CheckConstraint(condition=Q(people__gte=1), name="attendance_people"),
        ]
        indexes = [models.Index(fields=["member", "state"], name="attendance_of")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.member_id or self.age_band} {self.state}"


class SessionFeedback(models.Model):
    """How many people gave which face to which of the two questions: a total, nobody's answer."""

    class Question(models.TextChoices):
        LIKED = "liked", _("Did you like it?")
        LEARNT = "learnt", _("Did you learn something?")

    class Face(models.IntegerChoices):
        SAD = 1, _("not really")
        FINE = 2, _("so-so")
        HAPPY = 3, _("yes, a lot")

    session = models.ForeignKey(WorkshopSession, models.CASCADE, related_name="feedback", verbose_name=_("session"))
    question = models.CharField(_("question"), max_length=6, choices=Question)
    face = models.PositiveSmallIntegerField(_("face"), choices=Face)
    count = models.PositiveIntegerField(_("how many"), default=0)

    class Meta:
        verbose_name = _("feedback on a session")
        verbose_name_plural = _("feedback on sessions")
        ordering = ["session_id", "question", "face"]
        constraints = [models.UniqueConstraint(fields=["session", "question", "face"], name="feedback_once")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.question} {self.face}"
