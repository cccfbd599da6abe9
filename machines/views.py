"""“Something is wrong”: said from a machine's page or its QR code, and what became of it."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from machines.forms import FaultForm
from machines.models import FaultReport, Machine
from machines.notifications import decision_words
from machines.services.faults import report_fault
from members.models import User


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what is wrong with a machine; POST tells the team."""
    machine = get_object_or_404(Machine.objects.select_related("category"), slug=slug, in_service=True)
    form = FaultForm(request.POST, request.FILES) if request.method == "POST" else FaultForm()
    sent = _send(request, machine, form) if form.is_valid() else None
    if sent:
        return redirect("machines:fault", slug, sent.pk)
    status = 422 if form.is_bound else 200
    return render(request, "machines/report.html", {"machine": machine, "form": form}, status=status)


def _send(request: HttpRequest, machine: Machine, form: FaultForm) -> FaultReport | None:
    try:
        return report_fault(reporter=cast(User, request.user), machine=machine, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return None


@login_required
@never_cache
@require_safe
def fault(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Thank for a report of one's own, and say what comes of it."""
    rows = FaultReport.objects.select_related("machine__category").filter(machine__slug=slug)
    found = get_object_or_404(rows, pk=pk, reported_by=cast(User, request.user))
    return render(request, "machines/fault.html", {"report": found, "words": decision_words(found)})
