"""What is offered: to whom, how, for how much, with what."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from machines.models import Level, Machine, MachineCategory
from members.models import Partner, Purpose, QuotientBand


class Workshop(models.Model):
    """The offer: what we do, for which ages."""

    class Kind(models.TextChoices):
        DROP_IN = "drop_in", _("come as you like, without registering")
        SINGLE = "single", _("one date at a time")
        CYCLE = "cycle", _("cycle: one registration for all its dates")
        DUO = "duo", _("duo: a child and a grown-up, two places")
        TRAINING = "training", _("training on machines")

    class Difficulty(models.TextChoices):
        BEGINNER = "beginner", _("beginner")
        INTERMEDIATE = "intermediate", _("intermediate")
        ADVANCED = "advanced", _("advanced")

    class Regime(models.TextChoices):
        """Leisure, school and work are not under the same law (Code du travail, D. 4153-15 and following)."""

        LEISURE = "leisure", _("leisure")
        SCHOOL = "school", _("school")
        TRAINING = "training", _("work or training")

    slug = models.SlugField(_("short name"), unique=True)
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("in one sentence"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.SINGLE)
    draft = models.BooleanField(
        _("draft"), default=False, help_text=_("Only the team sees a draft; it can have no date yet.")
    )
    theme = models.CharField(_("theme"), max_length=60, blank=True)
    difficulty = models.CharField(_("level"), max_length=12, choices=Difficulty, blank=True)
    language = models.CharField(
        _("language"), max_length=5, choices=settings.FORM_LANGUAGES, default=settings.LANGUAGE_CODE
    )
    age_min = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True)
    age_max = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True)
    places = models.PositiveSmallIntegerField(_("places"), default=8, validators=[MinValueValidator(1)])
    stations = models.PositiveSmallIntegerField(
        _("work stations"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: does not matter."),
    )
    minors_per_adult = models.PositiveSmallIntegerField(
        _("minors per grown-up"),
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("How many people under 18 one grown-up looks after. This is not the number of places."),
    )
    least = models.PositiveSmallIntegerField(
        _("fewest registered"), default=0, help_text=_("With fewer, the date is called off by itself; 0: never.")
    )
    decide_hours = models.PositiveSmallIntegerField(
        _("decided how many hours before"), default=24, help_text=_("When the date is called off for want of people.")
    )
    cancel_hours = models.PositiveSmallIntegerField(
        _("free cancellation until (hours before)"), default=24, help_text=_("Later, a cancellation counts as late.")
    )
    hold_hours = models.PositiveSmallIntegerField(
        _("a freed place is kept (hours)"),
        default=24,
        help_text=_("How long the first who waits has to say yes; 0: they are registered at once."),
    )
    agreements = models.JSONField(
        _("agreements needed under 18"), default=list, blank=True, help_text=_("Without them a registration waits.")
    )
    materials = models.TextField(_("materials and tools"), blank=True, max_length=2000)
    method_sheet = models.TextField(
        _("method sheet"), blank=True, max_length=8000, help_text=_("For who runs it: steps, times, what to watch.")
    )
    machines = models.ManyToManyField(
        Machine, blank=True, related_name="workshops", verbose_name=_("machines and rooms it needs")
    )
    facilitators = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("who can run it")
    )
    partner = models.ForeignKey(
        Partner, models.SET_NULL, null=True, blank=True, related_name="workshops", verbose_name=_("with (partner)")
    )
    funding_line = models.CharField(_("funding line"), max_length=80, blank=True)
    regime = models.CharField(_("regime"), max_length=8, choices=Regime, default=Regime.LEISURE)
    regime_reference = models.CharField(
        _("reference of the declaration"),
        max_length=80,
        blank=True,
        help_text=_("Work or school with machines that minors may not use alone asks for it."),
    )
    category = models.ForeignKey(
        MachineCategory,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("machines it trains for"),
    )
    level = models.PositiveSmallIntegerField(_("level it leads to"), choices=Level, default=Level.SUPERVISED)

    class Meta:
        verbose_name = _("workshop")
        verbose_name_plural = _("workshops")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(age_min__isnull=True) | Q(age_max__isnull=True) | Q(age_min__lte=F("age_max")),
                name="workshop_ages",
            ),
            models.CheckConstraint(
                condition=~Q(kind="training") | Q(category__isnull=False), name="workshop_training_of_machines"
            ),
        ]
        permissions = [
            ("manage_workshops", _("Can plan workshops and their sessions")),
            ("register_others", _("Can register somebody else")),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def seats_each(self) -> int:
        """Return how many places one registration takes when nothing else is said."""
        return 2 if self.kind == self.Kind.DUO else 1

    @property
    def needs(self) -> list[Purpose]:
        return [Purpose(one) for one in self.agreements]


class WorkshopPrice(models.Model):
    """What a workshop costs for a band of family quotient; a workshop without a row is free."""

    workshop = models.ForeignKey(Workshop, models.CASCADE, related_name="prices")
    band = models.CharField(_("family quotient"), max_length=12, choices=QuotientBand, blank=True)
    cents = models.PositiveIntegerField(_("price (cents)"))

    class Meta:
        verbose_name = _("price of a workshop")
        verbose_name_plural = _("prices of workshops")
        ordering = ["workshop_id", "band"]
        constraints = [models.UniqueConstraint(fields=["workshop", "band"], name="workshop_price_once")]

    def __str__(self) -> str:
        return f"{self.workshop_id} {self.band} {self.cents}"


class WorkshopQuestion(models.Model):
    """Something asked when registering, for a purpose that is said; the answers are deleted afterwards."""

    workshop = models.ForeignKey(Workshop, models.CASCADE, related_name="questions")
    text = models.CharField(_("question"), max_length=160)
    purpose = models.CharField(_("what it is for"), max_length=160)
    required = models.BooleanField(_("an answer is needed"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("question at registration")
        verbose_name_plural = _("questions at registration")
        ordering = ["workshop_id", "position", "pk"]

    def __str__(self) -> str:
        return self.text


class WorkshopIdea(models.Model):
    """A workshop that somebody would like; shown once the team has read it."""

    class State(models.TextChoices):
        SENT = "sent", _("to read")
        SHOWN = "shown", _("shown")
        TAKEN_UP = "taken_up", _("taken up")
        DISMISSED = "dismissed", _("not kept")

    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("what we would do"), max_length=1000, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.SENT)
    workshop = models.ForeignKey(
        Workshop, models.SET_NULL, null=True, blank=True, related_name="ideas", verbose_name=_("became")
    )

    class Meta:
        verbose_name = _("idea for a workshop")
        verbose_name_plural = _("ideas for workshops")
        ordering = ["-proposed_at", "-pk"]
        indexes = [models.Index(fields=["state", "proposed_at"], name="idea_state")]

    def __str__(self) -> str:
        return self.title


class IdeaInterest(models.Model):
    """Somebody says: that interests me too."""

    idea = models.ForeignKey(WorkshopIdea, models.CASCADE, related_name="interests")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["idea", "member"], name="idea_interest_once")]

    def __str__(self) -> str:
        return f"{self.idea_id} {self.member_id}"
