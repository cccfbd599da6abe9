"""The API as a whole: its description, its readable page, and that no input breaks it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import api_answers as answers
from booking.models import Reservation
from fablab.api import api
from machines.services.usage import open_usage
from tests.factories.booking import ReservationFactory
from tests.factories.members import AdminFactory, MemberFactory, bearer
from tests.factories.workshops import SessionFactory
from workshops.api import SessionPage

SCHEMA = json.loads(json.dumps(api.get_openapi_schema()))
OPERATIONS = sorted((path, method) for path, methods in SCHEMA["paths"].items() for method in methods)
NASTY_TEXTS = ["", "\x00", "%", "../", "' OR 1=1 --", "\U0001f389", "x" * 300, "null", "-1", "9" * 30, "2026-11-25"]
NASTY_MOMENTS = ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2027-03-28T02:30:00+01:00", "2026-11-25", "T"]


def test_the_description_names_every_promised_call(client: Client) -> None:
    promised = {
        ("/api/v1/machines", "get"),
        ("/api/v1/machines/{slug}", "get"),
        ("/api/v1/machines/{slug}/slots", "get"),
        ("/api/v1/machines/{slug}/calendar", "get"),
        ("/api/v1/calendar", "get"),
        ("/api/v1/reservations", "get"),
        ("/api/v1/reservations", "post"),
        ("/api/v1/reservations/{pk}", "patch"),
        ("/api/v1/reservations/{pk}", "delete"),
        ("/api/v1/workshop-sessions", "get"),
        ("/api/v1/workshop-sessions/{pk}/registrations", "post"),
        ("/api/v1/registrations/{pk}", "delete"),
        ("/api/v1/usage-sessions", "get"),
    }
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert {(path, method) for path, methods in answer.json()["paths"].items() for method in methods} == promised


def test_every_call_says_what_it_answers_when_all_is_well_and_when_not() -> None:
    for path, method in OPERATIONS:
        answers = SCHEMA["paths"][path][method]["responses"]
        assert any(code.startswith("2") for code in map(str, answers)), path
        signed_in = {"get": "usage" in path or path.endswith("/reservations")}.get(method, True)
        wanted = {"401", "403"} if signed_in else set()
        assert wanted <= set(map(str, answers)), (path, method)
    refused = SCHEMA["paths"]["/api/v1/reservations"]["post"]["responses"]
    assert {"201", "409", "422"} <= set(map(str, refused))


@pytest.mark.usefixtures("db")
def test_answers_are_as_described(client: Client) -> None:
    member, booking = AdminFactory(), ReservationFactory(starts_at=timezone.now() + timedelta(hours=2))
    slug = booking.machine.slug
    described = {
        "/machines": answers.MachinePage,
        f"/machines/{slug}": answers.MachineOut,
        f"/machines/{slug}/slots?day={timezone.localdate()}": answers.SlotPage,
        f"/machines/{slug}/calendar": answers.CalendarOut,
        "/calendar": answers.CalendarOut,
        "/reservations": answers.ReservationPage,
        "/usage-sessions": answers.UsagePage,
        "/workshop-sessions": SessionPage,
    }
    open_usage(booking.machine, source="test", natural_key="1", started_at=timezone.now())
    SessionFactory()
    for path, schema in described.items():
        answer = client.get(f"/api/v1{path}", headers=bearer(member))
        told = schema.model_validate_json(answer.content)
        assert set(answer.json()) == set(schema.model_fields), path
        for one, row in zip(getattr(told, "items", []), answer.json().get("items", []), strict=True):
            assert set(row) <= set(type(one).model_fields), path
    refused = client.post("/api/v1/reservations", "{}", content_type="application/json")
    assert answers.Problems.model_validate_json(refused.content).problems[0].code == "not_allowed"


def test_the_readable_page_loads_nothing_from_elsewhere(db, client: Client) -> None:
    answer = client.get("/api/v1/docs")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)
    assert "<style" not in html
    assert not re.findall(r"<script(?![^>]*\bsrc=)", html)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_readable_page_shows_each_call(db, client: Client, path: str, method: str) -> None:
    html = client.get("/api/v1/docs").content.decode()
    assert f'<span class="tag">{method.upper()}</span> <code>{path}</code>' in html


def test_the_readable_page_names_the_fields_of_a_booking(db, client: Client) -> None:
    html = client.get("/api/v1/docs").content.decode()
    start = html.index('<span class="tag">POST</span> <code>/api/v1/reservations</code>')
    section = html[start : html.index("</section>", start)]
    fields = re.findall(r'<th scope="row"><code>(\w+)</code>', section)
    names = ["machine", "starts_at", "ends_at", "accompanied", "member", "channel", "waive", "waive_reason"]
    assert fields == [*names, "any_of_kind", "material"]
    assert "online, desk, phone, paper, partner" in section


@pytest.mark.parametrize("path", ["/api/v1/rien", "/api/v1/reservations/x", "/api/v1/", "/api/v1/machines/a/b/c"])
def test_addresses_that_are_none(db, client: Client, path: str) -> None:
    assert client.get(path, follow=True).status_code == 404


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("other", ["put", "patch", "delete", "post", "options", "head", "trace"])
def test_other_methods_are_refused_politely(db, client: Client, path: str, method: str, other: str) -> None:
    address = path.replace("{slug}", "x").replace("{pk}", "1")
    assert getattr(client, other)(address).status_code < 500


# --- fuzz: whatever is sent, the answer is never our fault ---

texts = st.one_of(st.sampled_from(NASTY_TEXTS), st.text(max_size=20))
moments = st.one_of(
    st.sampled_from(NASTY_MOMENTS),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(datetime.isoformat),  # noqa: DTZ001 -- zones are added
    texts,
)
numbers = st.one_of(st.integers(), st.sampled_from([0, -1, 2**31, 2**63, 2**64, 10**40]))
anything = st.recursive(st.none() | st.booleans() | st.floats() | texts | numbers, st.lists, max_leaves=4)
FIELDS = {
    "machine": st.sampled_from(["imprimante-1", "nulle"]) | anything,
    "starts_at": moments | anything,
    "ends_at": moments | anything,
    "member": numbers | anything,
    "waive": st.lists(texts, max_size=3) | anything,
}


def bodies(operation: dict[str, Any]) -> st.SearchStrategy[Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    found = re.search(r"schemas/(\w+)", json.dumps(content))
    if not found:
        return st.none()
    names = SCHEMA["components"]["schemas"][found[1]]["properties"]
    known = {name: FIELDS.get(name, anything) for name in names}
    return st.one_of(st.fixed_dictionaries({}, optional={**known, "inconnu": anything}), anything)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, dict[str, str], Any]:
    path, method = draw(st.sampled_from(OPERATIONS))
    operation = SCHEMA["paths"][path][method]
    slug = draw(st.sampled_from(["imprimante-1", "nulle"]) | texts.filter(bool))
    address = path.replace("{slug}", quote(slug, safe="")).replace("{pk}", str(abs(draw(numbers))))
    names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    query = {name: str(draw(moments | numbers)) for name in names if draw(st.booleans())}
    return method, address, query, draw(bodies(operation))


@given(call=calls())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_input_breaks_a_call(db, call: tuple[str, str, dict[str, str], Any]) -> None:
    method, address, query, body = call
    for headers in _callers():
        answer = Client().generic(
            method.upper(), address, json.dumps(body), "application/json", QUERY_STRING=_encoded(query), headers=headers
        )
        assert answer.status_code < 500, (method, address, query, body)


def _encoded(query: dict[str, str]) -> str:
    return "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in query.items())


def _callers() -> list[dict[str, str]]:
    """Return the headers of nobody, of a member and of somebody who may do everything; made once per database."""
    if not Reservation.objects.exists():
        ReservationFactory(machine__slug="imprimante-1")
    return [{}, bearer(MemberFactory()), bearer(AdminFactory())]
