"""What a booking depends on, read with one hand-written statement.

Django takes longer to write such statements than a database to answer them, Python reads moments faster as text, and
every page, refusal and feed of the lab asks for this; `make bench` (feeds, booking) keeps watch.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import connection

from booking.models import LIVE, UPCOMING, Kind, State
from machines.models import MachineTie
from members.models import Membership, Purpose
from place.clock import Span

(
    OPENING,
    CLOSURE,
    OUTAGE,
    TAKEN,
    BOOKED,
    QUALIFICATION,
    SEASON,
    TRIAL,
    PAPER,
    WAIVER,
    DUTY,
    DUTY_LEVEL,
    NO_SHOW,
    MATERIAL,
    MINOR,
    HOUSEHOLD,
) = range(16)
EPOCH = "1970-01-01 00:00:00+00:00"  # where a part has no moment
_LIVE = ", ".join(["%s"] * len(LIVE))
# A plain condition on the state would lead SQLite away from the index of times: it would read all that ever was live.
_IS_LIVE = f"CASE WHEN {{row}}state IN ({_LIVE}) THEN 1 END = 1"


class Row(NamedTuple):
    """One stretch of time; what `owner` and `words` say depends on the part."""

    owner: int
    pk: int
    start: datetime
    end: datetime | None
    words: str
    slug: str


@dataclass(frozen=True, slots=True)
class Part:
    """A SELECT of `(part, owner, pk, start, end, words, slug)` and its values."""

    sql: str
    values: tuple[Any, ...]


def openings(window: Span) -> Part:
    """Words: the kind of opening."""
    sql = (
        "SELECT {part}, 0, id, CAST(starts_at AS text), CAST(ends_at AS text), kind, '' FROM place_openingperiod "
        "WHERE starts_at < %s AND ends_at > %s AND NOT cancelled AND NOT off_calendar"
    )
    return Part(sql.format(part=OPENING), _bounds(window))


def closures(window: Span) -> Part:
    """Words: the reason."""
    sql = (
        "SELECT {part}, 0, id, CAST(starts_at AS text), CAST(ends_at AS text), reason, '' FROM place_closure "
        "WHERE starts_at < %s AND ends_at > %s"
    )
    return Part(sql.format(part=CLOSURE), _bounds(window))


def outages_beside(machines: Sequence[int], window: Span) -> Part:
    """The same of what stops these machines: the room they stand in, what they need."""
    sql = (
        "SELECT {part}, t.machine_id, o.id, CAST(o.starts_at AS text), CAST(o.ends_at AS text), o.reason, '' "
        "FROM machines_machinetie t JOIN machines_outage o ON o.machine_id = t.other_id WHERE t.role = %s "
        "AND o.starts_at < %s AND (o.ends_at IS NULL OR o.ends_at > %s) AND t.machine_id IN ({ids})"
    )
    sql = sql.format(part=OUTAGE, ids=_placeholders(machines))
    return Part(sql, (MachineTie.Role.STOPS, *_bounds(window), *machines))


def outages(machines: Sequence[int], window: Span) -> Part:
    """Owner: the machine. Words: the reason. No end: until further notice."""
    sql = (
        "SELECT {part}, machine_id, id, CAST(starts_at AS text), CAST(ends_at AS text), reason, '' "
        "FROM machines_outage WHERE starts_at < %s AND (ends_at IS NULL OR ends_at > %s) AND machine_id IN ({ids})"
    )
    return Part(sql.format(part=OUTAGE, ids=_placeholders(machines)), (*_bounds(window), *machines))


def taken(machines: Sequence[int], window: Span) -> Part:
    """Owner: the machine. Key: the whole reservation. Words: its kind. Slug: 1 if it floats. Buffers included."""
    sql = (
        "SELECT {part}, machine_id, COALESCE(part_of_id, id), CAST(blocked_from AS text), "
        "CAST(blocked_until AS text), kind, CASE WHEN floating AND state IN ({may_move}) THEN '1' ELSE '' END "
        "FROM booking_reservation WHERE blocked_from < %s AND blocked_until > %s "
        "AND machine_id IN ({ids}) AND {live}"
    )
    live, may_move = _IS_LIVE.format(row=""), ", ".join(["%s"] * len(UPCOMING))
    sql = sql.format(part=TAKEN, ids=_placeholders(machines), live=live, may_move=may_move)
    return Part(sql, (*UPCOMING, *_bounds(window), *machines, *LIVE))


def taken_along(machines: Sequence[int], window: Span) -> Part:
    """The same of what is taken along with these machines: then they cannot be had either."""
    sql = (
        "SELECT DISTINCT {part}, t.machine_id, COALESCE(r.part_of_id, r.id), CAST(r.blocked_from AS text), "
        "CAST(r.blocked_until AS text), r.kind, '' FROM machines_machinetie t "
        "JOIN booking_reservation r ON r.machine_id = t.other_id WHERE t.role = %s "
        "AND r.blocked_from < %s AND r.blocked_until > %s AND t.machine_id IN ({ids}) AND {live}"
    )
    sql = sql.format(part=TAKEN, ids=_placeholders(machines), live=_IS_LIVE.format(row="r."))
    return Part(sql, (MachineTie.Role.TAKEN, *_bounds(window), *machines, *LIVE))


def shown(window: Span, slug: str | None) -> Part:
    """Owner: the member. Words: the kind of reservation. Buffers left out; one machine, or all in service."""
    sql = (
        "SELECT {part}, r.member_id, r.id, CAST(r.starts_at AS text), CAST(r.ends_at AS text), r.kind, m.slug "
        "FROM booking_reservation r JOIN machines_machine m ON m.id = r.machine_id "
        "WHERE r.starts_at < %s AND r.ends_at > %s AND m.in_service AND m.bookable "
        "AND {live}{one}"
    )
    # The end of the buffers leads to the index of one machine.
    one = "" if slug is None else " AND m.slug = %s AND r.blocked_until > %s"
    values = [] if slug is None else [slug, _stored(window.start)]
    return Part(sql.format(part=TAKEN, live=_IS_LIVE.format(row="r."), one=one), (*_bounds(window), *LIVE, *values))


def shown_along(window: Span, slug: str | None) -> Part:
    """The same of machines that cannot be had because something that goes along with them is taken.

    Ties come first, whatever the database makes of its statistics: most labs have none.
    """
    sql = (
        "SELECT DISTINCT {part}, CAST(NULL AS bigint), COALESCE(r.part_of_id, r.id), CAST(r.starts_at AS text), "
        "CAST(r.ends_at AS text), r.kind, m.slug FROM machines_machinetie t CROSS JOIN machines_machine m "
        "CROSS JOIN booking_reservation r WHERE m.id = t.machine_id AND r.machine_id = t.other_id "
        "AND t.role = %s AND r.starts_at < %s AND r.ends_at > %s AND r.blocked_until > %s "
        "AND m.in_service AND m.bookable AND {live}{one} "
        "AND NOT EXISTS (SELECT 1 FROM booking_reservation own WHERE own.machine_id = m.id "
        "AND own.blocked_until > r.starts_at AND own.starts_at = r.starts_at "
        "AND COALESCE(own.part_of_id, own.id) = COALESCE(r.part_of_id, r.id))"
    )
    one = "" if slug is None else " AND m.slug = %s"
    values = (MachineTie.Role.TAKEN, *_bounds(window), _stored(window.start), *LIVE)
    sql = sql.format(part=TAKEN, live=_IS_LIVE.format(row="r."), one=one)
    return Part(sql, (*values, *([] if slug is None else [slug])))


def booked(member: int, since: datetime) -> Part:
    """Owner: the category. Words: the machine's name. What a person holds that ends after a moment."""
    sql = (
        "SELECT {part}, m.category_id, r.id, CAST(r.starts_at AS text), CAST(r.ends_at AS text), m.name, '' "
        "FROM booking_reservation r JOIN machines_machine m ON m.id = r.machine_id "
        "WHERE r.member_id = %s AND r.ends_at > %s AND r.kind = %s AND r.state IN ({live})"
    )
    return Part(sql.format(part=BOOKED, live=_LIVE), (member, _stored(since), Kind.MEMBER, *LIVE))


