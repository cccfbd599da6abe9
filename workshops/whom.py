"""For whom somebody looks at a page: for themselves, a child they answer for, or a partner's group."""

from dataclasses import dataclass
from typing import cast

from django.http import Http404, HttpRequest

from members.models import Partner, User
from members.queries import children_of
from place.clock import today

CHILD, GROUP = "pour", "groupe"  # ?pour=<person>, ?groupe=<partner>


@dataclass(frozen=True, slots=True)
class Whom:
    """Whose name a place is under; a group's stands under the name of who acts for it."""

    member: User
    is_child: bool = False
    partner: Partner | None = None

    @property
    def query(self) -> str:
        """Return what follows an address of a page that is for them."""
        if self.partner:
            return f"?{GROUP}={self.partner.pk}"
        return f"?{CHILD}={self.member.pk}" if self.is_child else ""

    @property
    def name(self) -> str:
        """Return the name of a child or a group; empty for oneself."""
        if self.partner:
            return self.partner.name
        return self.member.first_name if self.is_child else ""


def everybody(user: User, *, groups: bool = True) -> list[Whom]:
    """Return for whom somebody can act on a page: themselves first, then their children, then their groups."""
    found = [Whom(user), *(Whom(child, is_child=True) for child in children_of(user, today()))]
    if groups:
        found += [Whom(user, partner=one) for one in user.partners.filter(active=True).order_by("name")]
    return found


def whom(request: HttpRequest, *, groups: bool = True) -> tuple[Whom | None, list[Whom]]:
    """Return for whom a page is asked and for whom it can be; nobody for a visitor.

    Raises Http404 for somebody for whom the visitor does not act.
    """
    if not request.user.is_authenticated:
        return None, []
    choices = everybody(cast(User, request.user), groups=groups)
    child, group = request.GET.get(CHILD, ""), request.GET.get(GROUP, "")
    if not child and not group:
        return choices[0], choices
    asked = f"?{CHILD}={child}" if child else f"?{GROUP}={group}"
    found = next((one for one in choices if one.query == asked), None)
    if found is None:
        raise Http404
    return found, choices


def registration_of_whom(request: HttpRequest, member: User) -> Whom | None:
    """Return as whom somebody acts for a member, or None when they may not."""
    user = cast(User, request.user)
    return next((one for one in everybody(user, groups=False) if one.member.pk == member.pk), None)
