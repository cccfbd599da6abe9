"""The sheet of agreements as a form: a line for each text, a box for each signature, as on the paper itself."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from members.models import Channel, Guardian, Purpose
from members.services.welcome import Signature
from members.standing import GUARDIAN, GUARDIANS, REQUIREMENTS, SELF

OF_THE_DESK = [choice for choice in Channel.choices if choice[0] != Channel.ONLINE]
COLUMNS = ((SELF, None, _("the person")), (GUARDIAN, 1, _("parent 1")), (GUARDIAN, 2, _("parent 2")))


def box_name(purpose: str, guardian: int | None) -> str:
    return f"sign_{purpose}_{guardian or SELF}"


def refusal_name(purpose: str) -> str:
    return f"refuse_{purpose}"


@dataclass(frozen=True, slots=True)
class Line:
    """A text with its boxes (None where nobody asks that signature) and the box of a no."""

    purpose: Purpose
    boxes: list[forms.BoundField | None]
    refusal: forms.BoundField | None


class PapersMixin(forms.Form):
    """Boxes for every agreement that somebody may sign."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in Purpose:
            for signatory, guardian, label in COLUMNS:
                if _asked(purpose, signatory):
                    self.fields[box_name(purpose, guardian)] = _box(f"{purpose.label}, {label}")
            if purpose != Purpose.CHARTER:
                self.fields[refusal_name(purpose)] = _box(f"{purpose.label}, " + str(_("no")))

    @property
    def lines(self) -> list[Line]:
        return [
            Line(
                purpose,
                [self._bound(box_name(purpose, guardian)) for _signatory, guardian, _label in COLUMNS],
                self._bound(refusal_name(purpose)),
            )
            for purpose in Purpose
        ]

    def _bound(self, name: str) -> forms.BoundField | None:
        return self[name] if name in self.fields else None

    def signatures(self) -> tuple[Signature, ...]:
        """Return what was signed and refused; a no is the first parent's where parents are asked, else the person's."""
        signed = [
            Signature(purpose, guardian)
            for purpose in Purpose
            for _signatory, guardian, _label in COLUMNS
            if self.cleaned_data.get(box_name(purpose, guardian))
        ]
        refused = [
            Signature(purpose, self._who_refuses(purpose), agrees=False)
            for purpose in Purpose
            if self.cleaned_data.get(refusal_name(purpose))
        ]
        return (*signed, *refused)

    def _who_refuses(self, purpose: Purpose) -> int | None:
        """Return the first parent when there is one and parents are asked; else the person."""
        by_parent = _asked(purpose, GUARDIAN) and (self.has_parent() or not _asked(purpose, SELF))
        return 1 if by_parent else None

    def has_parent(self) -> bool:
        """Tell whether a first parent is written down."""
        return bool(self.cleaned_data.get("g1_first_name") or self.cleaned_data.get("g1_last_name"))


class PapersForm(PapersMixin):
    """The sheet of somebody who is here already; the parents are those of the household."""

    signed_on = forms.DateField(label=_("Signed on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    channel = forms.ChoiceField(label=_("How it came to us"), choices=OF_THE_DESK, initial=Channel.DESK)

    def __init__(self, *args: Any, guardians: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guardians = guardians
        for name in [name for name in self.fields if _of_absent_parent(name, guardians)]:
            del self.fields[name]

    def has_parent(self) -> bool:
        return self.guardians > 0


def _of_absent_parent(name: str, guardians: int) -> bool:
    return any(name.startswith("sign_") and name.endswith(f"_{place}") for place in (1, 2) if place > guardians)


def _asked(purpose: Purpose, signatory: str) -> bool:
    requirement = REQUIREMENTS[purpose]
    asked = {*requirement.young, *requirement.grown}
    return signatory in asked or (signatory == GUARDIAN and GUARDIANS in asked)


def _box(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


class WithdrawalForm(forms.Form):
    """Who takes an agreement back, how we heard of it, and why if they say."""

    who = forms.ChoiceField(label=_("Who changes their mind?"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why? Nobody must say."), max_length=200, required=False)
    channel = forms.ChoiceField(label=_("How it came to us"), choices=OF_THE_DESK, initial=Channel.DESK)

    def __init__(self, *args: Any, purpose: str, guardians: list[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose, self.guardians = Purpose(purpose), guardians
        person = [("self", _("the person"))] if _asked(self.purpose, SELF) else []
        parents = [(str(one.pk), str(one)) for one in guardians] if _asked(self.purpose, GUARDIAN) else []
        self.fields["who"].choices = [*parents, *person]

    def clean_who(self) -> Guardian | None:
        """Return the guardian, None for the person."""
        return next((one for one in self.guardians if str(one.pk) == self.cleaned_data["who"]), None)
