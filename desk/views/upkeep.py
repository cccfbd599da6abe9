"""Maintenance and stock at the desk: what waits, done with one tap; what came in, went out or was counted."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from desk.forms.upkeep import StockForm
from desk.lock import at_desk
from machines import stock_queries, upkeep_queries
from machines.models import Consumable, MaintenanceTask, Why
from machines.services import stock as service
from machines.services.upkeep import finish
from machines.upkeep_forms import WorkDoneForm
from place.form_errors import add_errors

UPKEEP = service.UPKEEP


@at_desk(UPKEEP)
@require_safe
def upkeep(request: HttpRequest) -> HttpResponse:
    """List the work that waits."""
    return render(request, "desk/counter/upkeep.html", {"work": upkeep_queries.waiting_work(timezone.now())})


@at_desk(UPKEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def work(request: HttpRequest, pk: int) -> HttpResponse:
    """Note work as done: with one tap, or with a word and what it took."""
    one = upkeep_queries.one_task(get_object_or_404(MaintenanceTask, pk=pk).pk, timezone.now())
    form = WorkDoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            finish(actor=request.user, task=one.task, note=form.cleaned_data["note"], used=form.used())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Noted: the work is done."))
            return redirect("desk:upkeep")
    context = {"one": one, "form": form, "taken": stock_queries.taken_for(one.task)}
    return render(request, "desk/counter/work.html", context, status=422 if form.errors else 200)


@at_desk(UPKEEP)
@require_safe
def stock(request: HttpRequest) -> HttpResponse:
    """List what there is, what needs somebody first."""
    return render(request, "desk/counter/stock.html", {"stock": stock_queries.in_stock()[: stock_queries.SHOWN_MOST]})


@at_desk(UPKEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def consumable(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a consumable and its latest movements; note one more."""
    one = get_object_or_404(Consumable, pk=pk)
    form = StockForm(request.POST if request.method == "POST" else None, consumable=one)
    if request.method == "POST" and form.is_valid():
        try:
            _note(request, one, form)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Noted: thank you."))
            return redirect("desk:stock")
    context = {"one": one, "form": form, "movements": stock_queries.movements_of(one)}
    return render(request, "desk/counter/consumable.html", context, status=422 if form.errors else 200)


def _note(request: HttpRequest, one: Consumable, form: StockForm) -> None:
    data = form.cleaned_data
    cause = service.Cause(request.user, note=data["note"], key=data["key"])
    if data["why"] == Why.COUNTED:
        service.count(consumable=one, amount=data["amount"], cause=cause)
    else:
        service.move(consumable=one, why=data["why"], amount=data["amount"], cause=cause)
