"""Who asked to start which machine, in the back office: the answer, why not, and what the switch was told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cms.gestion.starts import REASONS
from machines.models import Machine, PowerOrder, StartChannel, StartRequest
from machines.start_rules import ORDER
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory

pytestmark = pytest.mark.django_db
LIST = "/gestion/demarrages/"


def asked(machine: Machine, *codes: str, **about) -> StartRequest:
    now = timezone.now()
    known = {"channel": StartChannel.BADGE, "granted": not codes, "codes": list(codes)}
    known |= {"until": None if codes else now + timedelta(hours=1), "asked_at": now}
    return StartRequest.objects.create(machine=machine, **known | about)


def shown(client, **wanted) -> str:
    return client.get(LIST, wanted).content.decode()


def test_every_code_has_its_words() -> None:
    assert set(REASONS) == set(ORDER)


def test_a_yes_shows_whom_and_until_when_and_that_the_switch_was_told(client, boss) -> None:
    until = timezone.now() + timedelta(days=400)
    person = AdultFactory(first_name="Inès", last_name="Belcastel")
    request = asked(MachineFactory(name="Fraiseuse"), member=person, channel=StartChannel.PAGE, until=until)
    PowerOrder.objects.create(machine=request.machine, on=True, request=request, fate=PowerOrder.Fate.SENT)
    html = shown(client)
    words = ("Fraiseuse", "Inès Belcastel", "page de la machine", "oui, jusqu’à", "envoyé")
    assert [word in html for word in words] == [True] * len(words)


def test_a_no_shows_every_reason_and_an_unknown_card_has_no_name(client, boss) -> None:
    asked(MachineFactory(), "closed", "qualification_missing", member=AdultFactory(first_name="Noé"))
    asked(MachineFactory(), "not_allowed")
    html = shown(client)
    assert "non : le lab est fermé, habilitation manquante" in html
    assert "non : carte inconnue ou retirée" in html
    assert html.count("Noé") == 1


def test_one_machine_or_only_what_was_refused(client, boss) -> None:
    one = asked(MachineFactory(), member=AdultFactory(first_name="Canari"))
    asked(MachineFactory(), "closed", member=AdultFactory(first_name="Rossignol"))
    seen = [shown(client, machine=one.machine_id), shown(client, refused="on")]
    assert [["Canari" in html, "Rossignol" in html] for html in seen] == [[True, False], [False, True]]


def test_it_is_read_only(client, boss) -> None:
    asked(MachineFactory())
    assert "actions" not in client.get(LIST).context["table"].columns
    assert client.post(LIST).status_code == 405


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_the_same_queries_for_one_and_many(client, boss, count, django_assert_num_queries) -> None:
    for _number in range(count):
        request = asked(MachineFactory(), member=AdultFactory())
        PowerOrder.objects.create(machine=request.machine, on=True, request=request)
    client.get(LIST)
    with django_assert_num_queries(13):
        client.get(LIST)
