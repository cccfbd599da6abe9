"""Shapes of what the front desk types."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.forms import DayField
from desk.papers_form import OF_THE_DESK, PapersMixin
from members.models import Channel, DuesEntry, Gender, Household, Membership, Neighbourhood, QuotientBand, User
from members.queries import usual_fee
from members.services.welcome import Adult, Newcomer, Season
from place.clock import UnreadableTime, at
from place.models import AgeBand, Visit


class EurosField(forms.DecimalField):
    """An amount in euros, with a comma or a point; cleaned to cents."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 6})
        super().__init__(min_value=0, max_value=9999, decimal_places=2, required=False, widget=widget, **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)

    def clean(self, value: Any) -> int:  # type: ignore[override]
        return int((super().clean(value) or 0) * 100)


def channel_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("How it came to us"), choices=OF_THE_DESK, initial=Channel.DESK)


class FindForm(forms.Form):
    q = forms.CharField(
        label=_("A name, or scan a card"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "autofocus": True}),
    )


class IdentityForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)
    birth_date = DayField(label=_("Born on"))
    gender = forms.ChoiceField(label=_("Gender"), choices=Gender, required=False, widget=forms.RadioSelect)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    preferred_language = forms.ChoiceField(label=_("Language"), choices=settings.FORM_LANGUAGES)
    priority_neighbourhood = forms.ChoiceField(
        label=_("Lives in a priority neighbourhood"), choices=Neighbourhood, widget=forms.RadioSelect
    )


class GuardiansMixin(forms.Form):
    """One or two adults who answer for a child."""

    g1_first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    g1_last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    g1_phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    g1_email = forms.EmailField(label=_("E-mail"), required=False)
    g2_first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    g2_last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    g2_phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    g2_email = forms.EmailField(label=_("E-mail"), required=False)

    def adults(self) -> dict[int, Adult]:
        """Return the adults who have a name, by their place on the form (1 or 2)."""
        names = ("first_name", "last_name", "phone", "email")
        found = {
            place: Adult(**{name: self.cleaned_data[f"g{place}_{name}"].strip() for name in names}) for place in (1, 2)
        }
        return {place: adult for place, adult in found.items() if adult.first_name or adult.last_name}

    def group(self, place: int) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(f"g{place}_")]

    @property
    def first_guardian(self) -> list[forms.BoundField]:
        return self.group(1)

    @property
    def second_guardian(self) -> list[forms.BoundField]:
        return self.group(2)


def guardian_values(household: Household) -> dict[str, str]:
    """Return the parents of a household as first values of a form."""
    values = {}
    for guardian in household.guardians.select_related("account"):
        known = {name: getattr(guardian, name) for name in ("first_name", "last_name", "phone", "email")}
        known["account"] = guardian.account.username if guardian.account else ""
        values |= {f"g{guardian.position}_{name}": value for name, value in known.items()}
    return values


class SeasonMixin(forms.Form):
    """A membership taken at the desk; nothing to pay is natural."""

    kind = forms.ChoiceField(
        label=_("Membership"), choices=[("", _("later")), *Membership.Kind.choices], required=False
    )
    band = forms.ChoiceField(label=_("Family quotient"), choices=QuotientBand, required=False)
    due = EurosField(label=_("To pay (€)"))
    paid = EurosField(label=_("Paid now (€)"))
    method = forms.ChoiceField(label=_("How"), choices=DuesEntry.Method, required=False)
    covered_by = forms.CharField(label=_("The rest is covered by"), max_length=120, required=False)

    @property
    def season_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in SeasonMixin.base_fields]

    def season(self) -> Season | None:
        data = self.cleaned_data
        if not data["kind"]:
            return None
        due = data["due"] if self.data.get("due", "").strip() else usual_fee(data["kind"], data["band"])
        return Season(data["kind"], data["band"], due, data["paid"], data["method"], data["covered_by"])


class NewcomerForm(PapersMixin, GuardiansMixin, SeasonMixin, IdentityForm):
    """Somebody new on one screen."""

    signed_on = DayField(label=_("Papers signed on"))
    channel = channel_field()

    identity = tuple(IdentityForm.base_fields)

    def __init__(self, *args: Any, household: Household | None = None, **kwargs: Any) -> None:
        """`household` when a brother or a sister is here already: its parents sign without being typed again."""
        super().__init__(*args, **kwargs)
        self.household = household
        self.parents = list(household.guardians.order_by("position")) if household else []

    @property
    def identity_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.identity]

    def newcomer(self) -> Newcomer:
        data = self.cleaned_data
        return Newcomer(
            first_name=data["first_name"],
            last_name=data["last_name"],
            birth_date=data["birth_date"],
            gender=data["gender"],
            email=data["email"],
            phone=data["phone"],
            language=data["preferred_language"],
            neighbourhood=data["priority_neighbourhood"],
            household=self.household,
            guardians=() if self.household else tuple(self.adults().values()),
            signatures=self.signatures(),
            signed_on=data["signed_on"],
            season=self.season() if "kind" in self.fields else None,
        )

    def has_parent(self) -> bool:
        return bool(self.parents) or super().has_parent()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            self._check_guardians(data)
        return data

    def _check_guardians(self, data: dict[str, Any]) -> None:
        """A signature by somebody who is not on the form is no signature."""
        adults = {*self.adults(), *(parent.position for parent in self.parents)}
        if 2 in adults and 1 not in adults:
            self.add_error("g1_first_name", _("Write the first parent here."))
        for signature in self.signatures():
            if signature.guardian and signature.guardian not in adults:
                self.add_error(
                    f"g{signature.guardian}_first_name", _("A paper is signed by this parent: write the name.")
                )


