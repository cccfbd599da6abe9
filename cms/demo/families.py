"""Families, agreements and memberships of the invented people; who came in the last weeks, and who is here."""

from datetime import date, datetime, timedelta

from cms.demo.people import fiction_phone
from cms.demo.stage import Stage
from members.models import Channel, DuesEntry, Gender, Household, Membership, Purpose, QuotientBand, User
from members.services.households import let_fetch, place_in_household, save_guardian, save_household
from members.services.memberships import add_dues, enrol
from members.services.papers import refuse, sign
from members.standing import PHOTOS, season_of
from place.clock import local
from place.models import Visit, WalkIn
from place.rules import age_band

FIRST_NAMES = ("Farida", "Rachid", "Sandrine", "Olivier", "Samira", "Paul", "Ana", "Giulio", "Leïla", "Marc")
WITHOUT_PAPER = 3  # young people whose parents have not signed for the machines yet
NEVER_JOINED = 4
TEAM = ("fabmanager", "facilitator", "director", "editor", "admin", "accueil")
FEES = (500, 700, 900, 1200, 1500)


def load(stage: Stage) -> None:
    """Give everybody papers that fit their age, most of them a membership, and a past."""
    signed = stage.day - timedelta(days=75)
    minors = [user for user in stage.people.values() if _age(stage, user) < 18]
    for number, child in enumerate(minors):
        household = _family(stage, child, number)
        _sign(stage, child, household, signed, machines=child.username == "ines" or number % 13 != 5)
    for user in stage.people.values():
        if _age(stage, user) >= 18:
            sign(actor=None, person=user, purpose=Purpose.CHARTER, signed_on=signed, expires_on=None)
    _memberships(stage)
    _visits(stage)


def _age(stage: Stage, user: User) -> int:
    return user.age_on(stage.day) or 0


def _family(stage: Stage, child: User, number: int) -> Household:
    """Make a household with one or two guardians; Inès is the daughter of Nora, who signs in herself."""
    band = stage.rng.choice(list(QuotientBand))
    household = save_household(
        actor=None, household=Household(), name=child.last_name, family_quotient_band=band,
        priority_neighbourhood=stage.rng.choice(("yes", "yes", "no", "unknown")),
    )  # fmt: skip
    place_in_household(actor=None, person=child, household=household)
    nora = stage.people["nora"] if child.username == "ines" else None
    if nora:
        place_in_household(actor=None, person=nora, household=household)
    save_guardian(
        actor=None, household=household, position=1, first_name=nora.first_name if nora else FIRST_NAMES[number % 10],
        last_name=child.last_name, phone=fiction_phone(200 + number), email=nora.email if nora else "", account=nora,
    )  # fmt: skip
    if not nora and number % 3 == 0:
        save_guardian(
            actor=None, household=household, position=2, first_name=FIRST_NAMES[(number + 3) % 10],
            last_name=child.last_name, phone=fiction_phone(300 + number),
        )  # fmt: skip
    if number % 4 == 0:
        let_fetch(actor=None, household=household, name=f"{FIRST_NAMES[(number + 5) % 10]} (grand-parent)")
    return household


def _sign(stage: Stage, child: User, household: Household, on: date, *, machines: bool) -> None:
    first = household.guardians.get(position=1)
    channel = stage.rng.choice((Channel.DESK, Channel.PAPER))
    until = stage.day + timedelta(days=400)
    said = {"actor": None, "person": child, "signed_on": on, "channel": channel, "expires_on": until}
    sign(purpose=Purpose.CHARTER, **said)
    if _age(stage, child) < 15:
        sign(purpose=Purpose.ACCOUNT, **said)
        sign(purpose=Purpose.ACCOUNT, guardian=first, **said)
    if machines:
        sign(purpose=Purpose.MACHINES, guardian=first, **said)
    if _age(stage, child) < 16 and (child.username == "ines" or stage.rng.random() < 0.6):
        sign(purpose=Purpose.HOME_ALONE, guardian=first, **said)
    if child.username == "ines":
        for purpose in (*PHOTOS, Purpose.PUBLICATION):
            sign(purpose=purpose, **said)
            sign(purpose=purpose, guardian=first, **said)
    elif stage.rng.random() < 0.3:
        refuse(actor=None, person=child, purpose=Purpose.PHOTO_WEB, guardian=first, on=on, channel=channel)


def _memberships(stage: Stage) -> None:
    """Everybody named in the contract is a member for as long as the demonstration may last."""
    grown_up = stage.aged(18, 99)
    outside = {user.pk for user in stage.rng.sample(grown_up, NEVER_JOINED)}
    for key, user in stage.people.items():
        if user.pk not in outside:
            _join(stage, user, Membership.Kind.TEAM if key in TEAM else _kind(stage, user))


def _kind(stage: Stage, user: User) -> str:
    return Membership.Kind.YOUTH if _age(stage, user) < 18 else Membership.Kind.ADULT


def _join(stage: Stage, user: User, kind: str) -> None:
    seasons = {season_of(stage.day), season_of(stage.day + timedelta(days=90))}
    for season in sorted(seasons):
        membership = enrol(
            actor=None, person=user, kind=kind, season=season, starts_on=date(season, 9, 1),
            band=user.household.family_quotient_band if user.household else "",
        )  # fmt: skip
    if kind != Membership.Kind.TEAM:
        _pay(stage, membership)


def _pay(stage: Stage, membership: Membership) -> None:
    cents = stage.rng.choice(FEES)
    add_dues(actor=None, membership=membership, kind=DuesEntry.Kind.DUE, cents=cents, on=stage.day)
    how = stage.rng.random()
    if how < 0.7:
        add_dues(actor=None, membership=membership, kind=DuesEntry.Kind.PAID, cents=cents, method="cash", on=stage.day)
    elif how < 0.85:
        add_dues(
            actor=None, membership=membership, kind=DuesEntry.Kind.COVERED, cents=cents, covered_by="Mission locale",
            on=stage.day,
        )  # fmt: skip


def _visits(stage: Stage) -> None:
    """Write ten weeks of coming and going, as the desk would have."""
    people = stage.aged(8, 99)
    rows = []
    for days in range(-70, 0, 3):
        for user in stage.rng.sample(people, 6):
            came = stage.moment(days, f"{stage.rng.randint(14, 16)}:{stage.rng.randint(10, 50)}")
            rows.append(_visit(stage, user, came, came + timedelta(minutes=stage.rng.randint(40, 150))))
    Visit.objects.bulk_create(rows)
    WalkIn.objects.bulk_create(
        WalkIn(day=stage.day - timedelta(days=days), age_band=band, gender=gender, count=stage.rng.randint(1, 5))
        for days in range(2, 70, 7)
        for band, gender in (("12-14", Gender.FEMALE), ("12-14", Gender.MALE), ("40-59", Gender.FEMALE))
    )


def _visit(stage: Stage, user: User, came: datetime, left: datetime) -> Visit:
    band = age_band(user.age_on(local(came).date()))
    return Visit(
        person=user, came_at=came, left_at=left, leaving=Visit.Leaving.FREELY, age_band=band, gender=user.gender,
        recorded_by=stage.people["facilitator"],
    )  # fmt: skip
