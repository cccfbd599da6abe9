"""JSON API of workshop sessions and registrations (docs/contract.md §4)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from booking import api_answers as out
from booking import api_tools as tools
from booking.problems import Refused
from members.models import User
from workshops import queries, rules, services
from workshops.models import Registration, WorkshopSession

router = Router()
LARGEST_ID = 2**63


class RegistrationIn(tools.Strict):
    member: int | None = Field(default=None, ge=1, lt=LARGEST_ID)
    seats: int | None = Field(default=None, ge=1, le=100)


class SessionOut(Schema):
    id: int
    workshop: str
    starts_at: datetime
    ends_at: datetime
    places: int
    places_left: int
    waiting: int
    age_min: int | None
    age_max: int | None
    state: WorkshopSession.State


class SessionPage(Schema):
    items: list[SessionOut]
    next: str | None


class RegistrationOut(Schema):
    id: int
    status: Registration.Status
    position: int | None


@router.get(
    "/workshop-sessions",
    auth=tools.PUBLIC,
    summary="Dated workshop sessions, with the places left",
    response={200: SessionPage, **out.NOT_UNDERSTOOD},
)
def workshop_sessions(
    request: HttpRequest,
    from_: str | None = Query(None, alias="from"),
    to: str | None = None,
    age: int | None = Query(None, ge=0, le=120),
    limit: int = Query(50, ge=1, le=tools.MAX_LIMIT),
    cursor: str | None = None,
) -> HttpResponse:
    start, end = tools.window(from_, to)
    after = tools.read_cursor(cursor)
    rows = queries.sessions_between(start, end, age=age, limit=limit + 1, after=(after.at, after.pk) if after else None)
    return tools.json_response(
        tools.page_json(rows, limit, session_json, lambda row: tools.Cursor(row.starts_at, row.pk))
    )


@router.post(
    "/workshop-sessions/{int:pk}/registrations",
    auth=tools.SIGNED_IN,
    summary="Register for a session",
    response={201: RegistrationOut, **out.REFUSED},
)
def register(request: HttpRequest, pk: int, body: RegistrationIn | None = None) -> HttpResponse:
    user, body = tools.caller(request, "registrations:write"), body or RegistrationIn()
    session = _find_session(pk)
    try:
        made = services.register(
            session=session,
            member=tools.whom(user, body.member, "workshops.register_others"),
            actor=user,
            seats=body.seats,
        )
    except Refused as refused:
        return tools.problem_response(refused.problems)
    except ValidationError as error:
        return tools.problem_response([rules.asks_more(pk, error.messages)])
    return tools.json_response(registration_json(made), 201)


@router.delete(
    "/registrations/{int:pk}",
    auth=tools.SIGNED_IN,
    summary="Cancel a registration",
    response={204: None, **out.REFUSED},
)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    user = tools.caller(request, "registrations:write")
    try:
        services.cancel_registration(registration=_find_registration(user, pk), actor=user)
    except Refused as refused:
        return tools.problem_response(refused.problems, 409)
    return HttpResponse(status=204)


def session_json(row: WorkshopSession) -> dict:
    return {
        "id": row.pk,
        "workshop": row.workshop.slug,
        "starts_at": tools.iso(row.starts_at),
        "ends_at": tools.iso(row.ends_at),
        "places": row.places,
        "places_left": row.places_left,
        "waiting": row.waiting,
        "age_min": row.workshop.age_min,
        "age_max": row.workshop.age_max,
        "state": row.state,
    }


def registration_json(row: Registration) -> dict:
    position = queries.with_position(Registration.objects.filter(pk=row.pk)).get().position
    return {"id": row.pk, "status": row.status, "position": position}


def _find_session(pk: int) -> WorkshopSession:
    if pk >= LARGEST_ID:
        raise Http404
    return get_object_or_404(queries.public_sessions(), pk=pk)


def _find_registration(user: User, pk: int) -> Registration:
    """Return a registration the caller may act on; somebody else's does not exist for a member."""
    rows = Registration.objects.select_related("session", "member").filter(pk=min(pk, LARGEST_ID - 1))
    return get_object_or_404(rows if user.has_perm("workshops.register_others") else rows.filter(member=user))
