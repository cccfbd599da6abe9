"""A card shown at a box: committed, answered, kept without the card; and switches told only what is safe to tell."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection

from iot_bridge.messages import Message
from iot_bridge.models import Device, MachineMessage
from iot_bridge.services import Ingest
from machines.models import Machine, PowerOrder, StartRequest, UsageSession
from members.cards import qr_token
from members.models import AccessCard
from tests.factories.booking import ReservationFactory, open_lab, wall
from tests.factories.iot_bridge import BoxFactory
from tests.factories.members import CardFactory, MemberFactory

pytestmark = pytest.mark.django_db
NOW = wall(15).timestamp()


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The lab's clock, which a test may move."""
    moments = [NOW]
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.fromtimestamp(moments[0], UTC))
    open_lab(14, 18)
    return moments


@pytest.fixture
def box() -> Device:
    return BoxFactory(machine__slug="box", machine__switchable=True, machine__idle_off_minutes=10)


@pytest.fixture
def card() -> AccessCard:
    return CardFactory(user=MemberFactory(first_name="Ines", last_name="Secret"))


def say(leaf: str, at: float = NOW, slug: str = "box", received: float | None = None, late=None, **about) -> Message:
    payload = {"at": datetime.fromtimestamp(at, UTC).isoformat(), "boot": "b1", "seq": 1, **about}
    topic, arrived = f"fablab/v1/{slug}/{leaf}", at if received is None else received
    return Message(topic, json.dumps(payload).encode(), arrived, late_since=late)


def badge(card: AccessCard, **about) -> Message:
    return say("badge", badge=qr_token(card.nonce), **about)


def answers(ingest: Ingest, *messages: Message) -> list[dict]:
    ingest.ingest(messages)
    return [json.loads(one.payload) for one in ingest.take_answers()]


class Wire:
    """What would have gone out; `broken` takes nothing."""

    def __init__(self, *, broken: bool = False) -> None:
        self.sent: list[tuple[str, str]] = []
        self.broken = broken

    def __call__(self, message) -> bool:
        if not self.broken:
            self.sent.append((message.topic, message.payload))
        return not self.broken


ON = [("fablab/v1/box/set", '{"power": "on"}')]
OFF = [("fablab/v1/box/set", '{"power": "off"}')]


def test_yes_says_until_when_the_first_name_and_the_number_of_the_question(box, card) -> None:
    ingest = Ingest()
    assert answers(ingest, badge(card, seq=7)) == [
        {"granted": True, "codes": [], "request_seq": 7, "until": "2026-11-25T18:00:00+01:00", "member": "Ines"}
    ]
    assert ingest.take_answers() == []


def test_answer_goes_to_the_machine_that_was_asked_for_and_is_judged_for_it(box, card) -> None:
    BoxFactory(machine__slug="other", machine__in_service=False)
    ingest = Ingest()
    ingest.ingest([badge(card), badge(card, slug="other")])
    found = {one.topic: json.loads(one.payload)["granted"] for one in ingest.take_answers()}
    assert found == {"fablab/v1/box/access": True, "fablab/v1/other/access": False}


def test_refusal_carries_codes_and_nothing_about_anybody(box, card) -> None:
    ReservationFactory(machine=box.machine, starts_at=wall(15), member=MemberFactory(first_name="Zoé"))
    assert answers(Ingest(), badge(card)) == [{"granted": False, "codes": ["overlap"], "request_seq": 1}]
    stranger = say("badge", badge="unknown", seq=2)
    assert answers(Ingest(), stranger) == [{"granted": False, "codes": ["not_allowed"], "request_seq": 2}]


@pytest.mark.parametrize("when", [{"at": NOW - 31}, {"at": NOW + 301}, {"at": NOW + 31, "late": NOW - 60}])
def test_question_that_waited_or_has_no_believable_time_is_refused_as_past(box, card, when) -> None:
    assert answers(Ingest(), badge(card, **{"received": NOW, **when}))[0]["codes"] == ["past"]
    assert not PowerOrder.objects.exists()


