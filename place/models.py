"""The lab as a place: who it is, when it is open, who is on duty, who came."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Channel, Gender


class SchoolZone(models.TextChoices):
    """The three zones of the French school calendar."""

    A = "A", _("zone A")
    B = "B", _("zone B")
    C = "C", _("zone C")


class LabSettings(models.Model):
    """The one row that says who the lab is and how to reach it."""

    name = models.CharField(_("name"), max_length=100, default="CAN Lab")
    motto = models.CharField(_("motto"), max_length=150, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    fair_waiting = models.BooleanField(
        _("who has had the least time this month comes first in a waiting list"), default=False
    )
    horizon_days = models.PositiveSmallIntegerField(_("openings are laid out this many days ahead"), default=400)
    school_zone = models.CharField(_("school holidays"), max_length=1, choices=SchoolZone, default=SchoolZone.B)

    class Meta:
        verbose_name = _("the lab")
        verbose_name_plural = _("the lab")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="lab_settings_one_row")]

    def __str__(self) -> str:
        return self.name


class OpeningKind(models.TextChoices):
    """What an opening is for; a machine says which kinds it accepts."""

    OPEN_LAB = "open_lab", _("open lab")
    WORKSHOP = "workshop", _("workshop")
    PARTNER = "partner", _("partner")
    STAFF_ONLY = "staff_only", _("staff only")


class During(models.TextChoices):
    """In which part of the school year a pattern of openings takes place."""

    ALWAYS = "always", _("all year round")
    TERM = "term", _("not during school holidays")
    HOLIDAYS = "holidays", _("during school holidays only")
    SUMMER = "summer", _("during the summer holidays only")


class SchoolHoliday(models.Model):
    """School holidays of one zone, from the first day to the last, both included."""

    zone = models.CharField(_("zone"), max_length=1, choices=SchoolZone, default=SchoolZone.B)
    name = models.CharField(_("name"), max_length=80)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day, included"))
    summer = models.BooleanField(_("these are the summer holidays"), default=False)

    class Meta:
        verbose_name = _("school holidays")
        verbose_name_plural = _("school holidays")
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="school_holiday_ordered",
                violation_error_message=_("The end must come after the start."),
            ),
            models.UniqueConstraint(
                fields=["zone", "first_day"],
                name="school_holiday_once",
                violation_error_message=_("Holidays of this zone already begin on that day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OpeningSeries(models.Model):
    """A weekly (or other) pattern of openings; its dates are OpeningPeriod rows."""

    event = models.OneToOneField("schedule.Event", models.PROTECT, related_name="+", editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=OpeningKind, default=OpeningKind.OPEN_LAB)
    label = models.CharField(_("label"), max_length=120)
    during = models.CharField(_("when in the school year"), max_length=8, choices=During, default=During.ALWAYS)

    class Meta:
        verbose_name = _("opening pattern")
        verbose_name_plural = _("opening patterns")

    def __str__(self) -> str:
        return self.label


class DatedPeriod(models.Model):
    """A dated stretch `[starts_at, ends_at)` laid out from one scheduler occurrence."""

    occurrence = models.OneToOneField(
        "schedule.Occurrence", models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))

    class Meta:
        abstract = True


class OpeningPeriod(DatedPeriod):
    """The lab is open for this kind of use."""

    series = models.ForeignKey(
        OpeningSeries, models.PROTECT, related_name="periods", null=True, blank=True, verbose_name=_("pattern")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=OpeningKind, default=OpeningKind.OPEN_LAB)
    label = models.CharField(_("label"), max_length=120)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    off_calendar = models.BooleanField(_("not at this time of the school year"), default=False, editable=False)

    class Meta:
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="opening_ordered")]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="opening_window")]

    def __str__(self) -> str:
        return self.label


class Closure(DatedPeriod):
    """The lab is closed, whatever the openings say."""

    reason = models.CharField(_("reason"), max_length=150)

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="closure_ordered")]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="closure_window")]

    def __str__(self) -> str:
        return self.reason


class DutyShift(models.Model):
    """Somebody of the team answers for the lab `[starts_at, ends_at)`; their levels are read where they matter."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="duty_shifts", verbose_name=_("on duty")
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    cancelled_at = models.DateTimeField(_("called off"), null=True, blank=True)

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duty roster")
        ordering = ["starts_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="duty_ordered")]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="duty_window")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.starts_at:%Y-%m-%d %H:%M}"


class AgeBand(models.TextChoices):
    """The national bands of the Coop, 12-18 cut in two because the CAF counts 12-17 (domain.md §6.1)."""

    UNDER_12 = "0-11", _("under 12")
    FROM_12 = "12-14", _("12 to 14")
    FROM_15 = "15-17", _("15 to 17")
    FROM_18 = "18-24", _("18 to 24")
    FROM_25 = "25-39", _("25 to 39")
    FROM_40 = "40-59", _("40 to 59")
    FROM_60 = "60-69", _("60 to 69")
    FROM_70 = "70+", _("70 and over")
    UNKNOWN = "", _("not known")


class Presence(models.Model):
    """What figures need of somebody's coming, kept when the person is forgotten."""

    age_band = models.CharField(_("age"), max_length=5, choices=AgeBand, blank=True, default=AgeBand.UNKNOWN)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True, default=Gender.UNTOLD)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.DESK)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)

    class Meta:
        abstract = True


class Visit(Presence):
    """Somebody came and, later, left."""

    class Leaving(models.TextChoices):
        FREELY = "freely", _("freely")
        HOME_ALONE = "home_alone", _("went home alone")
        GUARDIAN = "guardian", _("with a parent")
        FETCHED = "fetched", _("with somebody who may fetch")
        AGREED = "agreed", _("as agreed by telephone")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="visits",
        verbose_name=_("person"),
    )
    came_at = models.DateTimeField(_("came"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    leaving = models.CharField(_("how"), max_length=10, choices=Leaving, blank=True)
    left_with = models.CharField(_("with"), max_length=200, blank=True)
    trial = models.BooleanField(_("before becoming a member"), default=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-came_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("came_at")), name="visit_ordered"
            ),
            models.UniqueConstraint(fields=["person"], condition=Q(left_at__isnull=True), name="visit_one_open"),
        ]
        indexes = [
            models.Index(fields=["-came_at"], name="visit_latest"),
            models.Index(fields=["person", "-came_at"], name="visit_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.came_at:%Y-%m-%d %H:%M}"


class WalkIn(Presence):
    """People who came without giving a name: a count by day, age and gender (domain.md §6.1)."""

    day = models.DateField(_("day"), default=timezone.localdate)
    count = models.PositiveSmallIntegerField(_("how many"), validators=[MinValueValidator(1), MaxValueValidator(500)])
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta:
        verbose_name = _("walk-in count")
        verbose_name_plural = _("walk-in counts")
        ordering = ["-day", "-id"]
        constraints = [models.CheckConstraint(condition=Q(count__gte=1), name="walk_in_somebody")]
        indexes = [models.Index(fields=["-day"], name="walk_in_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.count}"
