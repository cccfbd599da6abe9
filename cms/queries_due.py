"""Whose data have had their time (domain.md §2.12; the delays are settings that the director validates)."""

from datetime import date

from django.conf import settings
from django.db.models import Max, Q

from machines.rules import months_after
from members.models import ConsentEntry, Membership, User
from place.clock import local

ENDED_AT_ONCE = (Membership.Status.RESIGNED, Membership.Status.EXCLUDED)


def people_due(day: date) -> list[User]:
    """Return the people to be forgotten on a day: nobody of the team, nobody whose family still comes."""
    people = User.objects.filter(is_superuser=False, is_staff=False, anonymised_at=None)
    people = (
        people.exclude(memberships__in=Membership.objects.filter(status=Membership.Status.ASKED, ends_on__gte=day))
        .exclude(groups__permissions__isnull=False)
        .distinct()
        .annotate(
            last_visit=Max("visits__came_at"),
            last_booking=Max("reservations__ends_at"),
            last_seat=Max("registrations__session__ends_at"),
        )
    )
    kept_until = {person.pk: _kept_until(person, seasons) for person, seasons in _with_seasons(list(people))}
    due = {person.pk: person for person in people if kept_until[person.pk] < day}
    return [person for person in due.values() if not _answers_for_somebody(person, due)]


def _with_seasons(people: list[User]) -> list[tuple[User, list[Membership]]]:
    seasons: dict[int, list[Membership]] = {person.pk: [] for person in people}
    for row in Membership.objects.filter(person__in=people).exclude(status=Membership.Status.ASKED):
        seasons[row.person_id].append(row)
    return [(person, seasons[person.pk]) for person in people]


def _kept_until(person: User, seasons: list[Membership]) -> date:
    """Return the last day on which a person's data may be kept."""
    delays = settings.RETENTION
    came = [local(at).date() for at in (person.last_visit, person.last_booking, person.last_seat) if at]  # type: ignore[attr-defined]
    if seasons:
        last = max(seasons, key=lambda row: row.ends_on)
        at_once = last.status in ENDED_AT_ONCE
        grace = 0 if at_once else delays["membership_grace_months"]
        end = max([months_after(grace, last.ends_on), *([] if at_once else came)])
    else:
        came.append(local(person.date_joined).date())
        end = months_after(delays["never_joined_months"], max(came))
    return max(end, _papers_until(person)) if delays["consent_months"] else end


def _papers_until(person: User) -> date:
    """Return until when the proof of agreements is kept, where the lab's insurer asks for longer."""
    last = ConsentEntry.objects.filter(person=person).aggregate(last=Max("signed_on"))["last"]
    return months_after(settings.RETENTION["consent_months"], last) if last else date.min


def _answers_for_somebody(person: User, due: dict[int, User]) -> bool:
    """Tell whether somebody is the guardian of a child who stays."""
    children = User.objects.filter(Q(household__guardians__account=person), anonymised_at=None)
    return children.exclude(pk__in=[person.pk, *due]).exists()
