"""What somebody sees of themselves, or of their child."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from machines.models import LevelName, OpenBadge, Qualification
from members.models import Guardian, LegalText, Membership, Purpose, User
from members.queries import guardians_of, latest_texts, standings
from members.standing import GUARDIAN, GUARDIANS, SELF, Holds, Standing, signatories

# From the most pressing to what needs nobody.
PRESSING = (
    Holds.INCOMPLETE,
    Holds.UNASKED,
    Holds.EXPIRED,
    Holds.WITHDRAWN,
    Holds.REFUSED,
    Holds.IN_FORCE,
    Holds.NOT_NEEDED,
)


@dataclass(frozen=True, slots=True)
class Paper:
    """An agreement as one of those who may sign it sees it."""

    purpose: Purpose
    standing: Standing
    text: LegalText | None
    signatory: str
    needed: tuple[str, ...]

    @property
    def may_sign(self) -> bool:
        """Tell whether this signatory's own signature is among those still missing."""
        return _asks(self.standing.missing, self.signatory)

    @property
    def may_withdraw(self) -> bool:
        told = self.standing.holds in {Holds.IN_FORCE, Holds.INCOMPLETE}
        return told and _asks(self.needed, self.signatory) and self.purpose != Purpose.CHARTER

    @property
    def waits_for_parent(self) -> bool:
        return _asks(self.standing.missing, GUARDIAN)

    @property
    def waits_for_person(self) -> bool:
        return SELF in self.standing.missing


def _asks(asked: Iterable[str], signatory: str) -> bool:
    return signatory in asked or (signatory == GUARDIAN and GUARDIANS in asked)


def papers_of(person: User, signatory: str, day: date, language: str) -> list[Paper]:
    """Return the agreements that concern a person at their age, the pressing ones first: three queries."""
    texts, held = latest_texts(language), standings(person, day)
    rows = [
        Paper(purpose, stands, texts.get(purpose), signatory, signatories(purpose, person.birth_date, day))
        for purpose, stands in held.items()
        if stands.holds != Holds.NOT_NEEDED
    ]
    return sorted(rows, key=lambda row: PRESSING.index(row.standing.holds))


def guardian_for(viewer: User, person: User) -> Guardian | None:
    """Return as which of a child's guardians somebody acts; None for oneself."""
    if viewer.pk == person.pk:
        return None
    return next((one for one in guardians_of(person) if one.account_id == viewer.pk), None)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A habilitation as the passport shows it."""

    qualification: Qualification
    level_name: str
    badge: OpenBadge | None


def passport(person: User) -> list[Stamp]:
    """Return a person's habilitations that are not suspended, in words: three queries."""
    rows = Qualification.objects.filter(member=person, withdrawn_reason="").select_related("category", "granted_by")
    names = level_names()
    badges = {
        badge.qualification_id: badge
        for badge in OpenBadge.objects.filter(qualification__member=person, revoked_at=None)
    }
    return [
        Stamp(row, names.get(row.level) or str(row.get_level_display()), badges.get(row.pk))
        for row in rows.order_by("category__name")
    ]


def level_names() -> dict[int, str]:
    """Return the lab's own names of levels; those it has not named are missing."""
    return dict(LevelName.objects.values_list("level", "name"))


def memberships(person: User) -> list[Membership]:
    return list(Membership.objects.filter(person=person).order_by("-season", "-pk")[:10])
