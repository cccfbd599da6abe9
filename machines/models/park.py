"""The park: categories, machines, and when a machine cannot be used."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Process(models.TextChoices):
    FDM = "fdm", _("3D printing (filament)")
    SLA = "sla", _("3D printing (resin)")
    LASER_CUT = "laser_cut", _("laser cutting")
    CNC_MILL = "cnc_mill", _("milling")
    VINYL_CUT = "vinyl_cut", _("vinyl cutting")
    EMBROIDERY = "embroidery", _("embroidery")
    SEWING = "sewing", _("sewing")
    HEAT_PRESS = "heat_press", _("heat press")


class Measured(models.TextChoices):
    """What a machine itself reports; `idle` is connected and doing nothing."""

    UNKNOWN = "", _("not measured")
    IDLE = "idle", _("idle")
    IN_USE = "in_use", _("in use")
    PAUSED = "paused", _("paused")
    DOWN = "down", _("out of order")
    OFFLINE = "offline", _("offline")


LIVE_MEASURED = (Measured.IN_USE, Measured.PAUSED)


class Supervision(models.TextChoices):
    """When somebody of the team must be on duty for a booking."""

    NONE = "none", _("never")
    YOUNG = "young", _("for people under 18")
    ALWAYS = "always", _("for everybody")


class Declared(models.TextChoices):
    """When people must say which material they bring."""

    NEVER = "never", _("never")
    ARRIVAL = "arrival", _("when they arrive")
    BOOKING = "booking", _("when they book")


class MachineCategory(models.Model):
    """A family of machines that share a process; habilitations are given for a category."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    process = models.CharField(_("process"), max_length=12, choices=Process)
    valid_months = models.PositiveSmallIntegerField(
        _("habilitations last (months, 0: for ever)"), default=0, validators=[MaxValueValidator(120)]
    )
    unused_months = models.PositiveSmallIntegerField(
        _("and end when unused for (months, 0: never)"), default=0, validators=[MaxValueValidator(120)]
    )
    quiz_length = models.PositiveSmallIntegerField(
        _("questions in a quiz"),
        default=10,
        validators=[MaxValueValidator(40)],
        help_text=_("0: no quiz. Every safety question is asked, even beyond this number."),
    )
    quiz_pass_percent = models.PositiveSmallIntegerField(
        _("right answers needed (%)"), default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    quiz_valid_months = models.PositiveSmallIntegerField(
        _("a passed quiz counts for (months)"), default=12, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )

    class Meta:
        verbose_name = _("machine category")
        verbose_name_plural = _("machine categories")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quiz_pass_percent__gte=1, quiz_pass_percent__lte=100), name="category_percent_1_to_100"
            ),
            models.CheckConstraint(condition=Q(quiz_valid_months__gte=1), name="category_quiz_counts_a_month"),
        ]

    def __str__(self) -> str:
        return self.name


