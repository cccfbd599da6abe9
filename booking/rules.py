"""The rules of booking: pure, each says one thing, all are asked (domain.md §2.10, order of contract.md §4)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from booking.facts import Booked, Facts, Wish, blocked_span
from booking.problems import NextStep, Problem
from machines.models import Supervision
from members.models import Purpose
from members.standing import Holds, is_under, standing
from place.clock import hour_text, local, merged, period_text

WAIVABLE = {
    "bad_granularity": "booking.waive_rules",
    "too_short": "booking.waive_rules",
    "too_long": "booking.waive_rules",
    "closed": "booking.waive_rules",
    "membership_expired": "booking.waive_rules",
    "consent_missing": "booking.waive_age_rules",
    "too_young": "booking.waive_age_rules",
    "qualification_missing": "booking.waive_rules",
    "supervision_missing": "booking.waive_age_rules",
    "member_overlap": "booking.waive_rules",
    "quota_reached": "booking.waive_rules",
}
# No other time helps against these: they are about the person.
PERSONAL = frozenset({"membership_expired", "consent_missing", "too_young", "qualification_missing", "not_allowed"})


Rule = Callable[[Wish, Facts, datetime], Problem | None]


def past(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    if wish.span.start >= now:
        return None
    message = _("This time is over: %(period)s.") % {"period": period_text(wish.span.start, wish.span.end)}
    return Problem("past", message, {"starts_at": wish.span.start}, _other_times(facts))


def bad_granularity(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    step = facts.machine.step_minutes
    start = local(wish.span.start)
    off_grid = (start.hour * 60 + start.minute) % step or start.second or start.microsecond
    if not off_grid and wish.span.minutes % step == 0:
        return None
    message = _("Times go by steps of %(step)s minutes.") % {"step": step}
    return Problem("bad_granularity", message, {"step_minutes": step}, _other_times(facts))


def too_short(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    shortest = facts.machine.min_minutes
    if wish.span.minutes >= shortest:
        return None
    message = _("On this machine a booking lasts at least %(duration)s.") % {"duration": duration_text(shortest)}
    return Problem("too_short", message, {"min_minutes": shortest}, _other_times(facts))


def too_long(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    longest = facts.machine.max_minutes
    if wish.span.minutes <= longest:
        return None
    message = _("On this machine a booking lasts at most %(duration)s.") % {"duration": duration_text(longest)}
    return Problem("too_long", message, {"max_minutes": longest}, _other_times(facts))


def closed(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    if any(opening.covers(wish.span) for opening in facts.accepted_openings()):
        return None
    for closure in facts.closures:
        if closure.span.meets(wish.span):
            message = _("The lab is closed then: %(reason)s.") % {"reason": closure.reason}
            return Problem("closed", message, {"reason": closure.reason}, _other_times(facts))
    return Problem("closed", _closed_message(wish, facts), {}, _other_times(facts))


def _closed_message(wish: Wish, facts: Facts) -> str:
    touching = [opening for opening in facts.accepted_openings() if opening.meets(wish.span)]
    if not touching:
        return _("The lab is not open for this machine at that time.")
    return _("That day the machine can be used from %(start)s to %(end)s.") % {
        "start": hour_text(touching[0].start),
        "end": hour_text(touching[-1].end),
    }


def machine_down(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    machine = facts.machine
    if not machine.in_service:
        return Problem("machine_down", _("This machine is no longer in use."), {}, _other_machines())
    for outage in facts.outages:
        if outage.span.meets(wish.span):
            message = _("%(machine)s is out of order: %(reason)s.") % {"machine": machine, "reason": outage.reason}
            return Problem("machine_down", message, {"reason": outage.reason}, _other_machines())
    return None


def membership_expired(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """A member on that day, or one of the first visits before becoming one."""
    if facts.person is None or not is_trial(wish, facts):
        return None
    most, days = facts.machine.trial_visits, _trial_days(wish, facts)
    if len(days) <= most:
        return None
    detail = {"trial_visits": most, "ended_on": _last_day_of_membership(facts)}
    return Problem("membership_expired", _membership_message(facts, most), detail, _ask_desk())


def is_trial(wish: Wish, facts: Facts) -> bool:
    """Tell whether the person would come before (or after) being a member."""
    return facts.person is not None and not facts.person.is_member_on(local(wish.span.start).date())


def _trial_days(wish: Wish, facts: Facts) -> set[date]:
    assert facts.person is not None
    days = {trial.day for trial in facts.person.trials if not wish.ignore or trial.reservation_id != wish.ignore}
    return days | {local(wish.span.start).date()}


def _last_day_of_membership(facts: Facts) -> date | None:
    assert facts.person is not None
    return max((season.last for season in facts.person.seasons), default=None)


def _membership_message(facts: Facts, most: int) -> str:
    last = _last_day_of_membership(facts)
    if last is not None:
        return _("Your membership ends on %(date)s: renew it at the desk.") % {"date": date_format(last, "j F Y")}
    if most == 0:
        return _("This machine is for members: join at the desk.")
    return ngettext(
        "You can come %(count)s time before joining. To go on, become a member at the desk.",
        "You can come %(count)s times before joining. To go on, become a member at the desk.",
        most,
    ) % {"count": most}


def consent_missing(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Before 18, on the day of use, a parent has agreed; an unknown age is told by `too_young`."""
    person = facts.person
    if person is None or person.birth_date is None:
        return None
    stands = standing(Purpose.MACHINES, person.papers, person.birth_date, local(wish.span.start).date())
    if stands.allows:
        return None
    message = str(CONSENT_WORDS[stands.holds])
    return Problem("consent_missing", message, {"purpose": Purpose.MACHINES, "state": stands.holds}, _papers())


