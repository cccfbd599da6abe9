"""Rules about the person: membership, agreements, age, habilitation, who watches over them."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from booking.facts import Facts, Wish
from booking.problems import Problem
from booking.rules.steps import ask_desk, other_times, papers, workshops
from machines.models import Supervision
from members.models import Purpose
from members.standing import Holds, is_under, standing
from place.clock import covering, day_text, local, merged


def suspended(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """Too many absences without a word lately; each counts for the machine's number of days."""
    machine, person = facts.machine, facts.person
    if person is None or not machine.no_shows_allowed:
        return None
    since = now - timedelta(days=machine.no_show_days)
    counted = sorted(moment for moment in person.no_shows if moment > since)
    if len(counted) < machine.no_shows_allowed:
        return None
    until = local(counted[-machine.no_shows_allowed]).date() + timedelta(days=machine.no_show_days)
    message = ngettext(
        "%(count)s time you had booked and did not come. You can book again from %(day)s, or talk to the desk.",
        "%(count)s times you had booked and did not come. You can book again from %(day)s, or talk to the desk.",
        len(counted),
    ) % {"count": len(counted), "day": day_text(until)}
    return Problem("suspended", message, {"no_shows": len(counted), "until": until}, ask_desk())


def membership_expired(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    """A member on that day, or one of the first visits before becoming one."""
    if facts.person is None or not is_trial(wish, facts):
        return None
    most, days = facts.machine.trial_visits, _trial_days(wish, facts)
    if len(days) <= most:
        return None
    detail = {"trial_visits": most, "ended_on": _last_day_of_membership(facts)}
    return Problem("membership_expired", _membership_message(facts, most), detail, ask_desk())


def is_trial(wish: Wish, facts: Facts) -> bool:
    """Tell whether the person would come before (or after) being a member; a partner's group comes by agreement."""
    if wish.terms is not None:
        return False
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
    return Problem("consent_missing", message, {"purpose": Purpose.MACHINES, "state": stands.holds}, papers())


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
        return Problem("too_young", message, detail, ask_desk())
    if age < machine.min_age:
        message = _("This machine is for people of %(age)s and over.") % {"age": machine.min_age}
        return Problem("too_young", message, detail, workshops())
    if age < machine.min_age_alone and not wish.accompanied:
        message = _("Before %(age)s, this machine is used with somebody from the team.") % {
            "age": machine.min_age_alone
        }
        return Problem("too_young", message, detail, ask_desk())
    return None


def qualification_missing(wish: Wish, facts: Facts, now: datetime) -> Problem | None:
    required, person = facts.machine.level_required, facts.person
    if required == 0 or wish.accompanied or person is None:
        return None
    day = local(wish.span.start).date()
    if day in person.waived_days or (person.qualification and person.qualification.holds(required, day)):
        return None
    detail = {"level_required": required, "level": person.qualification.level if person.qualification else None}
    return Problem("qualification_missing", _permit_message(facts, day), detail, workshops())


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
        return _too_many_minors(wish, facts, day)
    message = _("Nobody of the team who may watch over this machine is on duty at that time.")
    return Problem("supervision_missing", message, {"supervisor_level": level}, other_times(facts))


def _too_many_minors(wish: Wish, facts: Facts, day: date) -> Problem | None:
    """At no moment more people under 18 than the adults on duty may watch over; who comes counts."""
    most, person = facts.machine.minors_per_adult, facts.person
    if not most or person is None or not is_under(settings.MAJORITY_AGE, person.birth_date, day):
        return None
    near = (booked for booked in facts.minors if booked.span.meets(wish.span))
    others = [booked.span for booked in near if booked.reservation_id != wish.ignore]
    moments = [wish.span.start, *(span.start for span in others if span.start > wish.span.start)]
    moments += [duty.span.end for duty in facts.duties if wish.span.start < duty.span.end < wish.span.end]
    duties = [duty.span for duty in facts.duties]
    if all(covering(others, moment) < most * covering(duties, moment) for moment in moments):
        return None
    message = _("At that time there are already as many young people as the adults on duty can watch over.")
    return Problem("supervision_missing", message, {"minors_per_adult": most}, other_times(facts))


def _needs_watching(facts: Facts, day: date) -> bool:
    if facts.machine.supervision == Supervision.ALWAYS:
        return True
    return facts.person is not None and is_under(settings.MAJORITY_AGE, facts.person.birth_date, day)
