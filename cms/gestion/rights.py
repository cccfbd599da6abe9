"""Who may open which screen: our own permissions, never those of Django's users and groups."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from wagtail.permission_policies import BasePermissionPolicy
from wagtail.permissions import register_permission_policy

from machines.models import Machine, MachineCategory, MachinePool
from members.models import User
from workshops.models import Workshop

MANAGE_PARK = "machines.manage_park"
TRIAGE_FAULTS = "machines.triage_faults"
DO_UPKEEP = "machines.do_upkeep"
MANAGE_QUALIFICATIONS = "machines.manage_qualifications"
RECORD_QUIZ = "machines.record_quiz"
MANAGE_WORKSHOPS = "workshops.manage_workshops"
REGISTER_OTHERS = "workshops.register_others"
MANAGE_MEMBERS = "members.manage_members"
SEE_NAMES = "members.view_member_names"
PLAN_OPENINGS = "place.change_openingperiod"
PLAN_CLOSURES = "place.change_closure"
PLAN_DUTIES = "place.change_dutyshift"
PUBLISH_TEXTS = "members.publish_texts"
MANAGE_PARTNERS = "members.manage_partners"
NAME_IN_PICTURES = "wagtailimages.add_image"
BOOK_FOR_OTHERS = "booking.book_for_others"
QUALIFY_ANOMALIES = "booking.qualify_anomalies"
WAIVE_RULES = "booking.waive_rules"
SEE_RESERVATIONS = "booking.view_all_reservations"
SEE_USAGE = "machines.view_all_usage"
QUIZ = (MANAGE_QUALIFICATIONS, RECORD_QUIZ)


class OneRightPolicy(BasePermissionPolicy):
    """Whoever holds the right adds and changes rows; nobody deletes what history points to."""

    ACTIONS = ("add", "change", "view")

    def __init__(self, model: type[Model], right: str) -> None:
        super().__init__(model)
        self.right = right

    def user_has_permission(self, user: User, action: str) -> bool:
        return action in self.ACTIONS and user.has_perm(self.right)

    def users_with_any_permission(self, actions: list[str]) -> QuerySet[User]:
        if not set(actions) & set(self.ACTIONS):
            return User.objects.none()
        return User.objects.with_perm(self.right, backend="django.contrib.auth.backends.ModelBackend")


def register_policies() -> None:
    park = ((model, MANAGE_PARK) for model in (Machine, MachineCategory, MachinePool))
    for model, right in (*park, (Workshop, MANAGE_WORKSHOPS)):
        register_permission_policy(model, OneRightPolicy(model, right))


class Guarded:
    """A view that answers 403 to who lacks the right: Wagtail itself would send them home with a message."""

    right = ""
    any_of: tuple[str, ...] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        needed = self.any_of or (self.right,)
        try:
            if any(needed) and not any(request.user.has_perm(right) for right in needed):
                raise PermissionDenied
            return super().dispatch(request, *args, **kwargs)
        except PermissionDenied as denied:
            return TemplateResponse(
                request, "cms/gestion/forbidden.html", {"reason": str(denied), "header_icon": "lock"}, status=403
            )


def staff_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 403 to a signed-in person without access: Wagtail would send them to a sign-in page that sends back."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if user.is_authenticated and not user.has_perm("wagtailadmin.access_admin"):
            return TemplateResponse(request, "cms/not_staff.html", status=403)
        return view(request, *args, **kwargs)

    return guarded