CONSENT_WORDS = {
    Holds.UNASKED: gettext_lazy(
        "Before 18, a parent must first agree that you use the machines. The paper is at the desk."
    ),
    Holds.INCOMPLETE: gettext_lazy(
        "Before 18, a parent must first agree that you use the machines. The paper is at the desk."
    ),
    Holds.EXPIRED: gettext_lazy(
        "Your parent’s agreement for the machines will have ended by then: it is signed again each year."
    ),
    Holds.REFUSED: gettext_lazy(
        "Your parent did not agree that you use the machines. Talk about it together, or with the desk."
    ),
    Holds.WITHDRAWN: gettext_lazy(
        "Your parent has withdrawn the agreement for the machines. Talk together, or with the desk."
    ),
}


def too_young(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    if facts.person is None:
        return None
    machine, age = facts.machine, facts.person.age_on(local(wish.span.start).date())
    detail = {"min_age": machine.min_age, "min_age_alone": machine.min_age_alone}
    if age is None:
        message = _("We do not know your birth date: tell the desk.")
        return Problem("too_young", message, detail, _ask_desk())
    if age < machine.min_age:
        message = _("This machine is for people of %(age)s and over.") % {"age": machine.min_age}
        return Problem("too_young", message, detail, _workshops())
    if age < machine.min_age_alone and not wish.accompanied:
        message = _("Before %(age)s, this machine is used with somebody from the team.") % {
            "age": machine.min_age_alone
        }
        return Problem("too_young", message, detail, _ask_desk())
    return None


def qualification_missing(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    required, person = facts.machine.level_required, facts.person
    if required == 0 or wish.accompanied or person is None:
        return None
    day = local(wish.span.start).date()
    if day in person.waived_days or (person.qualification and person.qualification.holds(required, day)):
        return None
    detail = {"level_required": required, "level": person.qualification.level if person.qualification else None}
    return Problem("qualification_missing", _permit_message(facts, day), detail, _workshops())


def _permit_message(facts: Facts, day: date) -> str:
    assert facts.person is not None
    held, names = (
        facts.person.qualification,
        {"level": facts.machine.level_required, "category": facts.machine.category},
    )
    if held and held.expired(day) and held.expires_on:
        expiry = date_format(held.expires_on, "j F Y")
        return _("Your machine permit for “%(category)s” ended on %(date)s.") % {**names, "date": expiry}
    if held and held.withdrawn:
        return _("Your machine permit for “%(category)s” is suspended: talk to the team.") % names
    return _("You need the level %(level)s machine permit for “%(category)s”.") % names


def supervision_missing(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Somebody grown-up of the team, with the level the machine asks for, is on duty the whole time."""
    machine, day = facts.machine, local(wish.span.start).date()
    if machine.supervision == Supervision.NONE or not _needs_watching(facts, day):
        return None
    level = machine.supervisor_level
    watched = merged([duty.span for duty in facts.duties if duty.holds(machine.category_id, level, day)])
    if any(span.covers(wish.span) for span in watched):
        return None
    message = _("Nobody of the team who may watch over this machine is on duty at that time.")
    return Problem("supervision_missing", message, {"supervisor_level": level}, _other_times(facts))


def _needs_watching(facts: Facts, day: date) -> bool:
    if facts.machine.supervision == Supervision.ALWAYS:
        return True
    return facts.person is not None and is_under(settings.MAJORITY_AGE, facts.person.birth_date, day)


def overlap(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    wanted = blocked_span(facts.machine, wish.span)
    clashes = [taken for taken in facts.taken if taken.reservation_id != wish.ignore and taken.span.meets(wanted)]
    if not clashes:
        return None
    busy = merged([clash.span for clash in clashes])
    message = _("Already taken from %(start)s to %(end)s.") % {
        "start": hour_text(busy[0].start),
        "end": hour_text(busy[-1].end),
    }
    return Problem("overlap", message, {"busy": [[span.start, span.end] for span in busy]}, _other_times(facts))


def member_overlap(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    for booked in _booked(wish, facts):
        if booked.span.meets(wish.span):
            message = _("You already have %(machine)s at that time (%(period)s).") % {
                "machine": booked.machine_name,
                "period": period_text(booked.span.start, booked.span.end),
            }
            return Problem("member_overlap", message, {"reservation": booked.reservation_id}, _my_bookings())
    return None


def quota_reached(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Hours in the week and bookings ahead, over all machines of the category."""
    same = [booked for booked in _booked(wish, facts) if booked.category_id == facts.machine.category_id]
    return _too_many_ahead(same, facts, now) or _too_many_hours(same, wish, facts)


def _too_many_ahead(same: list[Booked], facts: Facts, now: datetime) -> Problem | None:
    limit = facts.machine.max_upcoming
    if sum(booked.span.end > now for booked in same) < limit:
        return None
    message = ngettext(
        "You already have %(count)s booking ahead on these machines; it is the most you can hold.",
        "You already have %(count)s bookings ahead on these machines; it is the most you can hold.",
        limit,
    ) % {"count": limit}
    return Problem("quota_reached", message, {"max_upcoming": limit}, _my_bookings())


def _too_many_hours(same: list[Booked], wish: Wish, facts: Facts) -> Problem | None:
    limit = facts.machine.weekly_quota_minutes
    week = local(wish.span.start).isocalendar()[:2]
    used = sum(booked.span.minutes for booked in same if local(booked.span.start).isocalendar()[:2] == week)
    if used + wish.span.minutes <= limit:
        return None
    message = _("In that week you have %(left)s left on these machines (of %(limit)s).") % {
        "left": duration_text(max(0, int(limit - used))),
        "limit": duration_text(limit),
    }
    detail = {"weekly_quota_minutes": limit, "used_minutes": int(used)}
    return Problem("quota_reached", message, detail, _my_bookings())


RULES: tuple[Rule, ...] = (
    past,
    bad_granularity,
    too_short,
    too_long,
    closed,
    machine_down,
    membership_expired,
    consent_missing,
    too_young,
    qualification_missing,
    supervision_missing,
    overlap,
    member_overlap,
    quota_reached,
)
OF_A_STRETCH = tuple(rule for rule in RULES if rule not in {bad_granularity, too_short, too_long, quota_reached})


def problems(wish: Wish, facts: Facts, now: datetime, rules: Iterable[Rule] = RULES) -> list[Problem]:
    """Ask every rule; return all refusals, in order."""
    found = (rule(wish, facts, now) for rule in rules)
    return [problem for problem in found if problem is not None]


def not_allowed_anonymous(next_url: str = "") -> Problem:
    """The problem of somebody who has not signed in."""
    url = reverse("account_login") + (f"?next={next_url}" if next_url else "")
    return Problem("not_allowed", _("Sign in to book."), {}, NextStep(_("Sign in"), url))


def not_allowed(message: str) -> Problem:
    return Problem("not_allowed", message, {}, _ask_desk())


def needs_confirmation(wish: Wish, facts: Facts, now: datetime) -> bool:
    """Tell whether the wish passes only because somebody of the team will be beside the person."""
    alone = Wish(wish.span, accompanied=False, ignore=wish.ignore)
    return wish.accompanied and bool(problems(alone, facts, now, (too_young, qualification_missing)))


def duration_text(minutes: int) -> str:
    """Return `45 min`, `1 h` or `1 h 30`."""
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return f"{rest}\u00a0min"
    return f"{hours}\u00a0h" + (f"\u00a0{rest:02}" if rest else "")


def _booked(wish: Wish, facts: Facts) -> list[Booked]:
    if facts.person is None:
        return []
    return [booked for booked in facts.person.booked if booked.reservation_id != wish.ignore]


def _other_times(facts: Facts) -> NextStep:
    return NextStep(_("See the free times"), reverse("booking:slots", kwargs={"slug": facts.machine.slug}))


def _other_machines() -> NextStep:
    return NextStep(_("See the other machines"), "/machines/")


def _my_bookings() -> NextStep:
    return NextStep(_("See my bookings"), reverse("booking:mine"))


def _workshops() -> NextStep:
    return NextStep(_("See the next workshops and trainings"), reverse("workshops:agenda"))


def _papers() -> NextStep:
    return NextStep(_("See my papers"), reverse("desk:papers"))


def _ask_desk() -> NextStep:
    return NextStep(_("Ask the desk"), "/contact/")
