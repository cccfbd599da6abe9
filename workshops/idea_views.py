"""Ideas for workshops: what people would like, “that interests me”, an idea of one's own. No author is shown."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from members.models import User
from workshops import idea_queries, services
from workshops.forms import IdeaForm
from workshops.models import WorkshopIdea


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ideas(request: HttpRequest) -> HttpResponse:
    """List the ideas that the team has shown, and one's own; POST sends one in."""
    form = IdeaForm(request.POST) if request.method == "POST" else IdeaForm()
    if form.is_bound and not request.user.is_authenticated:
        return redirect_to_login(reverse("workshops:ideas"))
    if form.is_valid() and _proposed(request, form):
        messages.success(request, _("Thank you! The team reads your idea before everybody can see it."))
        return redirect("workshops:ideas")
    member = cast(User, request.user) if request.user.is_authenticated else None
    context = {
        "form": form,
        "ideas": idea_queries.shown(member),
        "own": idea_queries.proposed_by(member) if member else [],
        "sign_in_url": f"{reverse('account_login')}?next={reverse('workshops:ideas')}",
    }
    return render(request, "workshops/ideas.html", context, status=422 if form.is_bound else 200)


@require_POST
def interest(request: HttpRequest, pk: int) -> HttpResponse:
    """Say "that interests me", or no longer (`wanted=0`)."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("workshops:ideas"))
    idea = get_object_or_404(WorkshopIdea, pk=pk, state=WorkshopIdea.State.SHOWN)
    wanted = request.POST.get("wanted") != "0"
    services.settle_interest(idea=idea, member=cast(User, request.user), wanted=wanted)
    return redirect(f"{reverse('workshops:ideas')}#idea-{idea.pk}")


def _proposed(request: HttpRequest, form: IdeaForm) -> bool:
    try:
        services.propose(**form.cleaned_data, actor=cast(User, request.user))
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
