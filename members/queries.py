"""Reading people, across models."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone

from members import cards
from members.models import (
    AccessCard,
    ApiToken,
    ConsentEntry,
    DuesEntry,
    Guardian,
    LegalText,
    Membership,
    Purpose,
    QuotientBand,
    User,
)
from members.names import folded
from members.standing import Standing, is_under, standing
from members.tokens import token_digest

FOUND_MOST = 20


def valid_token(plain: str, now: datetime) -> ApiToken | None:
    """Return the live token of this text with its person, or None."""
    found = ApiToken.objects.select_related("user").filter(digest=token_digest(plain), revoked_at=None)
    return found.filter(expires_at__gt=now, user__is_active=True).first()


def search_members(text: str) -> QuerySet[User]:
    """Return active people whose names or sign-in name contain every word, accents and capitals apart."""
    found = User.objects.filter(is_active=True)
    for word in folded(text).split()[:5]:
        found = found.filter(search_name__contains=word)
    return found.order_by("first_name", "last_name", "pk") if folded(text) else found.none()


def card_of_token(token: str) -> AccessCard | None:
    """Return the live card of a QR text, with its person, or None."""
    found = AccessCard.objects.select_related("user").filter(digest=cards.qr_digest(token), revoked_at=None)
    return found.filter(user__is_active=True).first()


def person_of_card(digest: str) -> User | None:
    """Return who holds the live card with this digest (`cards.qr_digest`), or None."""
    rows = User.objects.filter(cards__digest=digest, cards__revoked_at=None, is_active=True)
    return rows.select_related("household").first()


def live_card(person: User) -> AccessCard | None:
    return AccessCard.objects.filter(user=person, revoked_at=None).select_related("user").first()


def calendar_owner(secret: str) -> User | None:
    """Return whose calendar address this is, or None."""
    return User.objects.filter(calendar_secret__digest=token_digest(secret), is_active=True).first()


def children_of(guardian: User, day: date) -> list[User]:
    """Return the people under 18 on a day for whom somebody answers as a guardian with an account."""
    if is_under(settings.MAJORITY_AGE, guardian.birth_date, day):
        return []
    rows = User.objects.filter(household__guardians__account=guardian, is_active=True).exclude(pk=guardian.pk)
    found = rows.select_related("household").order_by("birth_date", "pk").distinct()
    return [person for person in found if person.birth_date and is_under(settings.MAJORITY_AGE, person.birth_date, day)]


def is_guardian_of(guardian: User, person: User, day: date | None = None) -> bool:
    """Tell whether somebody answers for a person who is under 18 (today unless a day is given)."""
    if person.household_id is None or person.birth_date is None or guardian.birth_date is None:
        return False
    day = day or timezone.localdate()
    young = [is_under(settings.MAJORITY_AGE, one.birth_date, day) for one in (guardian, person)]
    if young != [False, True] or not person.is_active:
        return False
    return Guardian.objects.filter(household=person.household_id, account=guardian.pk).exists()


def latest_text(purpose: str, language: str, day: date | None = None) -> LegalText | None:
    """Return the newest text of a day in a language, or in the lab's when it was not translated.

    Of a day before the first one was published: the first.
    """
    rows = list(LegalText.objects.filter(purpose=purpose, language__in=[language, settings.LANGUAGE_CODE]))
    of_the_day = [row for row in rows if day is None or row.published_on <= day]
    rows = of_the_day or [row for row in rows if row.version == 1]
    return min(rows, key=lambda row: (-row.version, row.language != language), default=None)


def latest_texts(language: str) -> dict[str, LegalText]:
    """Return the newest version of every text in a language, or in the lab's: one query."""
    rows = LegalText.objects.filter(language__in=[language, settings.LANGUAGE_CODE])
    by_purpose: dict[str, list[LegalText]] = defaultdict(list)
    for row in rows:
        by_purpose[row.purpose].append(row)
    return {
        purpose: min(found, key=lambda row: (-row.version, row.language != language))
        for purpose, found in by_purpose.items()
    }


def standings(person: User, day: date, purposes: Iterable[str] = tuple(Purpose)) -> dict[Purpose, Standing]:
    """Return how each agreement of a person stands on a day: two queries."""
    return standings_of([person], day, purposes)[person.pk]


def standings_of(
    people: Sequence[User], day: date, purposes: Iterable[str] = tuple(Purpose)
) -> dict[int, dict[Purpose, Standing]]:
    """Return how the agreements of several people stand on a day: two queries however many they are."""
    wanted = [Purpose(purpose) for purpose in purposes]
    lines: dict[tuple[int, str], list[ConsentEntry]] = defaultdict(list)
    for entry in ConsentEntry.objects.filter(person__in=people, purpose__in=wanted).order_by("signed_on", "pk"):
        lines[entry.person_id, entry.purpose].append(entry)
    guardians: dict[int, set[int]] = defaultdict(set)
    households = {person.household_id for person in people if person.household_id}
    for household, pk in Guardian.objects.filter(household__in=households).values_list("household", "pk"):
        guardians[household].add(pk)
    return {
        person.pk: {
            purpose: standing(
                purpose, lines[person.pk, purpose], person.birth_date, day, guardians[person.household_id or 0]
            )
            for purpose in wanted
        }
        for person in people
    }


def membership_on(person: User, day: date) -> Membership | None:
    """Return the membership that covers a day: active, or ended on that very day or later."""
    rows = Membership.objects.filter(person=person, starts_on__lte=day, ends_on__gte=day)
    return rows.exclude(status=Membership.Status.ASKED).order_by("-ends_on").first()


@dataclass(frozen=True, slots=True)
class Account:
    """What a membership costs and who bore it, in euro cents."""

    due: int
    paid: int
    covered: int

    @property
    def left(self) -> int:
        return self.due - self.paid - self.covered


def account_of(membership: Membership) -> Account:
    """Add up the lines of a membership: one query."""
    rows = DuesEntry.objects.filter(membership=membership).values_list("kind").annotate(total=Sum("cents"))
    totals = dict(rows)
    return Account(*(totals.get(kind, 0) for kind in (DuesEntry.Kind.DUE, DuesEntry.Kind.PAID, DuesEntry.Kind.COVERED)))


def usual_fee(kind: str, band: str) -> int:
    """Return what was last asked for such a membership, in cents: what the desk starts from; 0 when it never was."""
    rows = DuesEntry.objects.filter(
        kind=DuesEntry.Kind.DUE, membership__kind=kind, membership__family_quotient_band=band or QuotientBand.UNKNOWN
    )
    return rows.order_by("-pk").values_list("cents", flat=True).first() or 0


def guardians_of(person: User) -> list[Guardian]:
    """Return the parents and guardians of a person's household, the first one first."""
    if person.household_id is None:
        return []
    return list(Guardian.objects.filter(household=person.household_id).select_related("account").order_by("position"))
