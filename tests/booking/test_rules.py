from datetime import date, timedelta

import pytest

from booking import rules
from booking.facts import HeldQualification, Opening, Trial, Wish
from booking.rules import RULES, WAIVABLE, needs_confirmation, problems
from place.clock import Span
from tests.booking.facts import NOW, booked, facts, halt, machine, person, taken, wish
from tests.factories.booking import span, wall

TRIED = (Trial(0, date(2026, 10, 1)), Trial(0, date(2026, 10, 8)))
ABSENT = (wall(14, date(2026, 11, 1)), wall(14, date(2026, 11, 8)), wall(14, date(2026, 11, 15)))
PROMISED_ORDER = [
    "past",
    "bad_granularity",
    "too_short",
    "too_long",
    "too_early",
    "too_late",
    "closed",
    "machine_down",
    "suspended",
    "membership_expired",
    "consent_missing",
    "too_young",
    "qualification_missing",
    "supervision_missing",
    "material_refused",
    "overlap",
    "member_overlap",
    "quota_reached",
]

# A wish of one day cannot be too long and too short, in the past and too far ahead or too late.
ELSEWHERE = {"too_long", "too_early", "too_late"}


def codes(a_wish: Wish, some_facts=None, now=NOW) -> list[str]:
    return [problem.code for problem in problems(a_wish, some_facts or facts(), now)]


def only(a_wish: Wish, some_facts=None, now=NOW):
    (problem,) = problems(a_wish, some_facts or facts(), now)
    return problem


def test_a_good_wish_has_no_problem() -> None:
    assert codes(wish(14, 16)) == []


def test_rules_stand_in_the_promised_order() -> None:
    assert [rule.__name__ for rule in RULES] == [*PROMISED_ORDER, "group_refused"]  # which says `not_allowed`


def test_all_problems_come_back_together_in_order() -> None:
    broken = facts(
        outages=(halt(8, 20, "buse"),),
        taken=(taken(8, 9),),
        person=person(
            date(2018, 1, 1),
            None,
            (booked(8, 9.5), booked(20, 21, pk=51)),
            seasons=(),
            papers=(),
            trials=TRIED,
            no_shows=ABSENT,
        ),
        duties=(),
    )
    asked = Wish(Span(wall(8) + timedelta(minutes=7), wall(8) + timedelta(minutes=20)), material="PVC")
    expected = [code for code in PROMISED_ORDER if code not in ELSEWHERE]
    assert codes(asked, broken) == expected


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (wish(14, 14.5), "too_short"),
        (wish(14, 17.5), "too_long"),
        (wish(14.25, 15.25), "bad_granularity"),
        (wish(14, 15.25), "bad_granularity"),
        (wish(13, 15), "closed"),
        (wish(17, 18.5), "closed"),
    ],
)
def test_each_rule_alone(asked: Wish, code: str) -> None:
    assert codes(asked) == [code]


def test_seconds_are_off_the_grid() -> None:
    shifted = Span(wall(14) + timedelta(seconds=1), wall(15) + timedelta(seconds=1))
    assert codes(Wish(shifted)) == ["bad_granularity"]


@pytest.mark.parametrize(("start", "end"), [(15, 15), (16, 14)])
def test_an_empty_or_backward_wish_is_too_short(start: float, end: float) -> None:
    assert codes(wish(start, end)) == ["too_short"]


def test_a_wish_that_starts_now_is_not_past() -> None:
    assert codes(wish(14, 15), now=wall(14)) == []
    assert codes(wish(14, 15), now=wall(14) + timedelta(microseconds=1)) == ["past"]


def test_durations_at_the_limits_pass() -> None:
    assert codes(wish(14, 15)) == []
    assert codes(wish(14, 17)) == []


# --- closed ---


def test_openings_that_touch_are_one() -> None:
    open_twice = facts(openings=(Opening(span(14, 15), "open_lab"), Opening(span(15, 18), "open_lab")))
    assert codes(wish(14, 16), open_twice) == []


def test_only_the_kinds_the_machine_accepts_count() -> None:
    during_workshop = facts(openings=(Opening(span(14, 18), "workshop"),))
    assert codes(wish(14, 16), during_workshop) == ["closed"]
    welcoming = facts(openings=(Opening(span(14, 18), "workshop"),), machine=machine(accepts_workshop=True))
    assert codes(wish(14, 16), welcoming) == []


def test_nobody_books_staff_only_hours() -> None:
    open_to_all = machine(accepts_workshop=True, accepts_partner=True)
    assert codes(wish(14, 16), facts(openings=(Opening(span(14, 18), "staff_only"),), machine=open_to_all)) == [
        "closed"
    ]


def test_a_closure_is_named() -> None:
    problem = only(wish(14, 16), facts(closures=(halt(15.5, 20),)))
    assert (problem.code, problem.detail) == ("closed", {"reason": "inventaire"})
    assert problem.message == "The lab is closed then: inventaire." or "inventaire" in problem.message


