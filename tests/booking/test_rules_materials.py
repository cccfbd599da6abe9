"""What is brought, how many young people, and what a household shares; without a database."""

from datetime import date

from booking.facts import Booked, Duty, Material
from booking.rules import needs_confirmation, problems
from machines.models import Declared, Supervision
from tests.booking.facts import NOW, facts, machine, person, wish
from tests.factories.booking import span

LIST = (Material("Contreplaqué", "yes"), Material("MDF", "ask"), Material("PVC", "no", "Gaz toxiques."))
ADULT = date(1990, 1, 1)


def laser(**fields):
    declared = fields.pop("declared", Declared.ARRIVAL)
    return facts(machine=machine(material_declared=declared, **fields), materials=LIST)


def codes(a_wish, some_facts) -> list[str]:
    return [problem.code for problem in problems(a_wish, some_facts, NOW)]


def test_what_is_allowed_passes_whatever_its_letters() -> None:
    assert codes(wish(14, 16, material="contreplaqué"), laser()) == []


def test_what_is_forbidden_is_refused_with_the_reason_of_the_list() -> None:
    (problem,) = problems(wish(14, 16, material="PVC"), laser(), NOW)
    assert problem.code == "material_refused"
    assert "Gaz toxiques." in problem.message
    assert problem.detail["allowed"] == ["Contreplaqué", "MDF"]


def test_what_is_on_no_list_is_refused() -> None:
    assert codes(wish(14, 16, material="Uranium"), laser()) == ["material_refused"]


def test_what_must_be_asked_waits_for_the_team() -> None:
    assert codes(wish(14, 16, material="MDF"), laser()) == []
    assert needs_confirmation(wish(14, 16, material="MDF"), laser(), NOW)
    assert not needs_confirmation(wish(14, 16, material="Contreplaqué"), laser(), NOW)


def test_a_material_is_asked_for_when_booking_only_where_the_machine_says_so() -> None:
    filled = wish(14, 16, declared=True)
    assert codes(filled, laser()) == []
    assert codes(filled, laser(declared=Declared.BOOKING)) == ["material_refused"]
    assert codes(wish(14, 16), laser(declared=Declared.BOOKING)) == [], "looking at the times asks for nothing"


# --- young people for one adult ---


def watched(*, minors: int, most: int = 2, adults: int = 1, birth_date: date = date(2013, 5, 17), hours=(14, 16)):
    others = tuple(Booked(90 + number, "x", 7, span(*hours)) for number in range(minors))
    duties = tuple(Duty(span(8, 20)) for _ in range(adults))
    park = machine(supervision=Supervision.YOUNG, minors_per_adult=most)
    return facts(machine=park, person=person(birth_date), duties=duties, minors=others)


def test_as_many_young_people_as_the_adults_may_watch_over() -> None:
    assert codes(wish(14, 16), watched(minors=1)) == []
    (problem,) = problems(wish(14, 16), watched(minors=2), NOW)
    assert (problem.code, problem.detail) == ("supervision_missing", {"minors_per_adult": 2})
    assert codes(wish(14, 16), watched(minors=2, adults=2)) == []


def test_the_fullest_moment_decides() -> None:
    assert codes(wish(14, 16), watched(minors=2, hours=(15.5, 17))) == ["supervision_missing"]
    assert codes(wish(14, 16), watched(minors=2, hours=(16, 17))) == []


def test_an_adult_who_leaves_in_between_watches_over_nobody_afterwards() -> None:
    some = watched(minors=2)
    leaving = facts(
        machine=some.machine, person=some.person, minors=some.minors, duties=(Duty(span(8, 20)), Duty(span(8, 15)))
    )
    assert codes(wish(14, 16), leaving) == ["supervision_missing"]


def test_grown_ups_are_not_counted_and_the_count_can_be_switched_off() -> None:
    assert codes(wish(14, 16), watched(minors=5, birth_date=ADULT)) == []
    assert codes(wish(14, 16), watched(minors=5, most=0)) == []


# --- a household's week ---


def family(limit: int, *, mine: float = 0, others: float = 0, category: int = 7):
    def held(key: int, hours: float) -> tuple[Booked, ...]:
        return (Booked(key, "x", category, span(9, 9 + hours)),) if hours else ()

    who = person(ADULT, booked=held(8, mine), household=held(9, others))
    return facts(machine=machine(household_weekly_minutes=limit, weekly_quota_minutes=9999), person=who)


def test_a_household_shares_a_weeks_time_on_these_machines() -> None:
    assert codes(wish(14, 16), family(240, mine=1, others=1)) == []
    (problem,) = problems(wish(14, 16), family(239, mine=1, others=1), NOW)
    assert problem.code == "quota_reached"
    assert problem.detail == {"household_weekly_minutes": 239, "used_minutes": 120}
    assert codes(wish(14, 16), family(120, others=3, category=8)) == []
    assert codes(wish(14, 16), family(0, others=5)) == []
