"""The only writer of households, guardians and of who may fetch a child."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Guardian, Household, PickUpPerson, User
from members.names import folded
from members.services.audit import record
from members.standing import is_under

GUARDIAN_FIELDS = {"first_name", "last_name", "phone", "email", "account"}


@transaction.atomic
def save_household(*, actor: User | None, household: Household, **fields: Any) -> Household:
    """Make or change a household; the quotient band only by who keeps the dues.

    Raises ValidationError and PermissionDenied.
    """
    refuse_without_papers(actor)
    if "family_quotient_band" in fields and actor is not None and not actor.has_perm("members.manage_dues"):
        raise PermissionDenied(_("You cannot see or change family quotients."))
    made = household.pk is None
    for name, value in fields.items():
        setattr(household, name, value)
    household.full_clean()
    household.save()
    action = "household.made" if made else "household.changed"
    record(actor=actor, action=action, subject=f"household:{household.pk}", detail={"fields": sorted(fields)})
    return household


@transaction.atomic
def place_in_household(*, actor: User | None, person: User, household: Household | None) -> User:
    """Say to which household somebody belongs, or to none."""
    refuse_without_papers(actor)
    person.household = household
    person.save(update_fields=["household"])
    detail = {"household": household.pk if household else None}
    record(actor=actor, action="household.joined", subject=f"user:{person.pk}", detail=detail)
    return person


@transaction.atomic
def save_guardian(*, actor: User | None, household: Household, position: int, **fields: Any) -> Guardian:
    """Make or change the first or the second guardian of a household's children (`position` 1 or 2).

    Raises ValidationError (nameless, wrong e-mail, an account under 18) and PermissionDenied.
    """
    refuse_without_papers(actor)
    guardian = _at(household, position, fields)
    for name, value in fields.items():
        if name not in GUARDIAN_FIELDS:
            raise ValidationError({name: _("This field cannot be changed here.")})
        setattr(guardian, name, value.strip() if isinstance(value, str) else value)
    if not str(guardian):
        raise ValidationError({"first_name": _("Give a name.")})
    if guardian.account and is_under(settings.MAJORITY_AGE, guardian.account.birth_date, timezone.localdate()):
        raise ValidationError({"account": _("A parent’s account belongs to somebody of 18 or over.")})
    guardian.full_clean()
    guardian.save()
    record(actor=actor, action="guardian.saved", subject=f"household:{household.pk}", detail={"position": position})
    return guardian


def _at(household: Household, position: int, fields: dict[str, Any]) -> Guardian:
    """Return the guardian of a place; with other names it is somebody else, who has signed nothing yet."""
    held = Guardian.objects.filter(household=household, position=position).first()
    names = [folded(str(fields.get(name, ""))) for name in ("first_name", "last_name")]
    if held and "first_name" in fields and not set(names) & {folded(held.first_name), folded(held.last_name)} - {""}:
        held.delete()
        held = None
    return held or Guardian(household=household, position=position)


@transaction.atomic
def remove_guardian(*, actor: User | None, guardian: Guardian) -> None:
    """Say that somebody no longer answers for the children; what they signed stays in the ledger under their name.

    Agreements that each parent must give are then asked of those who remain. Raises PermissionDenied.
    """
    refuse_without_papers(actor)
    household, position = guardian.household_id, guardian.position
    guardian.delete()
    record(actor=actor, action="guardian.removed", subject=f"household:{household}", detail={"position": position})


@transaction.atomic
def let_fetch(*, actor: User | None, household: Household, name: str, phone: str = "") -> PickUpPerson:
    """Write down somebody who may fetch the children. Raises ValidationError and PermissionDenied."""
    refuse_without_papers(actor)
    person = PickUpPerson(household=household, name=name.strip(), phone=phone.strip())
    person.full_clean()
    person.save()
    record(actor=actor, action="pick_up.added", subject=f"household:{household.pk}")
    return person


@transaction.atomic
def no_longer_fetches(*, actor: User, person: PickUpPerson) -> None:
    """Take somebody off the list of who may fetch. Raises PermissionDenied."""
    refuse_without_papers(actor)
    household = person.household_id
    person.delete()
    record(actor=actor, action="pick_up.removed", subject=f"household:{household}")


def refuse_without_papers(actor: User | None) -> None:
    """Raise PermissionDenied for somebody who does not keep the papers of families."""
    if actor is not None and not actor.has_perm("members.manage_papers"):
        raise PermissionDenied(_("You cannot keep households and agreements."))


def note_looked_up(*, actor: User, person: User, what: str, motive: str = "") -> None:
    """Leave a line in the log each time somebody looks at whom to call for a child, or at a household's file."""
    detail = {"what": what} | ({"motive": motive} if motive else {})
    record(actor=actor, action="file.looked_up", subject=f"user:{person.pk}", detail=detail)


def note_if_superuser(*, actor: User, person: User) -> None:
    """The technical administrator sees the system, and nobody's file without a line in the log."""
    if actor.is_superuser:
        note_looked_up(actor=actor, person=person, what="file")
