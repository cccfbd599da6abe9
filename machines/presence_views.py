"""“I am at the machine”, said from its page or its QR code."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from machines.models import Machine
from machines.services.presence import Question, confirm_presence, question_for
from members.models import User


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def presence(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whether somebody is at a machine that runs; POST says so."""
    machine = get_object_or_404(Machine.objects.select_related("category"), slug=slug, in_service=True)
    question = question_for(request.user, machine, timezone.now())
    if request.method == "POST" and question and not question.problems:
        return _say(request, question)
    refused = request.method == "POST" and question is not None
    context = {"machine": machine, "question": question}
    return render(request, "machines/presence.html", context, status=422 if refused else 200)


def _say(request: HttpRequest, question: Question) -> HttpResponse:
    try:
        confirm_presence(actor=cast(User, request.user), check=question.check)
    except ValidationError as error:  # the machine ended in between
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Noted: you are at the machine. Stay there until it has finished."))
    return redirect("machines:presence", question.check.session.machine.slug)
