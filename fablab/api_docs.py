"""The API's readable page: made from its own schema, by the server, with nothing fetched from elsewhere."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class ReadablePage(DocsBase):
    """One HTML page in the site's own look."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema(path_params=kwargs)
        context = {"schema": schema, "calls": list(_calls(schema)), "schema_url": self.get_openapi_url(api, kwargs)}
        return render(request, "api_docs.html", context)


def _calls(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            fields = [*_parameters(operation), *_body(schema, operation)]
            yield {"method": method.upper(), "path": path, "summary": operation["summary"], "fields": fields}


def _parameters(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in operation.get("parameters", []):
        yield {"name": one["name"], "kind": _kind(one["schema"]), "required": one["required"], "where": one["in"]}


def _body(schema: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    model = _resolved(schema, content)
    for name, one in model.get("properties", {}).items():
        kind = _kind(_resolved(schema, one))
        yield {"name": name, "kind": kind, "required": name in model.get("required", []), "where": "body"}


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, also one that stands beside `null`."""
    named = [one for one in (part, *part.get("anyOf", []), *part.get("allOf", [])) if "$ref" in one]
    return schema["components"]["schemas"][named[0]["$ref"].rpartition("/")[2]] if named else part


def _kind(part: dict[str, Any]) -> str:
    """Return `string (date-time)`, `integer` or the allowed words of a field."""
    choices = [one for one in part.get("anyOf", [part]) if one.get("type") != "null"]
    one = choices[0] if choices else part
    words = ", ".join(str(word) for word in one.get("enum", [])) or one.get("format", "")
    return f"{one.get('type', '')} ({words})" if words else str(one.get("type", ""))
