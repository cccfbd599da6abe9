"""The log of presence at machines in the back office: delays, who said it, and when nobody did."""

from datetime import timedelta

import pytest
from django.utils import timezone

from machines.models import Machine, Outcome, PresenceCheck
from machines.services.presence import confirm_presence
from machines.services.usage import close_usage
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory
from tests.factories.presence import overdue

pytestmark = pytest.mark.django_db
LIST = "/gestion/presences/"


def laser(name: str = "Découpe laser") -> Machine:
    return MachineFactory(name=name, presence_minutes=2)


def confirmed(machine: Machine, key: str = "1") -> PresenceCheck:
    check = overdue(machine, key=key, member=AdultFactory(first_name="Inès", last_name="Belcastel"))
    return confirm_presence(actor=check.session.member, check=check, now=check.asked_at + timedelta(seconds=245))


def shown(client, **wanted) -> str:
    return client.get(LIST, wanted).content.decode()


def test_the_delay_stays_with_who_said_it_and_how(client, boss) -> None:
    confirmed(laser())
    html = shown(client)
    assert [word in html for word in ("Découpe laser", "4 min 05 s", "Inès", "en ligne")] == [True] * 4


def test_what_nobody_confirmed_is_marked(client, boss) -> None:
    overdue(laser("Une"), key="1")
    missed, short = overdue(laser("Deux"), key="2"), overdue(laser("Trois"), key="3")
    for check, ended_at in ((missed, timezone.now()), (short, short.asked_at + timedelta(seconds=30))):
        close_usage(check.session, ended_at=ended_at, outcome=Outcome.COMPLETED)
    html = shown(client)
    marks = ("personne encore, et c’est trop long", "personne n’a confirmé", "finie avant")
    assert [mark in html for mark in marks] == [True] * 3


def test_one_machine_and_only_what_nobody_confirmed(client, boss) -> None:
    late = overdue(laser("Une"), key="1")
    confirmed(laser("Deux"), key="2")
    rows = {"one": shown(client, machine=late.session.machine_id), "open": shown(client, unconfirmed="on")}
    assert ["4 min 05 s" in rows["one"], "4 min 05 s" in rows["open"]] == [False, False]
    assert all("trop long" in html for html in rows.values())


def test_a_round_that_is_not_asked_yet_is_not_listed(client, boss) -> None:
    confirmed(MachineFactory(name="Canari", presence_minutes=2, presence_again_minutes=60))
    assert PresenceCheck.objects.count() == 2
    assert shown(client).count("Canari") == 2  # in the filter and in one row


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_the_same_queries_for_one_and_many(client, boss, count, django_assert_num_queries) -> None:
    for number in range(count):
        confirmed(MachineFactory(presence_minutes=2), key=str(number))
    client.get(LIST)
    with django_assert_num_queries(12):
        client.get(LIST)
