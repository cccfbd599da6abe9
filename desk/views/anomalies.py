"""What planned and real do not agree on: the list, and one answer in two taps."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.problems import Refused
from booking.services import answer_anomaly
from desk.forms.anomalies import AnswerForm
from desk.lock import at_desk
from desk.queries import anomalies as reads

QUALIFY = "booking.qualify_anomalies"


@at_desk(QUALIFY)
@require_safe
def anomalies(request: HttpRequest) -> HttpResponse:
    """List what waits for an answer."""
    return render(request, "desk/counter/anomalies.html", {"odds": reads.waiting_anomalies()})


@at_desk(QUALIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def anomaly(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one, with who may have been there; answer it with one tap."""
    odd = reads.one_anomaly(pk)
    if odd is None:
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None)
    problems: tuple = ()
    if request.method == "POST" and form.is_valid():
        try:
            answer_anomaly(actor=request.user, anomaly=odd.anomaly, **form.cleaned_data)
        except Refused as refused:
            problems, odd = refused.problems, reads.one_anomaly(pk)
        else:
            messages.success(request, _("Noted: thank you."))
            return redirect("desk:counter")
    return _page(request, odd, form, problems)


def _page(request: HttpRequest, odd: Any, form: AnswerForm, problems: tuple) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    people = list(reads.who_it_may_be(odd, text))
    context = {"odd": odd, "form": form, "problems": problems, "text": text, "people": people}
    status = 409 if problems else 422 if form.errors else 200
    return render(request, "desk/counter/anomaly.html", context, status=status)
