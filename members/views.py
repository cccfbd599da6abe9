"""Pages for newcomers: ask to join; and the security of one's account."""

from typing import Any

from allauth.mfa.base.views import IndexView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from members import services
from members.forms import JoinForm
from members.second_factor import owes_second_factor


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.ask_to_join(**form.cleaned_data)
        messages.success(request, _("Thank you! We have your request. Come to the desk: we finish it together."))
        return redirect("members:join_sent")
    return render(request, "members/join.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
def join_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "members/join_sent.html")


class SecurityView(IndexView):
    """The passkeys, the code app and the rescue codes of one's account."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "owes_second_factor": owes_second_factor(self.request.user)}
