"""What ours is measured against, served by the same server: an empty view, a raw feed, a bare insert."""

import json
from datetime import datetime

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from booking.models import Reservation
from fablab.urls import handler404, handler500, urlpatterns  # noqa: F401 -- Django reads the handlers here
from machines.models import Machine
from members.queries import valid_token

RAW = """
SELECT m.slug, r.starts_at, r.ends_at, r.kind, r.member_id FROM booking_reservation r
JOIN machines_machine m ON m.id = r.machine_id
WHERE r.starts_at < %s AND r.ends_at > %s AND r.state IN ('held', 'to_confirm', 'confirmed', 'checked_in', 'done')
ORDER BY r.starts_at
"""


def empty(request: HttpRequest) -> HttpResponse:
    """Do nothing for somebody who has signed in."""
    return HttpResponse(b"ok", status=200 if request.user.is_authenticated else 401)


def raw_feed(request: HttpRequest) -> HttpResponse:
    """Answer with the park's month from one hand-written statement."""
    me = request.user.pk
    with connection.cursor() as cursor:
        cursor.execute(RAW, [request.GET["to"], request.GET["from"]])
        rows = cursor.fetchall()
    items = [
        {"machine": slug, "starts_at": str(start), "ends_at": str(end), "kind": kind, "mine": member == me}
        for slug, start, end, kind, member in rows
    ]
    return HttpResponse(json.dumps({"items": items, "next": None}), content_type="application/json")


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Lock the machine and insert a booking; ask no rule."""
    token = valid_token(request.headers["Authorization"].removeprefix("Bearer "), timezone.now())
    body = json.loads(request.body)
    start, end = (datetime.fromisoformat(body[name]) for name in ("starts_at", "ends_at"))
    with transaction.atomic():
        machine = Machine.objects.select_for_update(no_key=True).get(slug=body["machine"])
        made = Reservation.objects.create(
            machine=machine, member=token.user, starts_at=start, ends_at=end, blocked_from=start, blocked_until=end
        )
    return HttpResponse(json.dumps({"id": made.pk}), status=201, content_type="application/json")


urlpatterns = [
    path("floor/empty", empty),
    path("floor/feed", raw_feed),
    path("floor/insert", insert),
    *urlpatterns,
]
