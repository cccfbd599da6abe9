"""The roll on a tablet: one tap each, without JavaScript too; what a tablet kept during a cut is sent here as well."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from booking.problems import Refused
from desk import roll as acts
from desk.forms.roll import ALL, COUNT, LEFT, TAKE_BACK, CountForm, SheetForm, TapForm
from desk.lock import at_desk
from desk.roll_lines import WALK_INS, Line, Roll, roll_of
from members.models import User
from members.queries import FOUND_MOST, search_members
from place.form_errors import add_errors
from workshops import services as workshops
from workshops.models import Attendance, WorkshopSession
from workshops.services import Conflict

State = Attendance.State


@at_desk("workshops.register_others")
@require_http_methods(["GET", "HEAD", "POST"])
def roll(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everybody of a session; a tap comes back to the person it was for."""
    if request.method == "POST":
        return _tapped(request, pk)
    return _page(request, roll_of(pk))


def _page(request: HttpRequest, found: Roll, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, "desk/counter/roll.html", _context(request, found) | context, status=status)


def _context(request: HttpRequest, found: Roll) -> dict[str, Any]:
    text, people = _searched(request, found)
    return {
        "roll": found,
        "count": CountForm(),
        "key": uuid.uuid4().hex,
        "text": text,
        "people": people,
        "url": reverse("desk:roll", args=[found.session.pk]),
    }


def _searched(request: HttpRequest, found: Roll) -> tuple[str, list[User]]:
    """Return what was searched, and who of that name is not on the roll yet."""
    text = request.GET.get("q", "").strip()[:200]
    known = [line.person.pk for line in found.lines]
    return text, list(search_members(text).exclude(pk__in=known)[:FOUND_MOST]) if text else []


def _tapped(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(WorkshopSession.objects.select_related("workshop"), pk=pk)
    form = TapForm(request.POST)
    if not form.is_valid():
        return _answer(request, session, form.data, 422, said=[_("This tap cannot be read: reload the page.")])
    try:
        _act(request, session, form)
    except Conflict:
        return _answer(request, session, form.cleaned_data, 409, clash=_wanted(form.cleaned_data))
    except Refused as refused:
        return _answer(request, session, form.cleaned_data, 422, said=[one.message for one in refused.problems])
    except ValidationError as error:
        return _answer(request, session, form.cleaned_data, 422, said=error.messages)
    return _answer(request, session, form.cleaned_data, 200)


def _act(request: HttpRequest, session: WorkshopSession, form: TapForm) -> None:
    """Do what was tapped. Raises Conflict, Refused, ValidationError, PermissionDenied, Http404."""
    data, tap, actor = form.cleaned_data, form.tap(), request.user
    if data["act"] == COUNT:
        _count(request, session, form)
    elif data["act"] == ALL:
        acts.call_everybody(session=session, people=roll_of(session.pk).uncalled, actor=actor, tap=tap)
    elif data["act"] in State.values:
        person = get_object_or_404(User, pk=data["person"], is_active=True)
        role = data["role"] or Attendance.Role.PARTICIPANT
        acts.call(session=session, person=person, state=data["act"], role=role, actor=actor, tap=tap)
    elif (row := _row(session, data)) is None:
        if data["act"] == LEFT:
            raise Conflict(None)
    elif data["act"] == TAKE_BACK:
        acts.take_back(attendance=row, actor=actor, tap=tap)
    else:
        acts.let_go(attendance=row, actor=actor, tap=tap, **form.leaving())


def _count(request: HttpRequest, session: WorkshopSession, form: TapForm) -> None:
    count = CountForm(request.POST)
    if not count.is_valid():
        raise ValidationError([_("Say how many: from 1 to 200.")])
    workshops.count_walk_ins(session=session, actor=request.user, tap=form.tap(), **count.counted())


def _row(session: WorkshopSession, data: dict[str, Any]) -> Attendance | None:
    """Return the row a tap is about: a person's, or one of people without a name."""
    rows = Attendance.objects.filter(session=session).select_related("member", "session")
    return rows.filter(member=data["person"]).first() if data["person"] else rows.filter(pk=data["row"]).first()


def _answer(request: HttpRequest, session: WorkshopSession, data: Any, status: int, **told: Any) -> HttpResponse:
    """Answer a program with the part of the page that changed, a form with the page, where the tap was made."""
    person = str(data.get("person") or "")
    about = int(person) if person.isdecimal() and len(person) < 18 else 0
    if status == 200 and request.accepts("text/html"):
        return redirect(f"{reverse('desk:roll', args=[session.pk])}#{_anchor(about)}")
    found = roll_of(session.pk)
    line = found.line(about)
    told["about"] = about if line else 0
    if line is None and told.pop("clash", None):
        status, told["said"] = 422, [_("Somebody has taken this back meanwhile.")]
    if request.accepts("text/html"):
        return _page(request, found, status, **told)
    return JsonResponse(_changed_part(request, found, line, told), status=status)


def _changed_part(request: HttpRequest, found: Roll, line: Line | None, told: dict[str, Any]) -> dict[str, Any]:
    """Return the person's line, or the list of who came without registering, and which version stands."""
    context = {"roll": found, "url": reverse("desk:roll", args=[found.session.pk]), **told}
    if line is None or line.group == WALK_INS:
        part, html = WALK_INS, render_to_string("desk/counter/roll_walk_ins.html", context, request)
    else:
        part = _anchor(line.person.pk)
        html = render_to_string("desk/counter/roll_line.html", context | {"line": line}, request)
    return {"part": part, "html": html, "version": line.version if line else 0, "gone": line is None}


def _anchor(person: int) -> str:
    return f"p-{person}" if person else WALK_INS


def _wanted(data: dict[str, Any]) -> dict[str, Any]:
    """Return what was tapped here, in words and as fields to send again."""
    words = {TAKE_BACK: _("taken back"), LEFT: pgettext("roll", "left")}
    fields = {name: data[name] for name in ("act", "person", "role", "how", "with_whom") if data[name]}
    return {"word": words.get(data["act"]) or State(data["act"]).label, "fields": fields}


@at_desk("workshops.register_others")
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Type in a sheet of paper on one screen; `?avec=` adds people who wrote their name on a blank line."""
    added = [int(one) for one in request.GET.getlist("avec")[:60] if one.isdecimal() and len(one) < 18]
    found = roll_of(pk, added)
    form = SheetForm(request.POST or None, session=found.session, lines=found.lines, initial={"key": uuid.uuid4().hex})
    if request.method == "POST" and form.is_valid() and _keyed_in(request, found, form):
        messages.success(request, _("The sheet is typed in."))
        return redirect("desk:roll", pk=pk)
    text, people = _searched(request, found)
    context = {"roll": found, "form": form, "text": text, "people": people, "added": added}
    return render(request, "desk/counter/roll_keyed.html", context, status=422 if form.errors else 200)


def _keyed_in(request: HttpRequest, found: Roll, form: SheetForm) -> bool:
    try:
        acts.key_in(
            session=found.session,
            rows=form.written,
            counts=form.counts(),
            key=form.cleaned_data["key"],
            actor=request.user,
        )
    except Conflict as conflict:
        name = conflict.current.member if conflict.current else ""
        form.add_error(
            None, _("Somebody has noted another thing meanwhile: %(name)s. Reload the page.") % {"name": name}
        )
    except ValidationError as error:
        add_errors(form, error)
    return not form.errors