def household(member: int, household: int, since: datetime) -> Part:
    """The same of the others of a person's household."""
    sql = (
        "SELECT {part}, m.category_id, r.id, CAST(r.starts_at AS text), CAST(r.ends_at AS text), m.name, '' "
        "FROM booking_reservation r JOIN machines_machine m ON m.id = r.machine_id "
        "JOIN members_user u ON u.id = r.member_id WHERE u.household_id = %s AND u.id <> %s "
        "AND r.ends_at > %s AND r.kind = %s AND r.state IN ({live})"
    )
    return Part(sql.format(part=HOUSEHOLD, live=_LIVE), (household, member, _stored(since), Kind.MEMBER, *LIVE))


def minors(member: int, window: Span, born_after: date) -> Part:
    """Owner: the category. What others born after a day have booked in a window; an unknown age counts as young."""
    sql = (
        "SELECT {part}, m.category_id, r.id, CAST(r.starts_at AS text), CAST(r.ends_at AS text), '', '' "
        "FROM booking_reservation r JOIN machines_machine m ON m.id = r.machine_id "
        "JOIN members_user u ON u.id = r.member_id WHERE r.starts_at < %s AND r.ends_at > %s AND u.id <> %s "
        "AND (u.birth_date IS NULL OR u.birth_date > %s) AND r.kind = %s AND r.state IN ({live})"
    )
    values = (*_bounds(window), member, born_after.isoformat(), Kind.MEMBER, *LIVE)
    return Part(sql.format(part=MINOR, live=_LIVE), values)


def materials(machines: Sequence[int]) -> Part:
    """Owner: the machine. Words: whether it is allowed. Slug: its name, and a note on the next line."""
    sql = (
        "SELECT {part}, machine_id, id, CAST(%s AS text), NULL, allowed, name || CAST(%s AS text) || note "
        "FROM machines_machinematerial WHERE machine_id IN ({ids})"
    )
    return Part(sql.format(part=MATERIAL, ids=_placeholders(machines)), (EPOCH, "\n", *machines))


