"""How the API tests call: a path, a body, perhaps somebody's token."""

from typing import Any

from django.test import Client

from tests.factories.members import bearer

API = "/api/v1"
FOURTEEN, FIFTEEN, SIXTEEN = (f"2026-11-25T{hour}:00:00+01:00" for hour in (14, 15, 16))


def api(client: Client, method: str, path: str, body: Any = None, user=None, scopes: tuple = ()):
    headers = bearer(user, *scopes) if user else {}
    extra = {"data": body, "content_type": "application/json"} if body is not None else {}
    return getattr(client, method)(f"{API}{path}", headers=headers, **extra)


def wanted(**more: Any) -> dict[str, Any]:
    return {"machine": "imprimante-1", "starts_at": FOURTEEN, "ends_at": FIFTEEN, **more}


def codes(response) -> list[str]:
    return [problem["code"] for problem in response.json()["problems"]]