class VisitMoment(forms.Form):
    """When it was: now, or a day and an hour keyed in from a sheet of paper."""

    day = DayField(label=_("Day"), required=False)
    hour = forms.TimeField(
        label=_("Hour"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    channel = channel_field()

    def moment(self) -> datetime | None:
        """Return the moment written down, None for now."""
        day: date | None = self.cleaned_data.get("day")
        return at(day, self.cleaned_data.get("hour") or time(12)) if day else None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        try:
            self.moment()
        except UnreadableTime as error:
            raise ValidationError(str(error)) from error
        return data


class LeaveForm(VisitMoment):
    leaving = forms.ChoiceField(label=_("How"), choices=Visit.Leaving, widget=forms.RadioSelect)
    with_whom = forms.ChoiceField(label=_("With"), required=False)
    agreed_with = forms.CharField(label=_("Agreed by telephone with"), max_length=200, required=False)

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["with_whom"].choices = [("", "—"), *((name, name) for name in names)]

    field_order = ["leaving", "with_whom", "agreed_with", "day", "hour", "channel"]

    def companion(self) -> str:
        agreed = self.cleaned_data["leaving"] == Visit.Leaving.AGREED
        return self.cleaned_data["agreed_with" if agreed else "with_whom"]


class WalkInForm(forms.Form):
    """People without a name, by age and gender: a sheet of numbers."""

    day = DayField(label=_("Day"))
    channel = channel_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for band in AgeBand:
            for gender in Gender:
                label = f"{band.label}, {gender.label}"
                widget = forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": 500})
                self.fields[self.name(band, gender)] = forms.IntegerField(
                    label=label, min_value=0, max_value=500, required=False, widget=widget
                )

    @staticmethod
    def name(band: str, gender: str) -> str:
        return f"n_{band or 'unknown'}_{gender or 'untold'}"

    @property
    def table(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(band.label), [self[self.name(band, gender)] for gender in Gender]) for band in AgeBand]

    @property
    def genders(self) -> list[str]:
        return [str(gender.label) for gender in Gender]

    def counts(self) -> dict[tuple[str, str], int]:
        wanted = ((band.value, gender.value, self.name(band, gender)) for band in AgeBand for gender in Gender)
        return {(band, gender): self.cleaned_data.get(name) or 0 for band, gender, name in wanted}


class MotiveForm(forms.Form):
    motive = forms.CharField(label=_("Why do you open this file?"), max_length=200)


class UnlockForm(forms.Form):
    secret = forms.CharField(
        label=_("Your password, or the code of your card"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class FamilyForm(GuardiansMixin):
    """The household of somebody who is here already."""

    name = forms.CharField(label=_("Family name"), max_length=150)
    priority_neighbourhood = forms.ChoiceField(label=_("Lives in a priority neighbourhood"), choices=Neighbourhood)
    family_quotient_band = forms.ChoiceField(label=_("Family quotient"), choices=QuotientBand, required=False)
    g1_account = forms.CharField(label=_("Sign-in name, if there is one"), max_length=150, required=False)
    g2_account = forms.CharField(label=_("Sign-in name, if there is one"), max_length=150, required=False)

    @property
    def household_fields(self) -> list[forms.BoundField]:
        return [
            self[name] for name in ("name", "priority_neighbourhood", "family_quotient_band") if name in self.fields
        ]

    def clean_g1_account(self) -> User | None:
        return self._account("g1_account")

    def clean_g2_account(self) -> User | None:
        return self._account("g2_account")

    def _account(self, name: str) -> User | None:
        username = self.cleaned_data[name].strip()
        found = User.objects.filter(username__iexact=username, is_active=True).first() if username else None
        if username and found is None:
            raise ValidationError(_("Nobody signs in with this name."))
        return found


class DuesForm(forms.Form):
    kind = forms.ChoiceField(label=_("What"), choices=DuesEntry.Kind)
    cents = EurosField(label=_("Amount (€)"))
    method = forms.ChoiceField(label=_("How"), choices=DuesEntry.Method, required=False)
    covered_by = forms.CharField(label=_("Covered by"), max_length=120, required=False)
    on = DayField(label=_("On"))
    channel = channel_field()


class PickUpForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
