"""What becomes of each booking that a change hits: one question each, the careful answer given beforehand."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.services import Choice, Fate, Hit
from members.models import User
from place.clock import Span, period_text


class FatesForm(forms.Form):
    prefix = "fate"

    def __init__(self, hits: tuple[Hit, ...], actor: User, data: Any = None, *, make_room: bool = False) -> None:
        """When bookings must make room, none may stay where it is and no answer is given beforehand."""
        super().__init__(data)
        self.hits = {str(hit.reservation.pk): hit for hit in hits if hit.open}
        self.settled = [hit for hit in hits if not hit.open]
        for name, hit in self.hits.items():
            self.fields[name] = forms.ChoiceField(
                label=str(hit.reservation.member or ""),
                choices=[*([] if make_room else _staying(hit, actor)), *_leaving(hit, actor)],
                initial=None if make_room else Fate.TO_CONFIRM.value,
                widget=forms.RadioSelect,
            )

    def questions(self) -> Iterator[tuple[forms.BoundField, Hit]]:
        return ((self[name], hit) for name, hit in self.hits.items())

    def choices(self) -> dict[int, Choice]:
        """Return what was chosen, by booking; only once the form is valid."""
        return {hit.reservation.pk: _choice(self.cleaned_data[name], hit) for name, hit in self.hits.items()}


def _staying(hit: Hit, actor: User) -> Iterator[tuple[str, Any]]:
    yield Fate.TO_CONFIRM.value, _("To confirm: the booking is kept, we look for a solution together")
    if hit.may_be_kept(actor):
        yield Fate.KEPT.value, _("Keep it all the same: the rule is set aside for this booking")


def _leaving(hit: Hit, actor: User) -> Iterator[tuple[str, Any]]:
    if not actor.has_perm("booking.book_for_others"):
        return
    for number, span in enumerate(hit.times):
        yield _moved(number), _("Move to %(period)s") % {"period": period_text(span.start, span.end)}
    yield Fate.CANCELLED.value, _("Cancel it")


def _moved(number: int) -> str:
    return f"{Fate.MOVED.value}-{number}"


def _choice(answer: str, hit: Hit) -> Choice:
    times: dict[str, Span] = {_moved(number): span for number, span in enumerate(hit.times)}
    return Choice(Fate.MOVED, times[answer]) if answer in times else Choice(Fate(answer))
