"""The back office's menu: an entry is shown to who may open it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from cms.gestion import rights


class RightItem(MenuItem):
    """An entry behind one of some rights."""

    def __init__(self, label: Any, url_name: str, *needed: str, icon_name: str) -> None:
        super().__init__(label, reverse_lazy(url_name), name=url_name.replace(":", "-"), icon_name=icon_name)
        self.needed = needed

    def is_shown(self, request: HttpRequest) -> bool:
        return any(request.user.has_perm(right) for right in self.needed)


def group(label: Any, name: str, icon_name: str, order: int, *items: RightItem) -> SubmenuMenuItem:
    return SubmenuMenuItem(label, Menu(items=list(items)), name=name, icon_name=icon_name, order=order)


def week() -> RightItem:
    item = RightItem(_("Week planning"), "lab_planning", rights.SEE_RESERVATIONS, icon_name="calendar")
    item.order = 5
    return item


def bookings() -> RightItem:
    item = RightItem(_("Reservations"), "lab_reservations", rights.SEE_RESERVATIONS, icon_name="tasks")
    item.order = 10
    return item


def machines() -> SubmenuMenuItem:
    return group(
        _("Machines"),
        "lab-machines",
        "cogs",
        20,
        RightItem(_("Machines"), "lab_machines:index", rights.MANAGE_PARK, icon_name="cogs"),
        RightItem(_("Categories"), "lab_categories:index", rights.MANAGE_PARK, icon_name="tag"),
        RightItem(_("Of the same kind"), "lab_pools:index", rights.MANAGE_PARK, icon_name="grip"),
        RightItem(_("Materials"), "lab_materials", rights.MANAGE_PARK, icon_name="clipboard-list"),
        RightItem(_("Devices"), "lab_devices", rights.MANAGE_PARK, icon_name="site"),
        RightItem(_("Bridge to the machines"), "lab_bridge", rights.MANAGE_PARK, icon_name="site"),
        RightItem(_("Reports of faults"), "lab_faults", rights.TRIAGE_FAULTS, icon_name="warning"),
        RightItem(_("Maintenance"), "lab_tasks", rights.DO_UPKEEP, icon_name="history"),
        RightItem(_("Maintenance plans"), "lab_plans", rights.MANAGE_PARK, icon_name="cogs"),
        RightItem(_("Meters"), "lab_meters", rights.DO_UPKEEP, icon_name="history"),
        RightItem(_("Consumables"), "lab_consumables", rights.DO_UPKEEP, icon_name="clipboard-list"),
        RightItem(_("Stock movements"), "lab_movements", rights.DO_UPKEEP, icon_name="history"),
        RightItem(_("Outages"), "lab_outages", rights.MANAGE_PARK, icon_name="warning"),
        RightItem(_("Habilitations"), "lab_qualifications", rights.MANAGE_QUALIFICATIONS, icon_name="key"),
        RightItem(_("Quiz"), "lab_questions", *rights.QUIZ, icon_name="help"),
        RightItem(_("Register of waivers"), "lab_waivers", rights.MANAGE_QUALIFICATIONS, icon_name="key"),
        RightItem(_("Names of the levels"), "lab_level_names", rights.MANAGE_QUALIFICATIONS, icon_name="key"),
        RightItem(_("Requests to start"), "lab_starts", rights.MANAGE_PARK, icon_name="key"),
        RightItem(_("Presence at machines"), "lab_presences", rights.MANAGE_PARK, icon_name="user"),
        RightItem(_("Machine uses"), "lab_uses", rights.SEE_USAGE, icon_name="history"),
        RightItem(_("What the machines tell"), "lab_anomalies", rights.QUALIFY_ANOMALIES, icon_name="warning"),
        RightItem(_("Booked and used, one by one"), "lab_ledger", rights.SEE_USAGE, icon_name="history"),
        RightItem(_("Booked and really used"), "lab_hours", rights.SEE_USAGE, icon_name="history"),
    )


def workshops() -> SubmenuMenuItem:
    return group(
        _("Workshops"),
        "lab-workshops",
        "clipboard-list",
        30,
        RightItem(_("Sessions"), "lab_sessions", rights.REGISTER_OTHERS, icon_name="calendar-alt"),
        RightItem(_("Days with a programme"), "lab_days", rights.MANAGE_WORKSHOPS, icon_name="calendar-alt"),
        RightItem(_("Ideas for workshops"), "lab_ideas", rights.MANAGE_WORKSHOPS, icon_name="pick"),
        RightItem(_("Workshops"), "lab_workshops:index", rights.MANAGE_WORKSHOPS, icon_name="clipboard-list"),
    )


def place() -> SubmenuMenuItem:
    return group(
        _("Opening hours"),
        "lab-place",
        "calendar-alt",
        40,
        RightItem(_("Openings"), "lab_openings", rights.PLAN_OPENINGS, icon_name="calendar-alt"),
        RightItem(_("Duty roster"), "lab_duties", rights.PLAN_DUTIES, icon_name="user"),
        RightItem(_("Closures"), "lab_closures", rights.PLAN_CLOSURES, icon_name="lock"),
        RightItem(_("School holidays"), "lab_holidays", rights.PLAN_OPENINGS, icon_name="date"),
        RightItem(_("The lab"), "lab_settings", rights.PLAN_OPENINGS, icon_name="home"),
    )


def people() -> SubmenuMenuItem:
    return group(
        _("People"),
        "lab-people",
        "group",
        50,
        RightItem(_("Members"), "lab_members", rights.MANAGE_MEMBERS, icon_name="group"),
        RightItem(_("Partners"), "lab_partners", rights.MANAGE_PARTNERS, icon_name="group"),
        RightItem(_("Partner agreements"), "lab_agreements", rights.MANAGE_PARTNERS, icon_name="doc-full"),
        RightItem(_("Joining requests"), "lab_join_requests", rights.MANAGE_MEMBERS, icon_name="mail"),
        RightItem(_("Texts to sign"), "lab_texts", rights.PUBLISH_TEXTS, icon_name="doc-full"),
        RightItem(_("People in pictures"), "lab_pictures", rights.NAME_IN_PICTURES, icon_name="image"),
        RightItem(_("Messages"), "lab_messages", rights.MANAGE_MEMBERS, icon_name="mail"),
    )


def data() -> RightItem:
    needed = (rights.MANAGE_MEMBERS, rights.MANAGE_PARK, rights.SEE_USAGE)
    item = RightItem(_("Import and export"), "lab_data", *needed, icon_name="download")
    item.order = 60
    return item


ENTRIES = (week, bookings, machines, workshops, place, people, data)
