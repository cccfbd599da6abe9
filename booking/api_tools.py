"""What every API router shares: who calls, windows, pages, problems as JSON."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Annotated, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.security import APIKeyCookie, HttpBearer
from pydantic import AfterValidator, AwareDatetime, ConfigDict, StringConstraints

from booking import services
from booking.problems import Problem
from members.models import User
from members.queries import valid_token
from members.second_factor import refuse_without_second_factor
from place.clock import UnreadableTime, day_span, local

MAX_LIMIT = 500
KEY = re.compile(r"[!-~]{1,200}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONGEST_WINDOW = timedelta(days=366)


class Strict(Schema):
    """A body in which an unknown field is an error, so that a typing mistake or a forged field is never ignored."""

    model_config = ConfigDict(extra="forbid")


class BearerToken(HttpBearer):
    """`Authorization: Bearer …`: the token's person, limited to its scopes."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = valid_token(token, timezone.now())
        if found is None:
            return None
        request.user, request.token_scopes = found.user, frozenset(found.scopes)  # type: ignore[attr-defined]
        return found.user


class KnownVisitor(APIKeyCookie):
    """The site's own session where strangers may read too; ninja enforces CSRF for it."""

    param_name = "sessionid"

    def _get_key(self, request: HttpRequest) -> str | None:
        """Ask for the CSRF token of people only: a stranger is told to sign in, not that a token is wrong."""
        return super()._get_key(request) if request.user.is_authenticated else None

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        return request.user if request.user.is_authenticated else None


class SessionCookie(KnownVisitor):
    """The same where one must be signed in: whoever must have a second sign-in step needs it here."""

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        user = super().authenticate(request, key)
        if user is not None:
            refuse_without_second_factor(user)
        return user


def anybody(request: HttpRequest) -> bool:
    """Let anonymous callers in, but not somebody who shows a token that is not (or no longer) valid."""
    return "Authorization" not in request.headers


SIGNED_IN: list[Callable] = [BearerToken(), SessionCookie()]
PUBLIC: list[Callable] = [BearerToken(), KnownVisitor(), anybody]


def in_callers_language(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer in the language the request asks for: addresses of the API carry none."""

    @wraps(run)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(translation.get_language_from_request(request)):
            return run(request, *args, **kwargs)

    return wrapped


def caller(request: HttpRequest, scope: str) -> User:
    """Return who calls. Raises 401 without identity, 403 when the token lacks the scope."""
    user = request.user
    if not user.is_authenticated:
        raise AuthenticationError
    scopes = getattr(request, "token_scopes", None)
    if scopes is not None and scope not in scopes:
        raise HttpError(403, _("This token may not do that: it lacks the scope “%(scope)s”.") % {"scope": scope})
    return user  # type: ignore[return-value]


def optional_caller(request: HttpRequest, scope: str) -> User | None:
    """Return who calls, or nobody: also when the token lacks the scope, so that it never tells more than it may."""
    scopes = getattr(request, "token_scopes", None)
    known = request.user.is_authenticated and (scopes is None or scope in scopes)
    return request.user if known else None  # type: ignore[return-value]


def is_usable(when: datetime) -> bool:
    """Tell whether a moment has an offset and lies where arithmetic with it cannot overflow."""
    return when.tzinfo is not None and 1970 <= when.year <= 9000


def _usable(when: datetime) -> datetime:
    if not is_usable(when):
        raise ValueError(_("This is not a date-time of our time."))
    return when


Moment = Annotated[AwareDatetime, AfterValidator(_usable)]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


def whom(user: User, member_id: int | None, right: str) -> User:
    """Return the person an act is for. Raises PermissionDenied for somebody else without the right, 422 for nobody."""
    if member_id is None or member_id == user.pk:
        return user
    if not user.has_perm(right):
        raise PermissionDenied(_("You can only do this for yourself."))
    member = User.objects.filter(pk=member_id, is_active=True).first()
    if member is None:
        raise HttpError(422, _("Nobody has this number."))
    return member


def moment(text: str, name: str) -> datetime:
    """Read a date (local midnight) or a date-time with offset. Raises 422."""
    try:
        found = day_span(date.fromisoformat(text)).start if DAY.fullmatch(text) else parse_datetime(text)
    except (ValueError, OverflowError, UnreadableTime):
        found = None
    if found is None or not is_usable(found):
        raise HttpError(422, _("“%(name)s” must be a date or a date-time with its offset.") % {"name": name})
    return found


def a_day(text: str, name: str = "day") -> date:
    """Read `YYYY-MM-DD`. Raises 422."""
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 9000:
        raise HttpError(422, _("“%(name)s” must be a date such as 2026-11-25.") % {"name": name})
    return day


def window(
    from_: str | None, to: str | None, *, days: int = 31, longest: timedelta = LONGEST_WINDOW
) -> tuple[datetime, datetime]:
    """Return `[from, to)`; by default from today, for so many days. Raises 422 when empty or too long."""
    start = moment(from_, "from") if from_ else day_span(local(timezone.now()).date()).start
    end = moment(to, "to") if to else start + timedelta(days=days)
    if not start < end or end - start > longest + timedelta(hours=1):
        raise HttpError(
            422, _("The window must end after it starts and last at most %(days)s days.") % {"days": longest.days}
        )
    return start, end


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the sort value and the id of its last row."""

    at: datetime
    pk: int

    def text(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.at.isoformat(), self.pk]).encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> Cursor | None:
    """Return the cursor of an opaque text. Raises 422 for a text we did not make."""
    if not text:
        return None
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(text[:200] + "=" * (-len(text) % 4)))
        found = parse_datetime(at)
        if found is None or not is_usable(found) or not isinstance(pk, int) or abs(pk) >= 2**63:
            raise ValueError(text)
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise HttpError(422, _("This cursor is not one of ours.")) from error
    return Cursor(found, pk)