def test_a_wish_may_touch_a_closure() -> None:
    assert codes(wish(14, 16), facts(closures=(halt(16, 18),))) == []


# --- machine_down ---


def test_an_outage_stops_what_it_meets_and_nothing_else() -> None:
    broken = facts(outages=(halt(15, 16, "buse"),))
    assert codes(wish(14, 15), broken) == []
    assert codes(wish(16, 17), broken) == []
    assert only(wish(15, 16), broken).code == "machine_down"


def test_a_machine_out_of_service_is_down() -> None:
    assert codes(wish(14, 16), facts(machine=machine(in_service=False))) == ["machine_down"]


# --- age ---


def test_age_is_the_age_on_the_day_of_the_slot() -> None:
    twelve_that_day = facts(person=person(date(2014, 11, 25)))
    assert codes(wish(14, 16), twelve_that_day) == []
    twelve_the_day_after = facts(person=person(date(2014, 11, 26)))
    assert codes(wish(14, 16), twelve_the_day_after) == ["too_young"]


def test_between_the_two_ages_one_needs_company() -> None:
    eleven = facts(person=person(date(2015, 1, 1)))
    assert codes(wish(14, 16), eleven) == ["too_young"]
    assert codes(wish(14, 16, accompanied=True), eleven) == []


def test_company_does_not_help_below_the_minimum() -> None:
    nine = facts(person=person(date(2017, 1, 1)))
    assert codes(wish(14, 16, accompanied=True), nine) == ["too_young"]


def test_an_unknown_birth_date_is_asked_for() -> None:
    problem = only(wish(14, 16), facts(person=person(None)))
    assert (problem.code, problem.next_step.url) == ("too_young", "/contact/")


def test_somebody_born_on_29_february_ages_on_the_first_of_march() -> None:
    leap = person(date(2012, 2, 29))
    assert leap.age_on(date(2024, 2, 28)) == 11
    assert leap.age_on(date(2025, 2, 28)) == 12
    assert leap.age_on(date(2025, 3, 1)) == 13


def test_nobody_in_particular_has_no_personal_problem() -> None:
    assert codes(wish(14, 16), facts(person=None)) == []


# --- qualification ---


@pytest.mark.parametrize(
    ("held", "refused"),
    [
        (None, True),
        (HeldQualification(0, None, withdrawn=False), True),
        (HeldQualification(1, None, withdrawn=False), False),
        (HeldQualification(3, None, withdrawn=False), False),
        (HeldQualification(1, date(2026, 11, 24), withdrawn=False), True),
        (HeldQualification(1, date(2026, 11, 25), withdrawn=False), False),
        (HeldQualification(3, None, withdrawn=True), True),
    ],
)
def test_the_level_is_needed_on_the_day(held: HeldQualification | None, refused: bool) -> None:
    expected = ["qualification_missing"] if refused else []
    assert codes(wish(14, 16), facts(person=person(qualification=held))) == expected


def test_company_replaces_the_level() -> None:
    assert codes(wish(14, 16, accompanied=True), facts(person=person(qualification=None))) == []


def test_a_machine_without_level_asks_none() -> None:
    assert codes(wish(14, 16), facts(machine=machine(level_required=0), person=person(qualification=None))) == []


def test_the_reason_is_said_missing_expired_or_suspended() -> None:
    def message(held: HeldQualification | None) -> str:
        return only(wish(14, 16), facts(person=person(qualification=held))).message

    texts = {
        message(None),
        message(HeldQualification(1, date(2026, 11, 24), withdrawn=False)),
        message(HeldQualification(1, None, withdrawn=True)),
    }
    assert len(texts) == 3
    assert all("Impression 3D" in text for text in texts)


def test_what_needs_company_waits_for_the_team() -> None:
    eleven = facts(person=person(date(2015, 1, 1)))
    assert needs_confirmation(wish(14, 16, accompanied=True), eleven, NOW)
    assert not needs_confirmation(wish(14, 16, accompanied=True), facts(), NOW)
    assert not needs_confirmation(wish(14, 16), facts(), NOW)


# --- overlap, with half-open edges and buffers ---


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [(14, 15, False), (15, 16, True), (14, 15.5, True), (15.5, 17, True), (14, 17, True), (16, 17, False)],
)
def test_half_open_edges(start: float, end: float, refused: bool) -> None:
    assert codes(wish(start, end), facts(taken=(taken(15, 16),))) == (["overlap"] if refused else [])


def test_buffers_of_the_wish_count_too() -> None:
    buffered = machine(buffer_before_minutes=30, buffer_after_minutes=30)
    busy = facts(machine=buffered, taken=(taken(15, 16),))
    assert codes(wish(16, 17), busy) == ["overlap"]
    assert codes(wish(16.5, 17.5), busy) == []


def test_the_busy_time_is_told_merged() -> None:
    problem = only(wish(14, 17), facts(taken=(taken(14, 15), taken(15, 16, pk=61))))
    assert problem.detail == {"busy": [[wall(14), wall(16)]]}


