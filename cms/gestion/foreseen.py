"""An act that first shows every booking it hits: what would happen, a choice for each, then all of it at once."""

from abc import ABC, abstractmethod
from typing import Any

from django import forms
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from booking.problems import Refused
from booking.services import Foresight, Unforeseen, carry_out, foresee_change, settled
from cms.gestion.forms.foreseen import FatesForm
from cms.gestion.views import Act

OURS = ("csrfmiddlewaretoken", "seal", "back")


class Foreseen(Act, ABC):
    """Subclasses say in `change` what is done; when no booking needs a look it is done straight away."""

    @abstractmethod
    def change(self, data: dict[str, Any]) -> Any:
        """Call the service. May raise what `Act.act` may."""

    def look(self, data: dict[str, Any]) -> Any:
        """Do what shows which bookings are hit; it is taken back."""
        return self.change(data)

    def makes_room(self, data: dict[str, Any]) -> bool:
        """Tell whether the bookings must leave before the change can be made; `look` then says which."""
        return False

    def reason(self, data: dict[str, Any]) -> str:
        """Return what people whose booking is cancelled are told."""
        return str(data.get("reason") or _("The hours of the lab have changed."))

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if "back" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)

    def act(self, data: dict[str, Any]) -> Any:
        foresight, posted = foresee_change(lambda: self.look(data)), self.request.POST
        if not foresight.asks:
            return settled(lambda: self.change(data))
        if posted.get("seal") == foresight.seal:
            fates = self._fates(data, foresight, posted)
            return self._carry_out(data, fates, foresight) if fates.is_valid() else self._ask(fates, foresight, 422)
        outdated = "seal" in posted
        return self._ask(self._fates(data, foresight), foresight, 409 if outdated else 200, outdated=outdated)

    def _fates(self, data: dict[str, Any], foresight: Foresight, posted: Any = None) -> FatesForm:
        return FatesForm(foresight.hits, self.request.user, posted, make_room=self.makes_room(data))

    def respond(self, result: Any) -> HttpResponse:
        """What asks first is an answer already."""
        return result if isinstance(result, HttpResponse) else super().respond(result)

    def _carry_out(self, data: dict[str, Any], fates: FatesForm, foresight: Foresight) -> Any:
        try:
            return carry_out(
                lambda: self.change(data),
                look=(lambda: self.look(data)) if self.makes_room(data) else None,
                actor=self.request.user,
                seal=foresight.seal,
                choices=fates.choices(),
                reason=self.reason(data),
            )
        except Unforeseen:
            return self._ask(fates, foresight, 409, outdated=True)
        except Refused as refused:
            return self._ask(fates, foresight, 409, problems=refused.problems)

    def _ask(self, fates: FatesForm, foresight: Foresight, status: int, **context: Any) -> HttpResponse:
        posted = self.request.POST.lists()
        typed = [(name, one) for name, given in posted if not _is_ours(name) for one in given]
        context |= self.get_context_data(fates=fates, seal=foresight.seal, typed=typed)
        return TemplateResponse(self.request, "cms/gestion/foreseen.html", context, status=status)


def _is_ours(name: str) -> bool:
    return name in OURS or name.startswith(f"{FatesForm.prefix}-")