def page_json(rows: list[Any], limit: int, item: Callable[[Any], dict], cursor: Callable[[Any], Cursor]) -> dict:
    """Return `{"items", "next"}` from at most `limit + 1` rows."""
    shown = rows[:limit]
    following = cursor(shown[-1]).text() if len(rows) > limit else None
    return {"items": [item(row) for row in shown], "next": following}


def iso(when: datetime | None) -> str | None:
    """Return a moment on the lab's wall clock, with its offset."""
    return local(when).isoformat() if when else None


def problem_json(problem: Problem) -> dict[str, Any]:
    step = problem.next_step
    return {
        "code": problem.code,
        "message": str(problem.message),
        "detail": _plain(problem.detail),
        "next_step": {"label": str(step.label), "url": str(step.url)} if step else None,
        "alternatives": [
            {"machine": other.machine, "starts_at": iso(other.span.start), "ends_at": iso(other.span.end)}
            for other in problem.alternatives
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def problem_response(problems: Iterable[Problem], status: int | None = None) -> HttpResponse:
    """Return the refusal: 409 when the time is taken, 422 otherwise, unless a status is given."""
    found = list(problems)
    taken = any(problem.code == "overlap" for problem in found)
    body = {"problems": [problem_json(problem) for problem in found]}
    return json_response(body, status or (409 if taken else 422))


def json_response(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json")


ONCE = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "schema": {"type": "string", "maxLength": 200},
            "description": "The same request under the same key is carried out once within a day.",
        }
    ]
}


def once(request: HttpRequest, user: User, act: Callable[[], dict]) -> HttpResponse:
    """Answer 201 with what an act made; under an `Idempotency-Key` header the same request is carried out once.

    Raises 422 for a malformed key, or one that came with another request, and what the act raises.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return json_response(act(), 201)
    if not KEY.fullmatch(key):
        raise HttpError(422, _("An idempotency key is 1 to 200 printable characters."))
    digest = sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
    try:
        answer = services.once(user=user, key=key, digest=digest, act=lambda: _made(act()))
    except services.KeyReused as reused:
        raise HttpError(422, _("This idempotency key was used for another request.")) from reused
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def _made(body: dict) -> services.Answer:
    return services.Answer(201, json.dumps(body, ensure_ascii=False))
