"""Content security policy: strict on the site; the back office still has a few inline scripts of its own."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

SITE = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
BACK_OFFICE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


def content_security_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Set the policy of the area the address belongs to."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        policy = BACK_OFFICE if request.path.startswith("/gestion/") else SITE
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware
