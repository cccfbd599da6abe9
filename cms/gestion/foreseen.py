"""An act that first shows every booking it hits: what would happen, a choice for each, then all of it at once."""

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


class Foreseen(Act):
    """Subclasses say in `change` what is done; when no booking needs a look it is done straight away."""

    def change(self, data: dict[str, Any]) -> Any:
        """Call the service. May raise what `Act.act` may."""
        raise NotImplementedError

    def reason(self, data: dict[str, Any]) -> str:
        """Return what people whose booking is cancelled are told."""
        return str(data.get("reason") or _("The hours of the lab have changed."))

    def form_valid(self, form: forms.Form) -> HttpResponse:
        if "back" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)

    def act(self, data: dict[str, Any]) -> Any:
        foresight = foresee_change(lambda: self.change(data))
        if not foresight.asks:
            return settled(lambda: self.change(data))
        seal = self.request.POST.get("seal")
        if seal is None:
            return self._ask(FatesForm(foresight.hits, self.request.user), foresight)
        fates = FatesForm(foresight.hits, self.request.user, self.request.POST)
        if seal != foresight.seal:
            return self._ask(FatesForm(foresight.hits, self.request.user), foresight, outdated=True, status=409)
        return self._carry_out(data, fates, foresight) if fates.is_valid() else self._ask(fates, foresight, status=422)

    def respond(self, result: Any) -> HttpResponse:
        """What asks first is an answer already."""
        return result if isinstance(result, HttpResponse) else super().respond(result)

    def _carry_out(self, data: dict[str, Any], fates: FatesForm, foresight: Foresight) -> Any:
        try:
            return carry_out(
                lambda: self.change(data),
                actor=self.request.user,
                seal=foresight.seal,
                choices=fates.choices(),
                reason=self.reason(data),
            )
        except Unforeseen:
            return self._ask(fates, foresight, outdated=True, status=409)
        except Refused as refused:
            return self._ask(fates, foresight, problems=refused.problems, status=409)

    def _ask(self, fates: FatesForm, foresight: Foresight, *, status: int = 200, **context: Any) -> HttpResponse:
        posted = self.request.POST.lists()
        typed = [(name, one) for name, given in posted if not _is_ours(name) for one in given]
        context |= self.get_context_data(fates=fates, seal=foresight.seal, typed=typed)
        return TemplateResponse(self.request, "cms/gestion/foreseen.html", context, status=status)


def _is_ours(name: str) -> bool:
    return name in OURS or name.startswith(f"{FatesForm.prefix}-")
