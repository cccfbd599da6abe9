"""A hundred open pages: one piece of work, and nothing sent twice."""

import threading
import time

import pytest
from django.test import Client

from machines.models import Measured, UsageSession
from machines.services import usage
from place.shared import Shared
from tests.factories.booking import open_lab, wall
from tests.factories.machines import OutageFactory, PrinterFactory

MACHINE = "/direct/machines/{slug}/"


def test_many_who_ask_at_once_wait_for_one_answer(settings) -> None:
    settings.LIVE_SHARED_SECONDS = 5
    shared, made = Shared(), []

    def make() -> int:
        time.sleep(0.05)
        made.append(1)
        return len(made)

    threads = [threading.Thread(target=shared.get, args=("key", make)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), shared.get("key", make), shared.get("other", make)) == (1, 1, 2)


def test_an_old_answer_is_made_again(settings) -> None:
    settings.LIVE_SHARED_SECONDS = 0.01
    shared = Shared()
    shared.get("key", lambda: "old")
    time.sleep(0.02)
    assert shared.get("key", lambda: "new") == "new"


@pytest.mark.django_db
class TestMachineNow:
    @pytest.fixture
    def machine(self, monkeypatch):
        monkeypatch.setattr("django.utils.timezone.now", lambda: wall(14))
        open_lab()
        return PrinterFactory(slug="imprimante-1", measured_state=Measured.IDLE, last_contact_at=wall(14))

    def test_it_says_what_the_machine_is_at_and_is_not_sent_twice(self, client: Client, machine) -> None:
        first = client.get(MACHINE.format(slug=machine.slug))
        again = client.get(MACHINE.format(slug=machine.slug), headers={"if-none-match": first["ETag"]})
        assert ("libre" in first.content.decode(), again.status_code, again.content) == (True, 304, b"")
        usage.set_measured(machine, Measured.IN_USE, wall(13.5))
        changed = client.get(MACHINE.format(slug=machine.slug), headers={"if-none-match": first["ETag"]})
        assert (changed.status_code, "imprime" in changed.content.decode()) == (200, True)

    def test_progress_the_likely_end_and_a_silence_are_said(self, client: Client, machine) -> None:
        usage.set_measured(machine, Measured.IN_USE, wall(13))
        usage.set_progress(machine, 50)
        usage.note_contact(machine, wall(13 + 56 / 60))
        UsageSession.objects.create(
            machine=machine, source="s", natural_key="k", started_at=wall(13), last_evidence_at=wall(13)
        )
        shown = client.get(MACHINE.format(slug=machine.slug)).content.decode()
        words = ("50 %", "14\u00a0h\u00a055", "dernier contact il y a 4 min")
        assert [word in shown for word in words] == [True] * 3

    def test_an_end_that_should_have_come_is_not_promised(self, client: Client, machine) -> None:
        usage.set_measured(machine, Measured.IN_USE, wall(12))
        usage.set_progress(machine, 50)
        usage.note_contact(machine, wall(12.5))
        times = {"started_at": wall(12), "last_evidence_at": wall(12.5)}
        UsageSession.objects.create(machine=machine, source="s", natural_key="k", **times)
        shown = client.get(MACHINE.format(slug=machine.slug)).content.decode()
        assert ("50 %" in shown, "fin vers" in shown, "dernier contact" in shown) == (True, False, True)

    def test_a_machine_out_of_order_says_since_when_and_why(self, client: Client, machine) -> None:
        OutageFactory(machine=machine, starts_at=wall(10), ends_at=None, reason="Courroie <cassée>")
        shown = client.get(MACHINE.format(slug=machine.slug)).content.decode()
        assert "depuis mer. 25 nov. · Courroie &lt;cassée&gt;" in shown.replace("\u00a0", " ")

    def test_a_machine_that_is_not_there_or_no_longer_in_service_is_not_found(self, client: Client, machine) -> None:
        PrinterFactory(slug="old", in_service=False)
        assert [client.get(MACHINE.format(slug=slug)).status_code for slug in ("nowhere", "old")] == [404, 404]

    def test_it_costs_the_same_for_a_large_park(self, client: Client, machine, django_assert_num_queries) -> None:
        client.get(MACHINE.format(slug=machine.slug))
        with django_assert_num_queries(3):
            client.get(MACHINE.format(slug=machine.slug))
        for _number in range(20):
            PrinterFactory()
        with django_assert_num_queries(3):
            client.get(MACHINE.format(slug=machine.slug))

    def test_the_park_names_machines_and_states_and_nobody(self, client: Client, machine) -> None:
        with_one = client.get("/direct/machines/").content.decode()
        assert (machine.name in with_one, "libre" in with_one) == (True, True)
