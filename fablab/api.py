"""Mounts the rooms' routers; errors are JSON and give nothing away."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError

from booking.api import router as booking_router
from booking.api_tools import SIGNED_IN, in_callers_language, problem_response
from booking.problems import NextStep, Problem
from fablab.api_docs import ReadablePage
from members.second_factor import SecondFactorMissing
from workshops.api import router as workshops_router

api = NinjaAPI(
    title="CAN Lab",
    version="1",
    description="Machines, bookings, workshops and machine use. Times are ISO 8601 with offset.",
    auth=SIGNED_IN,
    urls_namespace="api",
    docs_url="/docs",
    openapi_url="/openapi.json",
    docs=ReadablePage(),
)
api.add_decorator(in_callers_language, mode="view")
api.add_router("", booking_router, tags=["booking"])
api.add_router("", workshops_router, tags=["workshops"])


@api.exception_handler(AuthenticationError)
def unauthenticated(request: HttpRequest, error: Exception) -> HttpResponse:
    step = NextStep(_("Sign in"), "/connexion/")
    return problem_response([Problem("not_allowed", _("Sign in to do this."), {}, step)], 401)


@api.exception_handler(SecondFactorMissing)
def half_signed_in(request: HttpRequest, error: Exception) -> HttpResponse:
    step = NextStep(_("Security of my account"), reverse("mfa_index"))
    return problem_response([Problem("not_allowed", _("Set up a second sign-in step first."), {}, step)], 403)


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: Exception) -> HttpResponse:
    return api.create_response(request, {"detail": str(error) or _("You may not do this.")}, status=403)


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Exception) -> HttpResponse:
    return api.create_response(request, {"detail": _("Not found.")}, status=404)
