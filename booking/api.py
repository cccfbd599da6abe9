"""JSON API of machines, slots, calendars, reservations and usage (docs/contract.md §4)."""

from datetime import datetime, timedelta
from typing import Annotated

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field, StringConstraints

from booking import api_answers as out
from booking import api_tools as tools
from booking import feed as feeds
from booking import queries, services
from booking.availability import day_slots
from booking.models import Reservation
from booking.problems import Refused
from machines.models import Machine, UsageSession
from members.models import Channel, User

router = Router()
PARK_WINDOW = timedelta(days=62)


class ReservationIn(tools.Strict):
    machine: str = Field(max_length=50)
    starts_at: tools.Moment
    ends_at: tools.Moment
    accompanied: bool = False
    member: int | None = Field(None, ge=1, lt=2**63)
    channel: Channel = Channel.ONLINE
    waive: list[tools.Text] = Field(default_factory=list, max_length=10)
    waive_reason: tools.Text = ""
    any_of_kind: bool = False
    material: Annotated[tools.Text, StringConstraints(max_length=80)] = ""


class MoveIn(tools.Strict):
    starts_at: tools.Moment
    ends_at: tools.Moment


class CancelIn(tools.Strict):
    reason: tools.Text = ""


@router.get(
    "/machines", auth=tools.PUBLIC, summary="The machine park with its live state", response={200: out.MachinePage}
)
def machines(request: HttpRequest) -> HttpResponse:
    park = list(queries.in_service())
    states = queries.live_states(timezone.now(), park)
    return tools.json_response({"items": [_machine(one, states[one.pk]) for one in park], "next": None})


@router.get(
    "/machines/{slug}", auth=tools.PUBLIC, summary="One machine", response={200: out.MachineOut, **out.NOT_FOUND}
)
def machine(request: HttpRequest, slug: str) -> HttpResponse:
    found = _find(slug)
    return tools.json_response(_machine(found, queries.live_states(timezone.now(), [found])[found.pk]))


