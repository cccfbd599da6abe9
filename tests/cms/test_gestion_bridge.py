"""The bridge in the back office: whether it listens, and the messages it could not use."""

from datetime import timedelta

import pytest
from django.utils import timezone

from iot_bridge.models import BridgeLock, BridgeReport
from tests.factories.iot_bridge import DeviceFactory, PlugFactory, RejectedFactory

pytestmark = pytest.mark.django_db
BRIDGE, LIST = "/gestion/passerelle/", "/gestion/passerelle/messages/"


def text(response) -> str:
    return response.content.decode()


def runs(ago: timedelta = timedelta(), *, connected: bool = True) -> None:
    now = timezone.now()
    BridgeLock.objects.create(partition=0, holder="x", beat_at=now - ago)
    figures = dict.fromkeys(("received", "committed", "late", "repeated", "unknown", "reconnects"), 4711)
    about = {"connected": connected, "backlog": False, "lag_seconds": 0.5, "rejected": {"not JSON": 3, "<b>": 9}}
    BridgeReport.objects.create(partition=0, started_at=now, written_at=now, **figures, **about)


def test_a_bridge_that_listens_shows_its_figures(client, boss):
    runs()
    html = text(client.get(BRIDGE))
    assert "La passerelle écoute" in html
    assert "4711" in html.replace("\u202f", "").replace("\xa0", "")
    assert html.index("&lt;b&gt;") < html.index("not JSON")


@pytest.mark.parametrize(("ago", "connected", "words"), [(0, False, "ne joint pas"), (61, True, "ne tourne pas")])
def test_what_is_wrong_is_said_first(client, boss, ago, connected, words):
    runs(timedelta(seconds=ago), connected=connected)
    assert words in text(client.get(BRIDGE))


def test_of_several_bridges_each_has_its_figures_and_the_one_that_misses_is_named(client, boss):
    runs()
    now = timezone.now()
    BridgeLock.objects.update(partitions=3)
    BridgeLock.objects.create(partition=1, partitions=3, holder="y", beat_at=now)
    figures = dict.fromkeys(("received", "committed", "late", "repeated", "unknown", "reconnects"), 815)
    about = {"connected": True, "backlog": False, "lag_seconds": 0.5, "started_at": now, "written_at": now}
    BridgeReport.objects.create(partition=1, **figures, **about)
    html = text(client.get(BRIDGE))
    assert "la partition 2 sur 3 n’a jamais été lancée" in html
    assert "815" in html
    assert "4711" in html.replace("\u202f", "").replace("\xa0", "")


def test_a_bridge_that_never_ran_is_no_error(client, boss):
    assert "ne tourne pas" in text(client.get(BRIDGE))


def test_the_list_shows_one_device_or_one_reason(client, boss):
    plug = PlugFactory()
    RejectedFactory(device=plug, topic="canari", reason="not UTF-8")
    RejectedFactory(device=plug, topic="rossignol", reason="not JSON")
    RejectedFactory(device=DeviceFactory(), topic="mesange", reason="not UTF-8")
    html = text(client.get(LIST, {"device": plug.pk, "reason": "utf"}))
    assert [name in html for name in ("canari", "rossignol", "mesange")] == [True, False, False]


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_the_same_queries_and_reads_no_payload(client, boss, count, django_assert_num_queries):
    plug = PlugFactory()
    RejectedFactory.create_batch(count, device=plug)
    client.get(LIST)
    with django_assert_num_queries(12) as asked:
        client.get(LIST)
    assert not [query for query in asked.captured_queries if '"payload"' in query["sql"]]


def test_a_long_list_goes_on_with_the_older_ones(client, boss):
    for number in range(60):
        RejectedFactory(device=None, topic=f"bruit-{number}.")
    first = client.get(LIST)
    second = client.get(LIST + first.context["next_url"])
    assert [text(one).count("bruit-") for one in (first, second)] == [50, 10]


def test_a_payload_is_text_or_hex_and_never_acts(client, boss):
    plug = PlugFactory()
    page = client.get(f"{LIST}{RejectedFactory(device=plug, payload=b'<script>alert(1)</script>').pk}/")
    assert "&lt;script&gt;alert(1)" in text(page)
    assert "<script>alert(1)" not in text(page)
    page = client.get(f"{LIST}{RejectedFactory(device=plug, payload=bytes([255, 0, 16])).pk}/")
    assert "ff 00 10" in text(page)


def test_the_page_says_whether_the_adapter_of_today_understands_it(client, boss):
    plug = PlugFactory()
    good = RejectedFactory(device=plug, payload=b'{"ENERGY": {"Power": 5}}')
    bad = RejectedFactory(device=plug, payload=b"\xff")
    gone = RejectedFactory(device=None)
    told = [text(client.get(f"{LIST}{row.pk}/")) for row in (good, bad, gone)]
    assert ["le comprendrait" in html for html in told] == [True, False, False]
    assert ["non plus : not UTF-8" in html for html in told] == [False, True, False]


def test_a_message_that_was_used_has_no_page(client, boss):
    row = RejectedFactory(device=None, status="applied")
    assert client.get(f"{LIST}{row.pk}/").status_code == 404
