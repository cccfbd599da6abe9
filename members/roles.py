"""Roles are groups; what each may do is this one table (domain.md §2.11).

A fab manager manages members through our own screens and holds no permission on users or groups: whoever may edit
users may make themselves superuser.
"""

from django.apps.registry import Apps
from django.utils.translation import gettext_lazy as _

VISITOR, MEMBER, MENTOR = "visitor", "member", "mentor"
DESK, FACILITATOR, FAB_MANAGER, DIRECTOR, EDITOR = "desk", "facilitator", "fab_manager", "director", "editor"
STAFF = (DESK, FACILITATOR, FAB_MANAGER, DIRECTOR, EDITOR)

LABELS = {
    VISITOR: _("visitor"),
    MEMBER: _("member"),
    MENTOR: _("peer mediator"),
    DESK: _("desk"),
    FACILITATOR: _("facilitator"),
    FAB_MANAGER: _("fab manager"),
    DIRECTOR: _("director"),
    EDITOR: _("editor"),
}

_AT_THE_DESK = {
    "members.use_desk",
    "members.view_member_names",
    "members.view_emergency_phones",
    "booking.view_all_reservations",
    "booking.book_for_others",
    "booking.qualify_anomalies",
    "workshops.register_others",
    "machines.record_quiz",
    "machines.do_upkeep",
}
_KEEPS_THE_PAPERS = {"members.manage_members", "members.manage_papers"}
_RUNS_THE_DAY = _AT_THE_DESK | {
    "wagtailadmin.access_admin",
    "machines.view_all_usage",
    "machines.triage_faults",
    "booking.waive_rules",
}
_RUNS_THE_LAB = (
    _RUNS_THE_DAY
    | _KEEPS_THE_PAPERS
    | {
        "members.view_history",
        "members.manage_partners",
        "members.needs_second_factor",
        "machines.manage_park",
        "machines.manage_qualifications",
        "place.change_openingperiod",
        "place.change_closure",
        "place.change_dutyshift",
        "workshops.manage_workshops",
        "wagtailimages.add_image",
        "wagtailimages.choose_image",
        "wagtaildocs.add_document",
        "wagtaildocs.choose_document",
    }
)
_DIRECTS = {"members.manage_dues", "members.publish_texts", "members.give_motive", "booking.waive_age_rules"}

ROLES: dict[str, frozenset[str]] = {
    VISITOR: frozenset(),
    MEMBER: frozenset(),
    MENTOR: frozenset(),
    DESK: frozenset(_AT_THE_DESK | _KEEPS_THE_PAPERS | {"members.manage_dues"}),
    FACILITATOR: frozenset(_RUNS_THE_DAY),
    FAB_MANAGER: frozenset(_RUNS_THE_LAB),
    DIRECTOR: frozenset(_RUNS_THE_LAB | _DIRECTS),
    EDITOR: frozenset({"wagtailadmin.access_admin"}),
}


def grantable_by(permissions: set[str]) -> list[str]:
    """Return the roles that a holder of these permissions may give: none that would exceed their own."""
    return [role for role, rights in ROLES.items() if rights <= permissions]


def sync_roles(apps: Apps) -> None:
    """Make the groups and give each the permissions of the table; idempotent, run after each migrate."""
    group_model = apps.get_model("auth", "Group")
    permissions = _permission_ids(apps)
    for role, rights in ROLES.items():
        group, _made = group_model.objects.get_or_create(name=role)
        wanted = {permissions[right] for right in rights if right in permissions}
        held = set(group.permissions.values_list("pk", flat=True))
        if wanted - held:
            group.permissions.add(*(wanted - held))


def _permission_ids(apps: Apps) -> dict[str, int]:
    model = apps.get_model("auth", "Permission")
    rows = model.objects.values_list("content_type__app_label", "codename", "pk")
    return {f"{label}.{codename}": pk for label, codename, pk in rows}
