"""Who people are to the lab, and who asked to join."""

from datetime import date

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from members.models.household import Household, Neighbourhood


class Channel(models.TextChoices):
    """How an act reached the lab (domain.md §3 row 21): nobody is forced to be digital."""

    ONLINE = "online", _("online")
    DESK = "desk", _("desk")
    PHONE = "phone", _("phone")
    PAPER = "paper", _("paper")
    PARTNER = "partner", _("partner")


class Reach(models.TextChoices):
    """How somebody wants to be told; without an e-mail the desk calls or tells."""

    MAIL = "mail", _("by e-mail, when I have one")
    CALL = "call", _("call me, or tell me at the desk")


class Gender(models.TextChoices):
    """As people say it themselves; needed for the lab's figures only."""

    FEMALE = "f", _("girl, woman")
    MALE = "m", _("boy, man")
    OTHER = "o", _("other")
    UNTOLD = "", _("not told")


class User(AbstractUser):  # type: ignore[django-manager-missing]  # made by Wagtail, above this room
    """A person known to the lab; may have neither e-mail nor phone."""

    email = models.EmailField(_("e-mail"), blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    preferred_language = models.CharField(
        _("language"), max_length=5, choices=settings.FORM_LANGUAGES, default=settings.LANGUAGE_CODE
    )
    pseudonym = models.CharField(
        _("pseudonym"), max_length=40, blank=True, help_text=_("The name under which projects are published.")
    )
    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True, default=Gender.UNTOLD)
    household = models.ForeignKey(
        Household, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name=_("household")
    )
    priority_neighbourhood = models.CharField(
        _("priority neighbourhood"), max_length=7, choices=Neighbourhood, default=Neighbourhood.UNKNOWN
    )
    search_name = models.CharField(max_length=400, blank=True, default="", editable=False, db_index=True)
    contact_by = models.CharField(_("how to tell me"), max_length=5, choices=Reach, default=Reach.MAIL)
    wants_confirmations = models.BooleanField(_("tell me also what I did myself"), default=True)
    sign_in_epoch = models.PositiveIntegerField(default=0, editable=False)  # one more ends every open session
    anonymised_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="user_email_once"),
            models.UniqueConstraint(Lower("username"), name="user_username_once"),
        ]
        permissions = [
            ("manage_members", _("Can manage member accounts and joining requests")),
            ("view_member_names", _("Can see the names of members")),
            ("use_desk", _("Can work at the desk")),
            ("manage_papers", _("Can keep households, agreements and charters")),
            ("manage_dues", _("Can see family quotients and keep memberships and dues")),
            ("view_emergency_phones", _("Can look up whom to call for a child, which is logged")),
            ("view_history", _("Can see what members did before")),
            ("publish_texts", _("Can publish the texts that people sign")),
            ("needs_second_factor", _("Signs in with a second factor")),
            ("give_motive", _("Opens the file of a household only with a motive")),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def clean(self) -> None:
        super().clean()
        _refuse_unborn(self.birth_date)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with the password, and whenever the epoch moves on (a card or an agreement is withdrawn)."""
        value = f"{self.password}:{self.sign_in_epoch}" if self.sign_in_epoch else self.password
        return salted_hmac("members.sign_in", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def short_name(self) -> str:
        """First name and initial: the most that a wall screen may show."""
        first = self.first_name or self.username
        return f"{first} {self.last_name[0]}." if self.last_name else first

    def age_on(self, day: date) -> int | None:
        """Return the age in whole years on a day, None when the birth date is unknown."""
        if self.birth_date is None:
            return None
        birthday_to_come = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - birthday_to_come


class JoinRequest(models.Model):
    """Somebody asked to join from the site; the desk makes the account when papers are in order."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")

    first_name = models.CharField(_("first name"), max_length=150)
    last_name = models.CharField(_("last name"), max_length=150)
    birth_date = models.DateField(_("birth date"))
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    guardian_name = models.CharField(_("parent or guardian"), max_length=200, blank=True)
    message = models.TextField(_("what you would like to make"), max_length=1000, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.ONLINE)
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("account")
    )

    class Meta:
        verbose_name = _("joining request")
        verbose_name_plural = _("joining requests")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["state", "-created_at"], name="join_by_state")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def clean(self) -> None:
        _refuse_unborn(self.birth_date)


def _refuse_unborn(birth_date: date | None) -> None:
    if birth_date and birth_date > timezone.localdate():
        raise ValidationError({"birth_date": _("This day is still to come.")})
