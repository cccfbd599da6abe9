"""A machine and a workshop each have their page, made in the same transaction."""

from collections.abc import Iterable

from django.db import transaction
from wagtail.models import Page

from cms.models import MachineIndexPage, MachinePage, WorkshopIndexPage, WorkshopPage
from machines.models import Machine
from machines.services import park
from members.models import User
from workshops import services as workshops
from workshops.models import Workshop, WorkshopIdea


@transaction.atomic
def save_machine(*, actor: User, machine: Machine, needs: Iterable[Machine] | None = None) -> Machine:
    """Save a machine and give it its page, or the page its new name and address. What only goes along has none."""
    machine = park.save_machine(actor=actor, machine=machine, needs=needs)
    if machine.bookable:
        _machine_page(machine)
    return machine


@transaction.atomic
def save_workshop(
    *,
    actor: User,
    workshop: Workshop,
    machines: Iterable[Machine] | None = None,
    facilitators: Iterable[User] | None = None,
) -> Workshop:
    """Save a workshop and give it its page, or the page its new title and address; a draft's page is not public."""
    was_draft = Workshop.objects.filter(pk=workshop.pk, draft=True).exists()
    workshop = workshops.save_workshop(actor=actor, workshop=workshop, machines=machines, facilitators=facilitators)
    page = _workshop_page(workshop)
    if workshop.draft and page.pk and page.live:
        page.unpublish(user=actor)
    elif was_draft and not workshop.draft and page.pk:
        page.get_latest_revision().publish(user=actor)
    return workshop


@transaction.atomic
def take_up_idea(*, idea: WorkshopIdea, actor: User) -> Workshop:
    """Make a draft workshop of an idea, with its page. Raises PermissionDenied."""
    draft = workshops.take_up(idea=idea, actor=actor)
    _workshop_page(draft)
    return draft


def pages_for_all() -> None:
    """Make the pages that machines and workshops still lack."""
    for machine in Machine.objects.filter(page=None, bookable=True):
        _machine_page(machine)
    for workshop in Workshop.objects.filter(page=None):
        _workshop_page(workshop)


def _machine_page(machine: Machine) -> None:
    page = MachinePage.objects.filter(machine=machine).first() or MachinePage(machine=machine)
    _place(MachineIndexPage, page, title=machine.name, slug=machine.slug)


def _workshop_page(workshop: Workshop) -> WorkshopPage:
    page = WorkshopPage.objects.filter(workshop=workshop).first()
    page = page or WorkshopPage(workshop=workshop, live=not workshop.draft)
    _place(WorkshopIndexPage, page, title=workshop.title, slug=workshop.slug)
    return page


def _place(index_model: type[Page], page: Page, *, title: str, slug: str) -> None:
    """Put a page under its index, or rename it and its draft. Before the site has a tree there is nothing to do."""
    if page.pk:
        _rename(page, title, slug)
        return
    index = index_model.objects.first()
    if index is not None:
        page.title, page.slug = title, slug
        index.add_child(instance=page)
        page.save_revision()


def _rename(page: Page, title: str, slug: str) -> None:
    if (page.title, page.slug) == (title, slug):
        return
    draft = page.get_latest_revision_as_object()
    for version in (page, draft):
        version.title, version.slug = title, slug
    page.save()
    draft.save_revision(changed=page.has_unpublished_changes)
