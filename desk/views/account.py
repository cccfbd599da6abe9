"""My account, and that of a child one answers for: the same pages, in plain words."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from booking.queries import in_service, mine
from desk.forms.account import PreferencesForm, WithdrawForm
from desk.queries import account as reads
from members import services
from members.models import Channel, User
from members.queries import children_of, is_guardian_of
from members.standing import GUARDIAN, SELF, is_under
from place.clock import day_span, today
from workshops.queries import mentored_by


def person_of(request: HttpRequest, pk: int | None) -> User:
    """Return whose page this is: one's own, or a child's; anybody else's does not exist here."""
    if pk is None:
        return request.user
    person = get_object_or_404(User, pk=pk, is_active=True)
    if not is_guardian_of(request.user, person):
        raise Http404
    return person


def address(name: str, person: User, request: HttpRequest, **kwargs: Any) -> str:
    """Return the address of a page of the account, of the child's when the page is about a child."""
    if person.pk == request.user.pk:
        return reverse(f"desk:{name}", kwargs=kwargs)
    return reverse(f"desk:child_{name}", kwargs={"pk": person.pk, **kwargs})


def shown(request: HttpRequest, person: User, **context: Any) -> dict[str, Any]:
    """Return what every page of the account needs to know."""
    child = person.pk != request.user.pk
    urls = {name: address(name, person, request) for name in ("account", "papers", "passport", "presences")}
    prefix, args = ("child", [person.pk]) if child else ("my", [])
    urls |= {name: reverse(f"{prefix}_{name}", args=args) for name in ("data", "export", "erase")}
    return {"person": person, "child": child, "urls": urls, "today": today(), **context}


@login_required
@never_cache
@require_safe
def account(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Show who I am to the lab, what I may use, and where to change it."""
    person, day = person_of(request, pk), today()
    signatory = SELF if pk is None else GUARDIAN
    papers = reads.papers_of(person, signatory, day, get_language() or "")
    coming, _over = mine(person, timezone.now()) if pk else ([], [])
    machines = list(in_service()) if pk else []
    context = shown(
        request,
        person,
        roles=services.role_labels(person),
        mentors=pk is None and person.mentored_sessions.exists(),
        passport=reads.passport(person),
        memberships=reads.memberships(person),
        to_sign=[paper for paper in papers if paper.may_sign],
        children=children_of(person, day) if pk is None else [],
        coming=coming,
        may_have_badge=pk is None and bool(person.email) and not is_under(settings.CONSENT_AGE, person.birth_date, day),
        machines=machines,
    )
    return render(request, "desk/account/account.html", context)


@login_required
@never_cache
@require_safe
def papers(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Show every agreement in plain words: what it says, how it stands, what I can do."""
    person = person_of(request, pk)
    signatory = SELF if pk is None else GUARDIAN
    rows = [
        {"paper": paper, "url": address("paper", person, request, purpose=paper.purpose)}
        for paper in reads.papers_of(person, signatory, today(), get_language() or "")
    ]
    return render(request, "desk/account/papers.html", shown(request, person, rows=rows))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, purpose: str, pk: int | None = None) -> HttpResponse:
    """Show one agreement; sign it or withdraw it, each with its consequence said before."""
    person = person_of(request, pk)
    found = _paper(request, person, purpose, GUARDIAN if pk else SELF)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _act(request, person, found, form.cleaned_data["reason"])
        return redirect(address("papers", person, request))
    return render(request, "desk/account/paper.html", shown(request, person, paper=found, form=form))


def _paper(request: HttpRequest, person: User, purpose: str, signatory: str) -> reads.Paper:
    rows = reads.papers_of(person, signatory, today(), get_language() or "")
    found = next((row for row in rows if row.purpose == purpose), None)
    if found is None:
        raise Http404
    return found


def _act(request: HttpRequest, person: User, found: reads.Paper, reason: str) -> None:
    who = {"actor": request.user, "person": person, "guardian": reads.guardian_for(request.user, person)}
    if "sign" in request.POST and found.may_sign:
        services.sign(purpose=found.purpose, channel=Channel.ONLINE, **who)
        messages.success(request, _("Thank you, it is noted."))
    elif "withdraw" in request.POST and found.may_withdraw:
        services.withdraw(purpose=found.purpose, channel=Channel.ONLINE, reason=reason, **who)
        messages.success(request, _("It is withdrawn. What depended on it has stopped."))
    else:
        raise PermissionDenied


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Change what people decide themselves: pseudonym, language, how to be told."""
    person: User = request.user
    names = PreferencesForm.base_fields
    form = PreferencesForm(request.POST or None, initial={name: getattr(person, name) for name in names})
    if request.method == "POST" and form.is_valid():
        services.choose(person=person, actor=person, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("desk:account")
    status = 400 if form.errors else 200
    return render(request, "desk/account/preferences.html", shown(request, person, form=form), status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """Give my calendar an address of its own, a new one, or none; the address is shown once."""
    person: User = request.user
    secret = ""
    if request.method == "POST" and "close" in request.POST:
        services.close_calendar(person=person)
        messages.success(request, _("The address no longer works."))
        return redirect("desk:calendar")
    if request.method == "POST":
        secret = services.renew_calendar_secret(person=person)
    url = request.build_absolute_uri(reverse("own_feed", args=[secret])) if secret else ""
    context = shown(request, person, url=url, there_is_one=hasattr(person, "calendar_secret"))
    return render(request, "desk/account/calendar.html", context)


@login_required
@never_cache
@require_safe
def passport(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Show the machine passport as a sheet of A6 stamps, to print."""
    person = person_of(request, pk)
    context = shown(request, person, passport=reads.passport(person))
    return render(request, "desk/account/passport.html", context)


@login_required
@never_cache
@require_safe
def mentoring(request: HttpRequest) -> HttpResponse:
    """Show a peer mediator the first names of today's sessions that are theirs, and nothing more of anybody."""
    day = day_span(today())
    sessions = mentored_by(request.user, day.start, day.end)
    return render(request, "desk/account/mentoring.html", {"sessions": sessions})


@never_cache
@require_safe
def waits(request: HttpRequest) -> HttpResponse:
    """Say to somebody under 15 what is still missing before they can sign in."""
    return render(request, "desk/account/waits.html")