def test_a_booking_being_moved_does_not_stand_in_its_own_way() -> None:
    mine = facts(taken=(taken(15, 16, pk=9),), person=person(booked=(booked(15, 16, pk=9),)))
    assert codes(wish(15, 17, ignore=9), mine) == []
    assert codes(wish(15, 17), mine) == ["overlap", "member_overlap"]


def test_nobody_is_at_two_machines_at_once() -> None:
    elsewhere = facts(person=person(booked=(booked(15, 16, category=8),)))
    assert codes(wish(15, 16), elsewhere) == ["member_overlap"]
    assert codes(wish(14, 15), elsewhere) == []


# --- quotas ---


def test_bookings_ahead_are_counted_per_category() -> None:
    two = (booked(8, 9, date(2026, 12, 2), pk=51), booked(8, 9, date(2026, 12, 3), pk=52))
    assert only(wish(14, 15), facts(person=person(booked=two))).detail == {"max_upcoming": 2}
    other = tuple(booked(8, 9, date(2026, 12, day), category=8, pk=50 + day) for day in (2, 3))
    assert codes(wish(14, 15), facts(person=person(booked=other))) == []


def test_a_booking_that_ended_is_not_ahead() -> None:
    done = booked(8, 9, pk=51)
    ahead = booked(8, 9, date(2026, 12, 3), pk=52)
    assert codes(wish(14, 15), facts(person=person(booked=(done, ahead)))) == []


def test_hours_are_counted_in_the_local_iso_week_of_the_slot() -> None:
    monday, sunday = date(2026, 11, 23), date(2026, 11, 29)
    roomy = machine(max_upcoming=9)
    this_week = (booked(0, 2, monday, pk=51), booked(23, 24, sunday, pk=52))
    problem = only(wish(14, 15.5), facts(machine=roomy, person=person(booked=this_week)))
    assert problem.detail == {"weekly_quota_minutes": 240, "used_minutes": 180}
    other_weeks = (booked(22, 24, date(2026, 11, 22), pk=51), booked(0, 2, date(2026, 11, 30), pk=52))
    assert codes(wish(14, 17), facts(machine=roomy, person=person(booked=other_weeks))) == []


def test_the_quota_may_be_used_up_exactly() -> None:
    roomy = machine(max_upcoming=9)
    assert codes(wish(14, 16), facts(machine=roomy, person=person(booked=(booked(8, 10),)))) == []


# --- nights of the change of clocks ---


def test_spring_night_hours_are_real_hours() -> None:
    spring = date(2027, 3, 28)
    night = facts(openings=(Opening(span(0, 8, spring), "open_lab"),), machine=machine(max_minutes=180))
    assert codes(Wish(Span(wall(1, spring), wall(4, spring))), night) == []  # two real hours
    assert codes(Wish(Span(wall(0, spring), wall(5, spring))), night) == ["too_long"]  # four


def test_autumn_night_hours_are_real_hours() -> None:
    autumn = date(2027, 10, 31)
    night = facts(openings=(Opening(span(0, 8, autumn), "open_lab"),), machine=machine(max_minutes=180))
    assert codes(Wish(Span(wall(1, autumn), wall(3, autumn))), night) == []  # three real hours
    assert codes(Wish(Span(wall(1, autumn), wall(4, autumn))), night) == ["too_long"]  # four


def test_the_grid_follows_the_wall_clock_in_the_repeated_hour() -> None:
    autumn = date(2027, 10, 31)
    night = facts(openings=(Opening(span(0, 8, autumn), "open_lab"),))
    second_half_past_two = wall(2.5, autumn) + timedelta(hours=1)
    assert codes(Wish(Span(second_half_past_two, second_half_past_two + timedelta(hours=1))), night) == []


# --- what staff may set aside ---


def test_what_can_never_be_set_aside() -> None:
    assert set(PROMISED_ORDER) - WAIVABLE.keys() == {"past", "machine_down", "material_refused", "overlap"}


def test_only_the_director_s_right_sets_the_age_aside() -> None:
    assert {code for code, right in WAIVABLE.items() if right == "booking.waive_age_rules"} == {
        "consent_missing",
        "too_young",
        "supervision_missing",
    }


def test_each_refusal_says_what_to_do_next() -> None:
    refused = [
        problems(wish(14, 14.5), facts(), NOW),
        problems(wish(14, 16), facts(outages=(halt(14, 15),)), NOW),
        problems(wish(14, 16), facts(person=person(date(2019, 1, 1), None)), NOW),
        problems(wish(14, 16), facts(taken=(taken(14, 15),), person=person(booked=(booked(14, 15),))), NOW),
    ]
    assert all(problem.next_step and problem.next_step.url for found in refused for problem in found)


@pytest.mark.parametrize(
    ("minutes", "text"), [(45, "45\u00a0min"), (60, "1\u00a0h"), (90, "1\u00a0h\u00a030"), (0, "0\u00a0min")]
)
def test_durations_read_well(minutes: int, text: str) -> None:
    assert rules.duration_text(minutes) == text
