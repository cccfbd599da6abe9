"""Invented people: nobody here exists. E-mails end in .example or example.org, telephones are kept for fiction."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.hashers import make_password

from cms.demo.stage import Stage
from members import roles
from members.models import Channel, User
from members.services import create_member

PASSWORD = "demo"  # noqa: S105 -- printed at start, and only ever in a demonstration
DAYS_PAST_BIRTHDAY = 100
YOUNG, GROWN_UP = 35, 19  # with the six of CAST who are members: 38 under 18 among 60
WITHOUT_EMAIL, WITHOUT_PHONE = 19, 6


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the contract names; `age` on the day, None where it does not matter."""

    username: str
    first_name: str
    last_name: str
    age: int
    roles: tuple[str, ...]
    email: bool = True


CAST = (
    Person("ines", "Inès", "Belcastel", 13, (roles.MEMBER,), email=False),
    Person("karim", "Karim", "Dourzane", 16, (roles.MEMBER,)),
    Person("lea", "Léa", "Mirandole", 34, (roles.MEMBER,)),
    Person("sam", "Sam", "Tisserel", 27, (roles.MEMBER,)),
    Person("nora", "Nora", "Belcastel", 41, (roles.MEMBER,)),
    Person("yanis", "Yanis", "Ferradin", 17, (roles.MEMBER, roles.MENTOR)),
    Person("fabmanager", "Maud", "Escartel", 38, (roles.FAB_MANAGER,)),
    Person("facilitator", "Idir", "Lavandol", 29, (roles.FACILITATOR,)),
    Person("director", "Solange", "Pradière", 52, (roles.DIRECTOR,)),
    Person("accueil", "Rosa", "Ventadour", 45, (roles.DESK,)),
    Person("editor", "Théo", "Garrigual", 31, (roles.EDITOR,)),
)

GENDERS = {"ines": "f", "lea": "f", "nora": "f", "karim": "m", "sam": "m", "yanis": "m"}
GIRLS = (
    "Aïcha", "Alba", "Assia", "Bianca", "Camille", "Chloé", "Dounia", "Elif", "Emma", "Fatou", "Giulia", "Hana",
    "Jade", "Kenza", "Lina", "Louise", "Maëlys", "Mina", "Nadia", "Ornella", "Rania", "Rose", "Safia", "Zoé",
)  # fmt: skip
BOYS = (
    "Adam", "Amine", "Bilal", "Côme", "Diego", "Élio", "Enzo", "Farès", "Gaël", "Hugo", "Ilyes", "Joaquim", "Kaïs",
    "Lenny", "Malo", "Mehdi", "Naël", "Noé", "Oscar", "Paolo", "Rayan", "Sacha", "Timéo", "Tiago", "Wassim", "Youri",
    "Zakary", "Abel", "Basile", "Corentin",
)  # fmt: skip
SURNAMES = (
    "Abrizel", "Aubanelle", "Bastidonne", "Benzarel", "Calissane", "Carmagnel", "Djouvali", "Estérelle", "Fontarelle",
    "Gaudissard", "Haddourel", "Jonquiral", "Kermazin", "Lubéronde", "Marzoudi", "Mistralet", "Nerthelin", "Olivastre",
    "Pelissanel", "Quintaval", "Roumanille", "Safrandol", "Tamarisse", "Vernègol", "Yassarel", "Zibeline",
)  # fmt: skip


def load(stage: Stage) -> None:
    """Make the administrator, the people of the contract and some fifty more."""
    stage.people["admin"] = _administrator(stage)
    for person in CAST:
        stage.people[person.username] = _cast(stage, person)
    _members(stage)
    _let_sign_in()


def _administrator(stage: Stage) -> User:
    """Nobody can be the actor yet: the first account makes the others."""
    admin, _password = create_member(
        actor=None, username="admin", first_name="Alex", last_name="Calanquin", birth_date=born(stage.day, 40, 0),
        email="admin@canlab.example", roles=(), sign_in=False,
    )  # fmt: skip
    admin.is_staff = admin.is_superuser = True
    admin.save(update_fields=["is_staff", "is_superuser"])
    return admin


def _cast(stage: Stage, person: Person) -> User:
    works_here = not set(person.roles) & {roles.MEMBER}
    member, _password = create_member(
        actor=stage.admin,
        username=person.username,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=born(stage.day, person.age, DAYS_PAST_BIRTHDAY),
        email=f"{person.username}@{'canlab.example' if works_here else 'example.org'}" if person.email else "",
        phone=fiction_phone(len(stage.people)),
        gender=GENDERS.get(person.username, ""),
        roles=person.roles,
        sign_in=False,
    )
    return member


def _members(stage: Stage) -> None:
    names = _names(stage)
    ages = [stage.rng.randint(8, 16) for _i in range(YOUNG - 1)] + [17]
    ages += [stage.rng.randint(18, 71) for _i in range(GROWN_UP)]
    quiet = set(stage.rng.sample(range(len(ages)), WITHOUT_EMAIL))
    unreachable = set(stage.rng.sample(range(len(ages)), WITHOUT_PHONE))
    mentors = {YOUNG - 1, YOUNG, YOUNG + 1, YOUNG + 2}
    for number, (age, (first, last)) in enumerate(zip(ages, names, strict=True)):
        member, _password = create_member(
            actor=stage.admin,
            first_name=first,
            last_name=last,
            birth_date=born(stage.day, age, stage.rng.randint(70, 300)),
            email="" if number in quiet else f"famille-{number + 1}@example.org",
            phone="" if number in unreachable else fiction_phone(20 + number),
            gender="f" if first in GIRLS else "m",
            roles=(roles.MEMBER, roles.MENTOR) if number in mentors else (roles.MEMBER,),
            channel=stage.rng.choice((Channel.DESK, Channel.DESK, Channel.PAPER, Channel.PARTNER)),
            sign_in=False,
        )
        stage.people[f"member-{number}"] = member


def _names(stage: Stage) -> list[tuple[str, str]]:
    """Return as many names as there are members to invent, 45 % of them girls'."""
    firsts = [*GIRLS, *BOYS]
    stage.rng.shuffle(firsts)
    lasts = [*SURNAMES, *SURNAMES, *SURNAMES][: len(firsts)]
    stage.rng.shuffle(lasts)
    return list(zip(firsts, lasts, strict=True))


def _let_sign_in() -> None:
    """Give everybody of the contract the password, hashed once and always alike."""
    encoded = make_password(PASSWORD, salt="demonstration")
    User.objects.filter(username__in=["admin", *(person.username for person in CAST)]).update(password=encoded)


def born(day: date, age: int, days_past_birthday: int) -> date:
    """Return a birth date that makes somebody this old on a day, that many days after the birthday."""
    return day - timedelta(days=round(365.25 * age) + max(days_past_birthday, 2))


def fiction_phone(number: int) -> str:
    """Return one of the mobile numbers that the regulator keeps for films and books (06 39 98)."""
    return f"06 39 98 {number // 100:02} {number % 100:02}"