def qualifications(member: int) -> Part:
    """Owner: the category. Key: the level. Words: why it was withdrawn. The end is the last day it holds, midnight."""
    sql = (
        "SELECT {part}, category_id, level, CAST(granted_on AS text), CAST(expires_on AS text), withdrawn_reason, '' "
        "FROM machines_qualification WHERE member_id = %s"
    )
    return Part(sql.format(part=QUALIFICATION), (member,))


def seasons(member: int) -> Part:
    """Key: the membership. From its first to its last day, midnights. Asked for only: not yet one."""
    sql = (
        "SELECT {part}, 0, id, CAST(starts_on AS text), CAST(ends_on AS text), status, '' FROM members_membership "
        "WHERE person_id = %s AND status <> %s"
    )
    return Part(sql.format(part=SEASON), (member, Membership.Status.ASKED))


def trials(member: int) -> Part:
    """Owner: the reservation, 0 for a visit. What a person did, or has booked, before being a member."""
    sql = (
        "SELECT {part}, id, id, CAST(starts_at AS text), NULL, '', '' FROM booking_reservation "
        "WHERE member_id = %s AND trial AND state IN ({live}) "
        "UNION ALL SELECT {part}, 0, id, CAST(came_at AS text), NULL, '', '' FROM place_visit "
        "WHERE person_id = %s AND trial"
    )
    return Part(sql.format(part=TRIAL, live=_LIVE), (member, *LIVE, member))


def no_shows(member: int, since: datetime) -> Part:
    """When a person had booked, after a moment, and did not come; what is excused is forgotten."""
    sql = (
        "SELECT {part}, 0, id, CAST(starts_at AS text), NULL, '', '' FROM booking_reservation "
        "WHERE member_id = %s AND ends_at > %s AND state = %s AND NOT excused"
    )
    return Part(sql.format(part=NO_SHOW), (member, _stored(since), State.NO_SHOW))


def papers(member: int) -> Part:
    """Owner: the guardian, 0 for the person. Words: signed, refused or withdrawn. Slug: by whom. Machines only."""
    sql = (
        "SELECT {part}, COALESCE(guardian_id, 0), id, CAST(signed_on AS text), CAST(expires_on AS text), act, "
        "signatory FROM members_consententry WHERE person_id = %s AND purpose = %s"
    )
    return Part(sql.format(part=PAPER), (member, Purpose.MACHINES))


def waivers(member: int) -> Part:
    """Owner: the category for which a person does without a habilitation that day, midnight."""
    sql = (
        "SELECT {part}, category_id, id, CAST(day AS text), NULL, '', '' FROM machines_qualificationwaiver "
        "WHERE member_id = %s"
    )
    return Part(sql.format(part=WAIVER), (member,))


def duties(window: Span, grown_up_since: date) -> Part:
    """Owner: who is on duty; somebody known to be born after a day is too young to answer for the lab."""
    sql = (
        "SELECT {part}, d.person_id, d.id, CAST(d.starts_at AS text), CAST(d.ends_at AS text), '', '' "
        "FROM place_dutyshift d JOIN members_user u ON u.id = d.person_id "
        "WHERE d.starts_at < %s AND d.ends_at > %s AND d.cancelled_at IS NULL "
        "AND u.is_active AND u.anonymised_at IS NULL AND (u.birth_date IS NULL OR u.birth_date <= %s)"
    )
    return Part(sql.format(part=DUTY), (*_bounds(window), grown_up_since.isoformat()))


def duty_levels(window: Span) -> Part:
    """Owner: the category. Key: the level. Words: why it was withdrawn. Slug: whose it is, as a number."""
    sql = (
        "SELECT {part}, category_id, level, CAST(granted_on AS text), CAST(expires_on AS text), withdrawn_reason, "
        "CAST(member_id AS text) FROM machines_qualification WHERE member_id IN (SELECT person_id FROM "
        "place_dutyshift WHERE starts_at < %s AND ends_at > %s AND cancelled_at IS NULL)"
    )
    return Part(sql.format(part=DUTY_LEVEL), _bounds(window))


def read(parts: Iterable[Part]) -> dict[int, list[Row]]:
    """Run the parts as one statement; return the rows of each, in order of time."""
    asked = list(parts)
    found: dict[int, list[Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(part.sql for part in asked), [one for part in asked for one in part.values])
        for part, owner, pk, start, end, words, slug in cursor:
            found[part].append(Row(owner, pk, _moment(start), _moment(end) if end else None, words, slug))
    for rows in found.values():
        rows.sort(key=lambda row: (row.start, row.slug, row.pk))
    return found


def _bounds(window: Span) -> tuple[Any, Any]:
    return _stored(window.end), _stored(window.start)


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _placeholders(values: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(values)) or "NULL"


def _moment(text: str) -> datetime:
    """Both databases write UTC; SQLite says nothing of it."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
