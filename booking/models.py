"""Machine time that is taken: members' bookings, workshops and planned maintenance share one table."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import ledger_models  # noqa: F401 -- its rows belong to this room too
from booking.constraints import NoOverlap
from booking.group_models import Agreement, BookingSeries
from machines.models import Machine, UsageSession
from members.models import Channel

NO_OVERLAP = "reservation_no_overlap"


class Kind(models.TextChoices):
    MEMBER = "member", _("member")
    WORKSHOP = "workshop", _("workshop")
    MAINTENANCE = "maintenance", _("maintenance")


class State(models.TextChoices):
    HELD = "held", _("held")
    TO_CONFIRM = "to_confirm", _("to confirm")
    CONFIRMED = "confirmed", _("confirmed")
    CHECKED_IN = "checked_in", _("in use")
    DONE = "done", _("done")
    NO_SHOW = "no_show", _("not used")
    CANCELLED = "cancelled", _("cancelled")


SETTLED = timedelta(minutes=30)  # so long before it begins a booking keeps its machine: people are on their way
LIVE = (State.HELD, State.TO_CONFIRM, State.CONFIRMED, State.CHECKED_IN, State.DONE)
UPCOMING = (State.HELD, State.TO_CONFIRM, State.CONFIRMED)


class WholeReservations(models.Manager["Reservation"]):
    """Reservations as people made them: what goes along with one is part of it and no row of its own."""

    def get_queryset(self) -> models.QuerySet["Reservation"]:
        return super().get_queryset().filter(part_of__isnull=True)


class Reservation(models.Model):
    """A machine is taken `[starts_at, ends_at)`; `blocked_*` add the machine's buffers.

    What is taken along (the benches of a room, a shared extraction) has a row too, `part_of` the first, without a
    person: so one constraint keeps everything apart. `rows` has them all, `objects` only the whole ones.
    """

    machine = models.ForeignKey(Machine, models.PROTECT, related_name="reservations", verbose_name=_("machine"))
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reservations",
        verbose_name=_("member"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.MEMBER)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.CONFIRMED)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    blocked_from = models.DateTimeField(editable=False)
    blocked_until = models.DateTimeField(editable=False)
    accompanied = models.BooleanField(_("accompanied"), default=False)
    trial = models.BooleanField(_("before becoming a member"), default=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    waived = models.JSONField(_("rules waived"), default=list, blank=True)
    waive_reason = models.CharField(_("reason of the waiver"), max_length=200, blank=True)
    doubt = models.CharField(max_length=40, blank=True, editable=False)  # what made it "to confirm"
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    cancelled_late = models.BooleanField(_("cancelled late"), default=False)
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    held_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    excused = models.BooleanField(_("absence excused"), default=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    material = models.CharField(_("material"), max_length=80, blank=True)
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reservations",
        verbose_name=_("partner agreement"),
    )
    series = models.ForeignKey(
        BookingSeries, models.SET_NULL, null=True, blank=True, related_name="reservations", verbose_name=_("series")
    )
    group = models.CharField(_("group or project"), max_length=120, blank=True)
    people = models.PositiveSmallIntegerField(_("people"), default=1, validators=[MinValueValidator(1)])
    floating = models.BooleanField(_("any of its kind"), default=False)
    part_of = models.ForeignKey("self", models.CASCADE, null=True, editable=False, related_name="+")

    rows = models.Manager()
    objects = WholeReservations()

    class Meta:
        default_manager_name = "objects"
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["starts_at", "id"]
        constraints = [
            NoOverlap(
                name=NO_OVERLAP,
                group="machine",
                start="blocked_from",
                end="blocked_until",
                live_field="state",
                live_values=LIVE,
                violation_error_message=_("This time is already taken."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at"))
                & Q(blocked_from__lte=F("starts_at"))
                & Q(blocked_until__gte=F("ends_at")),
                name="reservation_ordered",
            ),
        ]
        indexes = [
            models.Index(fields=["machine", "blocked_until", "blocked_from"], name="reservation_on_machine"),
            models.Index(fields=["state", "ends_at"], name="reservation_by_state"),
            models.Index(fields=["member"], condition=Q(trial=True), name="reservation_trials"),
            models.Index(fields=["member", "ends_at"], name="reservation_by_member"),
            models.Index(fields=["ends_at", "starts_at"], name="reservation_window"),
        ]
        permissions = [
            ("book_for_others", _("Can book and cancel for somebody else")),
            ("view_all_reservations", _("Can see who booked what")),
            ("waive_age_rules", _("Can waive the age rule, with a reason")),
            ("waive_rules", _("Can waive the rules open to staff, with a reason")),
        ]

    def __str__(self) -> str:
        return f"{self.machine} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def title(self) -> str:
        """What its holder has: a machine, or one of a kind while it may still change."""
        open_yet = self.floating and self.state in UPCOMING and self.starts_at > timezone.now() + SETTLED
        return self.machine.pool.name if open_yet and self.machine.pool else self.machine.name


class WaitingEntry(models.Model):
    """Somebody would take a time if it became free; the next in line gets a hold, a real reservation that ends."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        OFFERED = "offered", _("offered")
        TAKEN = "taken", _("accepted")
        PASSED = "passed", _("not answered in time")
        LEFT = "left", _("given up")
        OVER = "over", _("never free")

    machine = models.ForeignKey(Machine, models.CASCADE, related_name="waiting", verbose_name=_("machine"))
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="waiting_entries", verbose_name=_("member")
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    accompanied = models.BooleanField(_("accompanied"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    hold = models.OneToOneField(
        Reservation, models.SET_NULL, null=True, blank=True, related_name="waiting_entry", verbose_name=_("hold")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("waiting for a time")
        verbose_name_plural = _("waiting list of the machines")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="waiting_ordered"),
            models.UniqueConstraint(
                fields=["member", "machine", "starts_at", "ends_at"],
                condition=Q(state__in=["waiting", "offered"]),
                name="waiting_once",
            ),
        ]
        indexes = [models.Index(fields=["state", "machine", "starts_at"], name="waiting_by_machine")]

    def __str__(self) -> str:
        return f"{self.member_id} – {self.machine_id} {self.starts_at:%Y-%m-%d %H:%M}"


class IdempotencyKey(models.Model):
    """A request that somebody named, and what it was answered: asked again, it is answered again, not done again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("request already answered")
        verbose_name_plural = _("requests already answered")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.key


class ReservationUse(models.Model):
    """Planned meets real: this use happened on this reservation."""

    reservation = models.ForeignKey(Reservation, models.CASCADE, related_name="uses")
    usage_session = models.OneToOneField(UsageSession, models.CASCADE, related_name="reservation_use")

    class Meta:
        verbose_name = _("use of a reservation")
        verbose_name_plural = _("uses of reservations")

    def __str__(self) -> str:
        return f"{self.reservation_id} – {self.usage_session_id}"