@router.get(
    "/machines/{slug}/slots",
    auth=tools.PUBLIC,
    summary="The slots of a day, for the caller",
    response={200: out.SlotPage, **out.NOT_FOUND, **out.NOT_UNDERSTOOD},
)
def slots(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    found = _find(slug)
    items = day_slots(found, tools.a_day(day), timezone.now(), tools.optional_caller(request, "reservations:read"))
    return tools.json_response(
        {
            "items": [
                {
                    "starts_at": tools.iso(slot.span.start),
                    "ends_at": tools.iso(slot.span.end),
                    "available": slot.available,
                    "problems": [problem.code for problem in slot.problems],
                }
                for slot in items
            ],
            "next": None,
        }
    )


@router.get(
    "/machines/{slug}/calendar",
    auth=tools.PUBLIC,
    summary="Taken time and openings of one machine",
    response={200: out.CalendarOut, **out.NOT_FOUND, **out.NOT_UNDERSTOOD},
)
def machine_calendar(
    request: HttpRequest, slug: str, from_: str | None = Query(None, alias="from"), to: str | None = None
) -> HttpResponse:
    start, end = tools.window(from_, to, days=7, longest=PARK_WINDOW)
    feed = feeds.feed(start, end, slug=_sane(slug))
    if not feed.blocks:
        _find(slug)
    return _calendar(request, feed)


@router.get(
    "/calendar",
    auth=tools.PUBLIC,
    summary="Taken time and openings of the whole park (62 days at most)",
    response={200: out.CalendarOut, **out.NOT_UNDERSTOOD},
)
def park_calendar(
    request: HttpRequest, from_: str | None = Query(None, alias="from"), to: str | None = None
) -> HttpResponse:
    start, end = tools.window(from_, to, days=31, longest=PARK_WINDOW)
    return _calendar(request, feeds.feed(start, end))


@router.get(
    "/reservations",
    auth=tools.SIGNED_IN,
    summary="One's own reservations; staff see all",
    response={200: out.ReservationPage, **out.SIGNED_IN_ONLY, **out.NOT_FOUND, **out.NOT_UNDERSTOOD},
)
def reservations(
    request: HttpRequest,
    machine: str | None = None,
    from_: str | None = Query(None, alias="from"),
    to: str | None = None,
    limit: int = Query(50, ge=1, le=tools.MAX_LIMIT),
    cursor: str | None = None,
) -> HttpResponse:
    user = tools.caller(request, "reservations:read")
    start, end = tools.window(from_, to)
    member = None if user.has_perm("booking.view_all_reservations") else user
    rows = queries.reservations_between(start, end, machine=_find(machine) if machine else None, member=member)
    if after := tools.read_cursor(cursor):
        rows = rows.filter(Q(starts_at__gt=after.at) | Q(starts_at=after.at, pk__gt=after.pk))
    page = tools.page_json(
        list(rows[: limit + 1]), limit, reservation_json, lambda row: tools.Cursor(row.starts_at, row.pk)
    )
    return tools.json_response(page)


@router.post(
    "/reservations",
    auth=tools.SIGNED_IN,
    summary="Book a machine",
    openapi_extra=tools.ONCE,
    response={201: out.ReservationOut, **out.REFUSED},
)
def reserve(request: HttpRequest, body: ReservationIn) -> HttpResponse:
    user = tools.caller(request, "reservations:write")
    found = _find(body.machine, queries.in_service().select_related(None))
    member = tools.whom(user, body.member, "booking.book_for_others")
    online = body.channel == Channel.ONLINE or not user.has_perm("booking.book_for_others")
    channel = Channel.ONLINE if online else body.channel
    wanted = body.model_dump(
        include={"starts_at", "ends_at", "accompanied", "any_of_kind", "material", "waive", "waive_reason"}
    )

    def act() -> dict:
        made = services.reserve(actor=user, machine=found, member=member, channel=channel, **wanted)
        return reservation_json(made)

    try:
        return tools.once(request, user, act)
    except Refused as refused:
        return tools.problem_response(refused.problems)


@router.patch(
    "/reservations/{int:pk}",
    auth=tools.SIGNED_IN,
    summary="Move a reservation",
    response={200: out.ReservationOut, **out.REFUSED},
)
def move(request: HttpRequest, pk: int, body: MoveIn) -> HttpResponse:
    user = tools.caller(request, "reservations:write")
    found = _own_reservation(user, pk)
    try:
        moved = services.move(actor=user, reservation=found, starts_at=body.starts_at, ends_at=body.ends_at)
    except Refused as refused:
        return tools.problem_response(refused.problems)
    return tools.json_response(reservation_json(moved))


@router.delete(
    "/reservations/{int:pk}", auth=tools.SIGNED_IN, summary="Cancel a reservation", response={204: None, **out.REFUSED}
)
def cancel(request: HttpRequest, pk: int, body: CancelIn | None = None) -> HttpResponse:
    user = tools.caller(request, "reservations:write")
    try:
        services.cancel(actor=user, reservation=_own_reservation(user, pk), reason=body.reason if body else "")
    except Refused as refused:
        return tools.problem_response(refused.problems, 409)
    return HttpResponse(status=204)


@router.get(
    "/usage-sessions",
    auth=tools.SIGNED_IN,
    summary="What machines did: one's own uses; staff see all",
    response={200: out.UsagePage, **out.SIGNED_IN_ONLY, **out.NOT_FOUND, **out.NOT_UNDERSTOOD},
)
def usage_sessions(
    request: HttpRequest,
    machine: str | None = None,
    from_: str | None = Query(None, alias="from"),
    to: str | None = None,
    limit: int = Query(50, ge=1, le=tools.MAX_LIMIT),
    cursor: str | None = None,
) -> HttpResponse:
    user = tools.caller(request, "usage:read")
    start, end = _usage_window(from_, to)
    member = None if user.has_perm("machines.view_all_usage") else user
    rows = queries.usage_between(start, end, machine=_find(machine) if machine else None, member=member)
    if after := tools.read_cursor(cursor):
        rows = rows.filter(Q(started_at__lt=after.at) | Q(started_at=after.at, pk__lt=after.pk))
    page = tools.page_json(list(rows[: limit + 1]), limit, _usage, lambda row: tools.Cursor(row.started_at, row.pk))
    return tools.json_response(page)


def _usage_window(from_: str | None, to: str | None) -> tuple[datetime, datetime]:
    """Usage looks back: by default the last 31 days up to now."""
    now = timezone.now()
    start = from_ or (now - timedelta(days=31)).isoformat()
    return tools.window(start, to or (now + timedelta(days=1)).isoformat() if not from_ else to)


def _find(slug: str, among: QuerySet[Machine] | None = None) -> Machine:
    return get_object_or_404(queries.in_service() if among is None else among, slug=_sane(slug))


def _sane(slug: str) -> str:
    """PostgreSQL refuses to look for a text with a NUL in it."""
    if "\0" in slug:
        raise Http404
    return slug


def _own_reservation(user: User, pk: int) -> Reservation:
    """Return a reservation the caller may act on; somebody else's does not exist for a member."""
    rows = Reservation.objects.select_related("machine", "member")
    if not user.has_perm("booking.book_for_others"):
        rows = rows.filter(member=user)
    found = rows.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def _machine(machine: Machine, live: queries.LiveState) -> dict:
    return {
        "slug": machine.slug,
        "name": machine.name,
        "process": machine.category.process,
        "state": live.state,
        "state_since": tools.iso(live.since),
        "busy_until": tools.iso(live.busy_until),
        "next_free_at": tools.iso(live.next_free_at),
        "level_required": machine.level_required,
        "min_age": machine.min_age,
        "min_age_alone": machine.min_age_alone,
    }


def reservation_json(row: Reservation) -> dict:
    return {
        "id": row.pk,
        "machine": row.machine.slug,
        "member": row.member_id,
        "kind": row.kind,
        "starts_at": tools.iso(row.starts_at),
        "ends_at": tools.iso(row.ends_at),
        "state": row.state,
        "channel": row.channel,
        **({"any_of_kind": True} if row.floating else {}),
        **({"material": row.material} if row.material else {}),
    }


def _usage(row: UsageSession) -> dict:
    use = getattr(row, "reservation_use", None)
    return {
        "id": row.pk,
        "machine": row.machine.slug,
        "started_at": tools.iso(row.started_at),
        "ended_at": tools.iso(row.ended_at),
        "outcome": row.outcome,
        "source": row.source,
        "job_name": row.job_name,
        "estimated": row.estimated,
        "energy_wh": row.energy_wh,
        "member": row.member_id,
        "reservation": use.reservation_id if use else None,
        "attribution": row.attribution,
    }


def _calendar(request: HttpRequest, feed: feeds.Feed) -> HttpResponse:
    user = tools.optional_caller(request, "reservations:read")
    me = user.pk if user else None
    return tools.json_response(
        {
            "items": [
                {
                    "machine": row.slug,
                    "starts_at": tools.iso(row.start),
                    "ends_at": tools.iso(row.end),
                    "kind": row.words,
                    "mine": me is not None and row.owner == me,
                }
                for row in feed.blocks
            ],
            "openings": [
                {"starts_at": tools.iso(span.start), "ends_at": tools.iso(span.end), "kind": kind}
                for span, kind in feed.openings
            ],
            "next": None,
        }
    )
