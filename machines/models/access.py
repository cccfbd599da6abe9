"""Who may use what alone: habilitations (the "permis machine")."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from machines.models.park import MachineCategory
from members.models import Channel


class Level(models.IntegerChoices):
    DISCOVERY = 0, _("0 – discovery, accompanied")
    SUPERVISED = 1, _("1 – alone while staff are present")
    AUTONOMOUS = 2, _("2 – autonomous")
    TRAINER = 3, _("3 – trainer")


class Qualification(models.Model):
    """A member's level on a category, signed by somebody, until a date."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="qualifications", verbose_name=_("member")
    )
    category = models.ForeignKey(
        MachineCategory, models.PROTECT, related_name="qualifications", verbose_name=_("category")
    )
    level = models.PositiveSmallIntegerField(_("level"), choices=Level, validators=[MaxValueValidator(3)])
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("signed by")
    )
    granted_on = models.DateField(_("given on"), default=timezone.localdate)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    withdrawn_reason = models.CharField(_("withdrawn because"), max_length=150, blank=True)
    lapsed_on = models.DateField(_("ended for want of use"), null=True, blank=True)
    motive = models.CharField(
        _("recognised because"), max_length=200, blank=True, help_text=_("Learnt elsewhere: where, and what was seen.")
    )

    class Meta:
        verbose_name = _("habilitation")
        verbose_name_plural = _("habilitations")
        ordering = ["member__first_name", "category__name", "-level"]
        constraints = [
            models.UniqueConstraint(fields=["member", "category"], name="qualification_once"),
            models.CheckConstraint(condition=Q(level__lte=3), name="qualification_level_0_to_3"),
        ]

    def __str__(self) -> str:
        return f"{self.member} – {self.category} – {self.level}"


class LevelName(models.Model):
    """How this lab calls a level (its “helmets”, its “belts”); without one, our own words."""

    level = models.PositiveSmallIntegerField(_("level"), primary_key=True, choices=Level)
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("name of a level")
        verbose_name_plural = _("names of levels")
        ordering = ["level"]

    def __str__(self) -> str:
        return self.name


class PracticeObservation(models.Model):
    """A trainer watched somebody use a machine, and says whether they may go on alone."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="observations", verbose_name=_("member")
    )
    category = models.ForeignKey(
        MachineCategory, models.PROTECT, related_name="observations", verbose_name=_("category")
    )
    level = models.PositiveSmallIntegerField(_("for level"), choices=Level, validators=[MaxValueValidator(3)])
    passed = models.BooleanField(_("can do it"))
    observed_on = models.DateField(_("on"), default=timezone.localdate)
    observed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("watched by")
    )
    remark = models.CharField(_("what to work on"), max_length=200, blank=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.DESK)

    class Meta:
        verbose_name = _("practice observation")
        verbose_name_plural = _("practice observations")
        ordering = ["-observed_on", "-id"]

    def __str__(self) -> str:
        return f"{self.member_id} – {self.category_id} – {self.level}"


class QualificationWaiver(models.Model):
    """For one day somebody does without a habilitation; the register keeps who said so and why."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="waivers", verbose_name=_("member")
    )
    category = models.ForeignKey(MachineCategory, models.PROTECT, related_name="waivers", verbose_name=_("category"))
    day = models.DateField(_("day"))
    motive = models.CharField(_("motive"), max_length=200)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("given by")
    )
    granted_at = models.DateTimeField(_("given"), default=timezone.now)

    class Meta:
        verbose_name = _("waiver of a habilitation")
        verbose_name_plural = _("waivers of habilitations")
        ordering = ["-day", "-id"]
        constraints = [models.UniqueConstraint(fields=["member", "category", "day"], name="waiver_once_a_day")]

    def __str__(self) -> str:
        return f"{self.member_id} – {self.category_id} – {self.day}"


class OpenBadge(models.Model):
    """A habilitation that its holder asked to have as an Open Badge 2.0, at an address nobody can guess."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    qualification = models.ForeignKey(
        Qualification, models.CASCADE, related_name="open_badges", verbose_name=_("habilitation")
    )
    level = models.PositiveSmallIntegerField(_("level"))
    salt = models.CharField(max_length=32, editable=False)
    recipient_hash = models.CharField(max_length=80, editable=False)
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("Open Badge")
        verbose_name_plural = _("Open Badges")
        constraints = [
            models.UniqueConstraint(
                fields=["qualification", "level"], condition=Q(revoked_at__isnull=True), name="open_badge_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.key)
