"""Acts of the desk that look at several rooms at once."""

from datetime import datetime

from django.db import transaction

from booking import services as booking
from booking.problems import Refused
from desk import rules
from members.models import Channel, Purpose, User
from members.queries import standings
from place import services as place
from place.clock import today
from place.models import Visit


@transaction.atomic
def check_in(*, actor: User, person: User, at: datetime | None = None, channel: str = Channel.DESK) -> Visit:
    """Note that somebody came; the bookings they are awaited for just then begin.

    Raises ValidationError for a moment to come, PermissionDenied.
    """
    visit = place.arrive(actor=actor, person=person, at=at, channel=channel)
    booking.arrive_at_desk(actor=actor, person=person, now=visit.came_at)
    return visit


def check_out(
    *,
    actor: User,
    visit: Visit,
    leaving: str,
    with_whom: str = "",
    at: datetime | None = None,
    channel: str = Channel.DESK,
) -> Visit:
    """Let somebody leave as their age and their parents' agreement allow.

    Raises Refused with every reason, ValidationError when they have left already.
    """
    assert visit.person is not None
    judge_leaving(visit.person, leaving, with_whom, at)
    return place.leave(actor=actor, visit=visit, leaving=leaving, left_with=with_whom, at=at, channel=channel)


def judge_leaving(person: User, leaving: str, with_whom: str = "", at: datetime | None = None) -> None:
    """Raise Refused with every reason why somebody may not leave so."""
    day = today(at)
    home_alone = standings(person, day, [Purpose.HOME_ALONE])[Purpose.HOME_ALONE]
    if found := rules.problems(rules.Departure(leaving, person.birth_date, day, home_alone, with_whom)):
        raise Refused(found)