class MachinePool(models.Model):
    """Machines of the same kind: who does not mind which one books any of them."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("machines of the same kind")
        verbose_name_plural = _("machines of the same kind")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Machine(models.Model):
    """A machine that members book; every booking parameter is a typed field (domain.md §2.10)."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    category = models.ForeignKey(MachineCategory, models.PROTECT, related_name="machines", verbose_name=_("category"))
    brand = models.CharField(_("brand"), max_length=60, blank=True)
    model = models.CharField(_("model"), max_length=60, blank=True)
    summary = models.CharField(_("in one sentence"), max_length=160, blank=True)
    working_area = models.CharField(_("working area"), max_length=60, blank=True)
    in_service = models.BooleanField(_("in service"), default=True)
    bookable = models.BooleanField(
        _("booked by itself"),
        default=True,
        help_text=_("No for what only goes along with others: an extraction, a power line."),
    )
    inside = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contents",
        verbose_name=_("stands in or on"),
        help_text=_("A room or a bench: booking it takes everything in it."),
    )
    needs = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="needed_by",
        verbose_name=_("needs, shared with others"),
        help_text=_("Only one of the machines that need it can be used at a time."),
    )
    pool = models.ForeignKey(
        MachinePool,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="machines",
        verbose_name=_("one of several of the same kind"),
        help_text=_("These can be booked as “any of them”: same family, same rules."),
    )
    tied = models.BooleanField(default=False, editable=False)  # has rows in MachineTie

    level_required = models.PositiveSmallIntegerField(_("level required"), default=0, validators=[MaxValueValidator(3)])
    min_age = models.PositiveSmallIntegerField(_("minimum age, accompanied"), default=10)
    min_age_alone = models.PositiveSmallIntegerField(_("minimum age, alone"), default=12)

    supervision = models.CharField(
        _("somebody of the team on duty"), max_length=6, choices=Supervision, default=Supervision.YOUNG
    )
    supervisor_level = models.PositiveSmallIntegerField(
        _("whose level is at least"), default=0, validators=[MaxValueValidator(3)]
    )

    minors_per_adult = models.PositiveSmallIntegerField(
        _("people under 18 in the lab for one adult on duty (0: not counted)"), default=12
    )
    material_declared = models.CharField(
        _("material said"),
        max_length=7,
        choices=Declared,
        default=Declared.NEVER,
        help_text=_("Among the machine’s list; what is forbidden is refused, what must be asked waits for the team."),
    )
    presence_minutes = models.PositiveSmallIntegerField(
        _("somebody confirms being at the machine within (minutes, 0: nobody is asked)"),
        default=0,
        validators=[MaxValueValidator(60)],
        help_text=_(
            "Past it the board turns red and rings. This only informs: it is no safety device. The emergency stop, the"
            " interlock and somebody who watches stay beside the machine."
        ),
    )
    presence_again_minutes = models.PositiveSmallIntegerField(
        _("and is asked again after (minutes, 0: once a use)"), default=0, validators=[MaxValueValidator(480)]
    )

    switchable = models.BooleanField(
        _("its plug or box is switched on when somebody may start"),
        default=False,
        help_text=_(
            "Only for what may lose its power without harm. It is no safety device: the emergency stop, the interlock"
            " and somebody who watches stay beside the machine."
        ),
    )
    idle_off_minutes = models.PositiveSmallIntegerField(
        _("switched off after doing nothing for (minutes, 0: never)"),
        default=0,
        validators=[MaxValueValidator(480)],
        help_text=_("Never while a job runs, nor before the time that somebody was given is over."),
    )

    step_minutes = models.PositiveSmallIntegerField(
        _("granularity (minutes)"), default=30, validators=[MinValueValidator(5)]
    )
    slot_minutes = models.PositiveSmallIntegerField(_("usual duration (minutes)"), default=60)
    min_minutes = models.PositiveSmallIntegerField(_("shortest booking (minutes)"), default=30)
    max_minutes = models.PositiveSmallIntegerField(_("longest booking (minutes)"), default=240)
    buffer_before_minutes = models.PositiveSmallIntegerField(_("kept free before (minutes)"), default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField(_("kept free after (minutes)"), default=0)
    weekly_quota_minutes = models.PositiveSmallIntegerField(_("quota per person and week (minutes)"), default=240)
    max_upcoming = models.PositiveSmallIntegerField(_("bookings ahead per person"), default=2)
    daily_quota_minutes = models.PositiveSmallIntegerField(_("quota per person and day (minutes, 0: none)"), default=0)
    weekly_max_bookings = models.PositiveSmallIntegerField(_("bookings per person and week (0: any)"), default=0)
    household_weekly_minutes = models.PositiveIntegerField(
        _("minutes a week for a whole household (0: not counted)"), default=0
    )
    most_people = models.PositiveSmallIntegerField(
        _("people of a group around it at most"), default=4, validators=[MinValueValidator(1)]
    )
    rolling_days = models.PositiveSmallIntegerField(
        _("in any so many days in a row"), default=0, validators=[MaxValueValidator(92)]
    )
    rolling_quota_minutes = models.PositiveSmallIntegerField(
        _("quota per person in them (minutes)"), default=0, help_text=_("Both 0: no such quota.")
    )
    notice_minutes = models.PositiveSmallIntegerField(_("booked at least so long before (minutes)"), default=0)
    horizon_days = models.PositiveSmallIntegerField(
        _("booked at most so many days ahead (0: any)"), default=30, validators=[MaxValueValidator(1000)]
    )
    end_before_closing_minutes = models.PositiveSmallIntegerField(_("ends so long before closing (minutes)"), default=0)
    cancel_notice_minutes = models.PositiveSmallIntegerField(
        _("moved or cancelled by oneself until so long before (minutes)"), default=0
    )
    late_cancel_minutes = models.PositiveSmallIntegerField(
        _("cancelled later than this counts as late (minutes)"), default=1440
    )
    no_show_minutes = models.PositiveSmallIntegerField(
        _("nobody seen so long after the start: the time is free again (minutes)"),
        default=0,
        help_text=_("0: absences are not recorded. Choose 0 where nobody notes who comes."),
    )
    hold_minutes = models.PositiveSmallIntegerField(
        _("a freed time is kept for the next in line (minutes)"),
        default=120,
        validators=[MinValueValidator(5), MaxValueValidator(2880)],
    )
    no_shows_allowed = models.PositiveSmallIntegerField(_("absences that suspend booking (0: never)"), default=3)
    no_show_days = models.PositiveSmallIntegerField(
        _("counted over so many days"), default=60, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    trial_visits = models.PositiveSmallIntegerField(_("days one may come before joining"), default=2)
    accepts_open_lab = models.BooleanField(_("bookable during open lab"), default=True)
    accepts_workshop = models.BooleanField(_("bookable during workshops"), default=False)
    accepts_partner = models.BooleanField(_("bookable during partner hours"), default=False)

    measured_state = models.CharField(
        _("measured state"), max_length=8, choices=Measured, default=Measured.UNKNOWN, blank=True, editable=False
    )
    measured_since = models.DateTimeField(null=True, editable=False)
    last_contact_at = models.DateTimeField(null=True, editable=False)
    progress = models.PositiveSmallIntegerField(null=True, editable=False)
    display_order = models.PositiveSmallIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        ordering = ["display_order", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(level_required__lte=3), name="machine_level_0_to_3"),
            models.CheckConstraint(condition=Q(step_minutes__gte=5), name="machine_step_at_least_5"),
            models.CheckConstraint(
                condition=Q(min_minutes__gte=1) & Q(min_minutes__lte=F("max_minutes")), name="machine_durations"
            ),
            models.CheckConstraint(condition=Q(min_age__lte=F("min_age_alone")), name="machine_ages"),
        ]
        permissions = [
            ("manage_park", _("Can manage machines, categories and outages")),
            ("manage_qualifications", _("Can give and withdraw habilitations")),
        ]

    def __str__(self) -> str:
        return self.name


class Outage(models.Model):
    """A machine cannot be used `[starts_at, ends_at)`; an open end means until further notice."""

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="outages", verbose_name=_("machine"))
    starts_at = models.DateTimeField(_("starts"), default=timezone.now)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    planned = models.BooleanField(_("planned maintenance"), default=False)
    reason = models.CharField(_("reason"), max_length=150)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reported by"),
    )

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(starts_at__lt=F("ends_at")), name="outage_ordered"
            )
        ]
        indexes = [models.Index(fields=["machine", "starts_at"], name="outage_window")]

    def __str__(self) -> str:
        return f"{self.machine}: {self.reason}"