def test_question_asked_just_before_the_bridge_came_back_is_answered(box, card) -> None:
    assert answers(Ingest(), badge(card, late=NOW - 60))[0]["granted"]


def test_stored_question_is_none(box, card) -> None:
    assert answers(Ingest(), badge(card)._replace(retain=True)) == []
    assert not StartRequest.objects.exists()


def test_asked_again_after_a_crash_before_the_answer_was_sent_is_answered_alike(box, card) -> None:
    """The bridge that committed is gone with what it wanted to say; the box asks again."""
    (lost,) = answers(Ingest(), badge(card))
    assert answers(Ingest(), badge(card, received=NOW + 5)) == [lost]
    assert StartRequest.objects.count() == 1


def test_batch_that_is_not_committed_says_nothing(box, card, monkeypatch) -> None:
    def out_of_reach(*_args, **_kwargs) -> None:
        raise OperationalError("the disk is gone")

    ingest = Ingest()
    monkeypatch.setattr(ingest.store, "flush", out_of_reach)
    with pytest.raises(OperationalError):
        ingest.ingest([badge(card)])
    assert ingest.take_answers() == []
    assert not StartRequest.objects.exists()


def test_poison_beside_a_question_costs_it_nothing(box, card, monkeypatch) -> None:
    monkeypatch.setattr("machines.services.usage.open_usage", lambda *_args, **_about: 1 / 0)
    poison = say("job", event="started", job="1", seq=2)
    assert [one["granted"] for one in answers(Ingest(), poison, badge(card))] == [True]
    assert StartRequest.objects.count() == 1


def test_card_is_never_kept_as_it_was_read(box, card) -> None:
    Ingest().ingest([badge(card), say("job", event="started", job="1", seq=2, badge=qr_token(card.nonce))])
    broken = badge(card)
    Ingest().ingest([broken._replace(payload=broken.payload[:-1]), broken._replace(payload=broken.payload[:60])])
    kept = b"".join(bytes(payload) for payload in MachineMessage.objects.values_list("payload", flat=True))
    assert MachineMessage.objects.count() == 4
    assert kept.count(b'"badge": "***') >= 3
    assert qr_token(card.nonce)[:10].encode() not in kept
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM iot_bridge_device")
        assert qr_token(card.nonce) not in str(cursor.fetchall())


def test_job_with_a_card_is_its_persons_use_and_without_right_it_is_kept_all_the_same(box, card) -> None:
    ReservationFactory(machine=box.machine, starts_at=wall(15), member=MemberFactory())
    ingest = Ingest()
    assert not answers(ingest, badge(card))[0]["granted"]
    ingest.ingest([say("job", event="started", job="1", seq=2, badge=qr_token(card.nonce))])
    use = UsageSession.objects.get()
    assert (use.member, use.attribution) == (card.user, "badge")


def test_job_with_an_unknown_card_is_kept_and_nobodys(box) -> None:
    Ingest().ingest([say("job", event="started", job="1", badge="unknown")])
    assert UsageSession.objects.get().attribution == "none"


# --- switches ---


def granted(ingest: Ingest, card: AccessCard) -> Wire:
    """A box that is online and was just switched on."""
    ingest.ingest([Message("fablab/v1/box/status", b"online", NOW), badge(card)])
    wire = Wire()
    ingest.send_orders(wire, quiet=False)
    return wire


def test_switch_is_told_on_once_and_again_when_the_wire_was_broken(box, card) -> None:
    ingest, broken = Ingest(), Wire(broken=True)
    ingest.ingest([badge(card)])
    ingest.send_orders(broken, quiet=False)
    wire = Wire()
    Ingest().send_orders(wire, quiet=False)
    Ingest().send_orders(wire, quiet=True)
    assert wire.sent == ON


