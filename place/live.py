"""Parts of pages that are asked for again and again: shared, and not sent twice."""

from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import get_language

from place.shared import Shared


class Part(NamedTuple):
    """A rendered part and its mark."""

    etag: str
    html: str


_parts = Shared()


def live_part(
    request: HttpRequest, key: Hashable, template: str, context: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """Answer with a part of a page, or 304 when the asker has it; made once for all who ask under the same key.

    The key says all that the part depends on but the language: never a person, only what they may see.
    """

    def make() -> Part:
        html = render_to_string(template, context())
        return Part(quote_etag(blake2b(html.encode(), digest_size=16).hexdigest()), html)

    part = _parts.get((template, key, get_language()), make)
    response = get_conditional_response(request, etag=part.etag) or HttpResponse(part.html)
    response.headers["ETag"] = part.etag
    return response
