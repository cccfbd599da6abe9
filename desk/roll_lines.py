"""The roll of a session: everybody on one screen, with what whoever calls it must know."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.http import Http404

from desk import rules
from members.models import Guardian, PickUpPerson, Purpose, User
from members.queries import standings_of
from members.standing import Standing, is_under, must_be_fetched
from place.clock import local
from place.models import AgeBand, Visit
from workshops.models import Attendance, Registration, Workshop, WorkshopSession
from workshops.queries import with_counts
from workshops.roll_rules import Watch

Leaving, Role, State = Visit.Leaving, Attendance.Role, Attendance.State
REGISTERED, HELPERS, WALK_INS, WAITING = "registered", "helpers", "walk-ins", "waiting"
MINORS = {AgeBand.UNDER_12, AgeBand.FROM_12, AgeBand.FROM_15, AgeBand.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of leaving that the rule lets pass, one tap away."""

    leaving: str
    with_whom: str = ""

    @property
    def label(self) -> str:
        return self.with_whom or str(Leaving(self.leaving).label)


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the roll; `minors` and `grown` are what they count for when they are there."""

    person: User
    group: str
    role: str
    registration: Registration | None
    attendance: Attendance | None
    age: int | None
    minors: int
    grown: int
    missing: list[Purpose]
    fetched: bool
    ways: list[Way]

    @property
    def state(self) -> str:
        return self.attendance.state if self.attendance else ""

    @property
    def version(self) -> int:
        return self.attendance.version if self.attendance else 0

    @property
    def is_there(self) -> bool:
        return self.state == State.PRESENT

    @property
    def is_gone(self) -> bool:
        return self.attendance is not None and self.attendance.left_at is not None

    @property
    def is_expected(self) -> bool:
        """Tell whether somebody is there or may still come."""
        return not self.is_gone and (self.is_there or (not self.state and self.group in {REGISTERED, HELPERS}))


@dataclass(frozen=True, slots=True)
class Roll:
    session: WorkshopSession
    lines: list[Line]
    counts: list[Attendance]

    def of(self, group: str) -> list[Line]:
        return [line for line in self.lines if line.group == group]

    @property
    def registered(self) -> list[Line]:
        return self.of(REGISTERED)

    @property
    def helpers(self) -> list[Line]:
        return self.of(HELPERS)

    @property
    def walk_ins(self) -> list[Line]:
        return self.of(WALK_INS)

    @property
    def waiting(self) -> list[Line]:
        return self.of(WAITING)

    @property
    def present(self) -> list[Line]:
        return [line for line in self.lines if line.is_there]

    @property
    def uncalled(self) -> list[User]:
        return [line.person for line in self.registered if not line.state]

    @property
    def young_counted(self) -> int:
        return sum(row.people for row in self.counts if row.age_band in MINORS)

    @property
    def now(self) -> Watch:
        """Return who is there to be looked after, and by how many."""
        return self._watch(line for line in self.lines if line.is_there and not line.is_gone)

    @property
    def expected(self) -> Watch:
        return self._watch(line for line in self.lines if line.is_expected)

    def line(self, person: int) -> Line | None:
        return next((line for line in self.lines if line.person.pk == person), None)

    def _watch(self, lines: Iterable[Line]) -> Watch:
        found = list(lines)
        minors = sum(line.minors for line in found) + self.young_counted
        return Watch(minors, sum(line.grown for line in found), self.session.workshop.minors_per_adult)


@dataclass(slots=True)
class _Facts:
    """What is known of the people of a roll, read once for all of them."""

    session: WorkshopSession
    day: date
    registrations: dict[int, Registration]
    attendances: dict[int, Attendance]
    helpers: dict[int, str]
    stand: dict[int, dict[Purpose, Standing]] = field(default_factory=dict)
    guardians: dict[int, list[Guardian]] = field(default_factory=dict)
    pick_ups: dict[int, list[PickUpPerson]] = field(default_factory=dict)


def roll_of(pk: int, added: Sequence[int] = ()) -> Roll:
    """Return the roll of a session, with people `added` by their ids: a fixed number of queries. Raises Http404."""
    session = with_counts(WorkshopSession.objects.all()).select_related("facilitator").filter(pk=pk).first()
    if session is None:
        raise Http404
    noted = list(Attendance.objects.filter(session=session).select_related("member").order_by("pk"))
    rows = Registration.objects.filter(session=session).exclude(status=Registration.Status.CANCELLED)
    asked = list(rows.select_related("member").order_by("member__first_name", "member__last_name", "pk"))
    mentors = list(session.mentors.order_by("first_name", "last_name"))
    people: dict[int, User] = {row.member_id: row.member for row in asked}
    people |= {one.pk: one for one in ([session.facilitator] if session.facilitator else []) + mentors}
    people |= {row.member_id: row.member for row in noted if row.member and row.member_id not in people}
    if added:
        people |= {one.pk: one for one in User.objects.filter(pk__in=set(added) - set(people), is_active=True)}
    helpers = {one.pk: Role.MENTOR.value for one in mentors}
    if session.facilitator_id:
        helpers[session.facilitator_id] = Role.FACILITATOR.value
    facts = _Facts(
        session,
        local(session.starts_at).date(),
        {row.member_id: row for row in asked},
        {row.member_id: row for row in noted if row.member_id},
        helpers,
    )
    _add_papers(facts, list(people.values()))
    return Roll(
        session, [_line(person, facts) for person in people.values()], [row for row in noted if row.member_id is None]
    )


def _add_papers(facts: _Facts, people: Sequence[User]) -> None:
    """Read agreements and who may fetch: four queries however many people."""
    facts.stand = standings_of(people, facts.day, {*facts.session.workshop.needs, Purpose.HOME_ALONE})
    households = {one.household_id for one in people if one.household_id}
    facts.guardians, facts.pick_ups = defaultdict(list), defaultdict(list)
    for guardian in Guardian.objects.filter(household__in=households).order_by("household", "position"):
        facts.guardians[guardian.household_id].append(guardian)
    for pick_up in PickUpPerson.objects.filter(household__in=households).order_by("pk"):
        facts.pick_ups[pick_up.household_id].append(pick_up)


def _line(person: User, facts: _Facts) -> Line:
    registration, attendance = facts.registrations.get(person.pk), facts.attendances.get(person.pk)
    role = attendance.role if attendance else facts.helpers.get(person.pk, Role.PARTICIPANT.value)
    young = is_under(settings.MAJORITY_AGE, person.birth_date, facts.day)
    stand = facts.stand[person.pk]
    needs = facts.session.workshop.needs if young and role == Role.PARTICIPANT else []
    return Line(
        person=person,
        group=_group(role, registration),
        role=role,
        registration=registration,
        attendance=attendance,
        age=person.age_on(facts.day),
        minors=young + _young_beside(registration, attendance, facts.session.workshop),
        grown=int(not young and role != Role.PARTICIPANT),
        missing=[purpose for purpose in needs if not stand[purpose].allows],
        fetched=must_be_fetched(person.birth_date, facts.day, stand[Purpose.HOME_ALONE]),
        ways=_ways(person, facts, stand[Purpose.HOME_ALONE]),
    )


def _group(role: str, registration: Registration | None) -> str:
    if role != Role.PARTICIPANT:
        return HELPERS
    if registration is None:
        return WALK_INS
    return WAITING if registration.status == Registration.Status.WAITLISTED else REGISTERED


def _young_beside(registration: Registration | None, attendance: Attendance | None, workshop: Workshop) -> int:
    """Return how many come with somebody: the grown-up of a duo is none, the ages of a group are not known."""
    if workshop.kind == Workshop.Kind.DUO:
        return 0
    people = attendance.people if attendance else registration.seats if registration else 1
    return people - 1


def _ways(person: User, facts: _Facts, home_alone: Standing) -> list[Way]:
    """Return how somebody may leave (desk.rules), who must be fetched with whom."""
    household = person.household_id or 0
    wishes = [Way(Leaving.FREELY), Way(Leaving.HOME_ALONE)]
    wishes += [Way(Leaving.GUARDIAN, str(one)) for one in facts.guardians[household]]
    wishes += [Way(Leaving.FETCHED, str(one)) for one in facts.pick_ups[household]]
    found = [
        way
        for way in wishes
        if not rules.problems(rules.Departure(way.leaving, person.birth_date, facts.day, home_alone, way.with_whom))
    ]
    return found[:1] if found and found[0].leaving == Leaving.FREELY else found