def test_on_is_not_sent_long_after(box, card, clock) -> None:
    Ingest().ingest([badge(card)])
    clock[0] = NOW + 31
    wire = Wire()
    Ingest().send_orders(wire, quiet=True)
    assert (wire.sent, PowerOrder.objects.get().fate) == ([], "dropped")


def off_after_closing(ingest: Ingest, clock, *, quiet: bool = True) -> list[tuple[str, str]]:
    clock[0] = wall(19).timestamp()
    ingest._orders._idle_at = -100.0
    wire = Wire()
    ingest.send_orders(wire, quiet=quiet)
    return wire.sent


def test_idle_box_is_switched_off_after_closing_once(box, card, clock) -> None:
    ingest = Ingest()
    assert granted(ingest, card).sent == ON
    assert off_after_closing(ingest, clock) == OFF
    assert off_after_closing(ingest, clock) == []


def test_nothing_is_switched_off_while_messages_wait_to_be_taken(box, card, clock) -> None:
    ingest = Ingest()
    granted(ingest, card)
    assert off_after_closing(ingest, clock, quiet=False) == []


def test_job_of_the_same_batch_keeps_it_on(box, card, clock) -> None:
    ingest = Ingest()
    granted(ingest, card)
    at = wall(18.9).timestamp()
    ingest.ingest([say("job", at=at, event="started", job="1", seq=2)])
    assert off_after_closing(ingest, clock) == []


@pytest.mark.parametrize("lie", [{"measured_state": "idle"}, {"measured_state": "idle", "switchable": True}])
def test_rows_that_lie_do_not_switch_off_what_the_bridge_knows_to_run(box, card, clock, lie) -> None:
    """Somebody wrote over the rows: the use looks ended and the machine idle, but the box's job is open."""
    ingest = Ingest()
    granted(ingest, card)
    ingest.ingest([say("job", at=wall(17).timestamp(), event="started", job="1", seq=2)])
    UsageSession.objects.update(ended_at=wall(17.1), outcome="unknown")
    Machine.objects.update(**lie)
    assert off_after_closing(ingest, clock) == []


def test_memory_that_is_stale_does_not_switch_off_what_the_rows_know_to_run(box, card, clock) -> None:
    stale = Ingest()
    granted(stale, card)
    Ingest().ingest([say("job", at=wall(18.9).timestamp(), event="started", job="1", seq=2)])
    Machine.objects.update(measured_state="idle", measured_since=wall(15))
    assert off_after_closing(stale, clock) == []


def test_box_that_is_gone_is_not_switched_off(box, card, clock) -> None:
    ingest = Ingest()
    granted(ingest, card)
    ingest.ingest([Message("fablab/v1/box/status", b"offline", NOW + 60)])
    Machine.objects.update(measured_state="idle")
    assert off_after_closing(ingest, clock) == []


def test_order_off_that_could_not_be_sent_is_judged_again(box, card, clock) -> None:
    ingest, broken = Ingest(), Wire(broken=True)
    granted(ingest, card)
    clock[0] = wall(19).timestamp()
    ingest._orders._idle_at = -100.0
    ingest.send_orders(broken, quiet=True)
    ingest.ingest([say("job", at=clock[0], event="started", job="1", seq=2)])
    wire = Wire()
    ingest.send_orders(wire, quiet=True)
    assert (wire.sent, PowerOrder.objects.order_by("pk").last().fate) == ([], "dropped")


def test_bridge_without_a_switch_reads_nothing_for_orders(card, django_assert_num_queries) -> None:
    ingest = Ingest()
    with django_assert_num_queries(0):
        ingest.send_orders(Wire(), quiet=True)


def test_given_time_counts_from_the_moment_of_asking(box, card) -> None:
    answers(Ingest(), badge(card))
    assert StartRequest.objects.get().asked_at - wall(15) == timedelta(0)
