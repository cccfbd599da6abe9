"""Somebody new, all at once: account, family, agreements, membership and card, or nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import AccessCard, Channel, DuesEntry, Household, Membership, Neighbourhood, User
from members.queries import guardians_of
from members.services.cards import issue_card
from members.services.households import save_guardian, save_household
from members.services.memberships import add_dues, enrol
from members.services.papers import refuse, sign
from members.services.people import create_member


@dataclass(frozen=True, slots=True)
class Adult:
    """A parent or guardian as written on the form."""

    first_name: str
    last_name: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """A box ticked on the form: who signed or refused what; `guardian` 1 or 2, None for the person."""

    purpose: str
    guardian: int | None = None
    agrees: bool = True


@dataclass(frozen=True, slots=True)
class Season:
    """A membership taken at the same time; amounts in cents."""

    kind: str
    band: str = ""
    due: int = 0
    paid: int = 0
    method: str = DuesEntry.Method.CASH
    covered_by: str = ""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What the desk knows of somebody new."""

    first_name: str
    last_name: str
    birth_date: date
    gender: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    neighbourhood: str = Neighbourhood.UNKNOWN
    household: Household | None = None
    guardians: tuple[Adult, ...] = ()
    signatures: tuple[Signature, ...] = ()
    signed_on: date | None = None
    season: Season | None = None


@dataclass(frozen=True, slots=True)
class Welcomed:
    person: User
    card: AccessCard


@transaction.atomic
def welcome(*, actor: User, newcomer: Newcomer, channel: str = Channel.DESK) -> Welcomed:
    """Make everything that somebody new needs. Raises ValidationError and PermissionDenied; then nothing is stored."""
    household = newcomer.household or _household(actor, newcomer)
    person, _password = create_member(
        actor=actor,
        first_name=newcomer.first_name,
        last_name=newcomer.last_name,
        birth_date=newcomer.birth_date,
        email=newcomer.email,
        phone=newcomer.phone,
        gender=newcomer.gender,
        preferred_language=newcomer.language,
        priority_neighbourhood=newcomer.neighbourhood,
        household=household,
        channel=channel,
        sign_in=False,
    )
    _write_guardians(actor, household, newcomer.guardians)
    sign_all(actor=actor, person=person, signatures=newcomer.signatures, on=newcomer.signed_on, channel=channel)
    if newcomer.season:
        join_season(actor=actor, person=person, season=newcomer.season, channel=channel)
    return Welcomed(person, issue_card(actor=actor, person=person))


def _household(actor: User, newcomer: Newcomer) -> Household | None:
    if not newcomer.guardians:
        return None
    fields = {"name": newcomer.last_name, "priority_neighbourhood": newcomer.neighbourhood}
    if newcomer.season and newcomer.season.band:
        fields["family_quotient_band"] = newcomer.season.band
    return save_household(actor=actor, household=Household(), **fields)


def _write_guardians(actor: User, household: Household | None, adults: Iterable[Adult]) -> None:
    for position, adult in enumerate(adults, start=1):
        assert household is not None
        save_guardian(
            actor=actor,
            household=household,
            position=position,
            first_name=adult.first_name,
            last_name=adult.last_name,
            phone=adult.phone,
            email=adult.email,
        )


@transaction.atomic
def sign_all(
    *,
    actor: User,
    person: User,
    signatures: Iterable[Signature],
    on: date | None = None,
    channel: str = Channel.DESK,
) -> None:
    """Note all that a sheet of agreements says, or nothing of it. Raises ValidationError and PermissionDenied."""
    guardians = {guardian.position: guardian for guardian in guardians_of(person)}
    for one in signatures:
        if one.guardian and one.guardian not in guardians:
            raise ValidationError(_("This parent is not written down yet."))
        who = guardians[one.guardian] if one.guardian else None
        if one.agrees:
            sign(actor=actor, person=person, purpose=one.purpose, guardian=who, signed_on=on, channel=channel)
        else:
            refuse(actor=actor, person=person, purpose=one.purpose, guardian=who, on=on, channel=channel)


@transaction.atomic
def join_season(*, actor: User, person: User, season: Season, channel: str = Channel.DESK) -> Membership:
    """Make somebody a member and write what is due, paid and covered. Raises as `enrol` and `add_dues`."""
    membership = enrol(actor=actor, person=person, kind=season.kind, band=season.band, channel=channel)
    lines = (
        (DuesEntry.Kind.DUE, season.due, "", ""),
        (DuesEntry.Kind.PAID, season.paid, season.method, ""),
        (DuesEntry.Kind.COVERED, season.due - season.paid if season.covered_by else 0, "", season.covered_by),
    )
    for kind, cents, method, covered_by in lines:
        add_dues(
            actor=actor, membership=membership, kind=kind, cents=max(cents, 0), method=method, covered_by=covered_by,
            channel=channel,
        )  # fmt: skip
    return membership
