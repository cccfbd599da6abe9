"""What became of bookings: planned beside real, what was given back early, and what somebody should look at."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models import Machine, UsageSession

RESERVATION = "booking.Reservation"


class Verdict(models.TextChoices):
    """What a booking that is over came to; `unmeasured` where the machine had never reported a use by then."""

    USED = "used", _("used")
    IDLE = "idle", _("booked and not used")
    OVER_RUN = "over_run", _("used beyond its end")
    RELEASED = "released", _("given back early")
    NO_SHOW = "no_show", _("nobody came")
    UNMEASURED = "unmeasured", _("the machine does not tell")


class BookingOutcome(models.Model):
    """A line of the ledger: one member's booking that is over, in whole minutes; empty where nothing is measured."""

    reservation = models.OneToOneField(RESERVATION, models.CASCADE, related_name="outcome")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    verdict = models.CharField(_("what became of it"), max_length=10, choices=Verdict)
    planned_minutes = models.PositiveIntegerField(_("booked (minutes)"))
    used_minutes = models.PositiveIntegerField(_("used (minutes)"), null=True)
    idle_minutes = models.PositiveIntegerField(_("unused (minutes)"), null=True)
    over_run_minutes = models.PositiveIntegerField(_("used beyond the end (minutes)"), default=0)
    released_minutes = models.PositiveIntegerField(_("given back (minutes)"), default=0)
    settled_at = models.DateTimeField(_("compared"), default=timezone.now)

    class Meta:
        verbose_name = _("booking compared with its use")
        verbose_name_plural = _("bookings compared with their use")
        ordering = ["-starts_at", "-id"]
        indexes = [
            models.Index(fields=["-starts_at", "-id"], name="outcome_latest"),
            models.Index(fields=["ends_at"], name="outcome_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.reservation_id}: {self.verdict}"


class EarlyRelease(models.Model):
    """Somebody had finished before the end of their booking: the rest of it, until `planned_end`, is free."""

    reservation = models.OneToOneField(RESERVATION, models.CASCADE, related_name="early_release")
    planned_end = models.DateTimeField(_("was to end"))
    released_at = models.DateTimeField(_("given back"))
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("said by")
    )

    class Meta:
        verbose_name = _("booking given back early")
        verbose_name_plural = _("bookings given back early")

    def __str__(self) -> str:
        return f"{self.reservation_id} – {self.planned_end:%Y-%m-%d %H:%M}"


class UseToReckon(models.Model):
    """A use that is new or has changed, and has not been compared with the bookings since."""

    usage_session = models.OneToOneField(UsageSession, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("use to compare with the bookings")
        verbose_name_plural = _("uses to compare with the bookings")

    def __str__(self) -> str:
        return str(self.usage_session_id)


class AnomalyKind(models.TextChoices):
    UNBOOKED = "unbooked_use", _("use without a booking")
    UNQUALIFIED = "unqualified_use", _("use without the habilitation")
    WITHOUT_RIGHT = "without_right", _("use that would have been refused")
    LOST_END = "lost_end", _("end not seen")
    OVER_RUN = "over_run", _("use beyond the booking")
    IDLE = "idle", _("came, and the machine did nothing")


class AnomalyState(models.TextChoices):
    OPEN = "open", _("to look at")
    QUALIFIED = "qualified", _("answered")


class AnomalyAnswer(models.TextChoices):
    """What somebody says of an anomaly; `corrected` is what the facts themselves said later, without anybody."""

    MEMBER = "member", _("it was a member")
    TEAM = "team", _("it was the team, or a trial")
    ACCOMPANIED = "accompanied", _("somebody trained was beside them")
    WRONG = "wrong", _("the machine told it wrongly")
    SPOKEN = "spoken", _("we spoke with the person")
    NOTHING = "nothing", _("nothing to do")
    CORRECTED = "corrected", _("settled by itself")


class Anomaly(models.Model):
    """Planned and real do not agree; about one use or one booking, noticed once, answered once. It never punishes."""

    kind = models.CharField(_("kind"), max_length=16, choices=AnomalyKind)
    machine = models.ForeignKey(Machine, models.PROTECT, related_name="anomalies", verbose_name=_("machine"))
    usage_session = models.ForeignKey(
        UsageSession, models.CASCADE, null=True, blank=True, related_name="anomalies", verbose_name=_("machine use")
    )
    reservation = models.ForeignKey(
        RESERVATION, models.CASCADE, null=True, blank=True, related_name="anomalies", verbose_name=_("reservation")
    )
    noticed_at = models.DateTimeField(_("noticed"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=AnomalyState, default=AnomalyState.OPEN)
    answer = models.CharField(_("answer"), max_length=12, choices=AnomalyAnswer, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("anomaly")
        verbose_name_plural = _("anomalies")
        ordering = ["-noticed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "usage_session"], name="anomaly_once_a_use"),
            models.UniqueConstraint(fields=["kind", "reservation"], name="anomaly_once_a_booking"),
            models.CheckConstraint(
                condition=Q(usage_session__isnull=False, reservation__isnull=True)
                | Q(usage_session__isnull=True, reservation__isnull=False),
                name="anomaly_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state="open", answer="", answered_at__isnull=True)
                | Q(state="qualified", answered_at__isnull=False) & ~Q(answer=""),
                name="anomaly_answered_with_answer",
            ),
        ]
        indexes = [models.Index(fields=["state", "-noticed_at", "-id"], name="anomaly_open_first")]
        permissions = [("qualify_anomalies", _("Can answer what planned and real do not agree on"))]

    def __str__(self) -> str:
        return f"{self.machine}: {self.get_kind_display()}"
