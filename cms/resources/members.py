"""People from a file: the known ones changed, the new ones made, the doubtful ones decided by somebody."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.fields import Field
from import_export.results import RowResult

from cms.duplicates import Person, possible_duplicates
from cms.resources.base import LINE, LabResource
from cms.resources.widgets import DayWidget, LanguageWidget, MailWidget, NameWidget, RolesWidget, held_in_order
from cms.services.imports import Known, import_member, known_people
from cms.sheets import Sheet
from members.models import User

NEW, LEAVE_OUT = "new", "leave-out"
ON_LINE, ACCOUNT = "line-", "user-"
MAX_DOUBTS = 300


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line that may be somebody who is already there: what it says, and who that may be."""

    line: int
    says: list[tuple[str, str]]
    accounts: list[Known]
    lines: list[int]

    @property
    def choices(self) -> set[str]:
        accounts = {f"{ACCOUNT}{one.pk}" for one in self.accounts}
        return {NEW, LEAVE_OUT} | accounts | {f"{ON_LINE}{line}" for line in self.lines}


class MemberResource(LabResource):
    needed = ("first_name", "last_name")
    also_called = {
        "username": ("identifiant", "nom d’utilisateur", "pseudo", "login", "sign-in name"),
        "first_name": ("prénom", "prénoms", "given name"),
        "last_name": ("nom", "nom de famille", "surname", "family name"),
        "birth_date": ("date de naissance", "naissance", "né le", "née le", "date of birth", "birthday"),
        "email": ("courriel", "mail", "adresse e-mail", "adresse mail"),
        "phone": ("téléphone", "tél.", "portable", "mobile", "numéro de téléphone"),
        "preferred_language": ("langue", "language"),
        "roles": ("rôles", "rôle", "role"),
    }

    first_name = Field("first_name", "first_name", NameWidget())
    last_name = Field("last_name", "last_name", NameWidget())
    birth_date = Field("birth_date", "birth_date", DayWidget())
    email = Field("email", "email", MailWidget())
    preferred_language = Field("preferred_language", "preferred_language", LanguageWidget())
    roles = Field("role_names", "roles", RolesWidget())

    class Meta(LabResource.Meta):
        model = User
        import_id_fields = ("username",)
        fields = ("username", "first_name", "last_name", "birth_date", "email", "phone", "preferred_language", "roles")
        export_order = fields

    def dehydrate_roles(self, member: User) -> str:
        return " ".join(_held(member))

    def get_queryset(self) -> Any:
        return User.objects.prefetch_related("groups").order_by("username")

    def prepare(self, sheet: Sheet) -> None:
        """Find out who is already there: one read of all names for the whole file, one of those it changes."""
        super().prepare(sheet)
        rows = dict(zip(sheet.lines, sheet.dict, strict=True))
        known = list(known_people())
        self.mails = {one.email.lower(): one.pk for one in known if one.email}
        self._name_accounts(rows, known)
        self._find_doubts(rows, known)
        self._decide()
        self.accounts = {one.pk: one for one in self.get_queryset().filter(pk__in=set(self.account_of.values()))}
        self.saved: dict[int, User] = {}

    def _name_accounts(self, rows: dict[int, Any], known: list[Known]) -> None:
        accounts = {_sign_in_key(one.username): one.pk for one in known}
        self.account_of: dict[int, int] = {}
        self.line_of: dict[str, int] = {}
        for line, row in rows.items():
            if key := _sign_in_key(row["username"]):
                self.line_of.setdefault(key, line)
                if key in accounts:
                    self.account_of[line] = accounts[key]

    def _find_doubts(self, rows: dict[int, Any], known: list[Known]) -> None:
        by_mark = {f"{ACCOUNT}{one.pk}": one for one in known}
        said = (_person(line, row) for line, row in rows.items())
        people = (Person(mark, one.first_name, one.last_name, one.birth_date) for mark, one in by_mark.items())
        for mark, alike in possible_duplicates(filter(_has_name, said), people).items():
            line = _line(mark)
            accounts = [by_mark[one.mark] for one in alike if one.mark in by_mark]
            lines = [_line(one.mark) for one in alike if one.mark not in by_mark]
            self._doubt(Doubt(line, self._says(rows[line]), accounts, self._not_of(accounts, lines)))
        _refuse_many(len(self.doubts))

    def _not_of(self, accounts: list[Known], lines: list[int]) -> list[int]:
        """Leave out the lines that name one of these accounts: it is offered already."""
        offered = {one.pk for one in accounts}
        return [line for line in lines if self.account_of.get(line) not in offered]

    def _doubt(self, doubt: Doubt) -> None:
        if doubt.line not in self.account_of:
            self.doubts[doubt.line] = doubt

    def _decide(self) -> None:
        self.decisions = {
            line: self.given[line] for line, doubt in self.doubts.items() if self.given.get(line) in doubt.choices
        }
        self.open_lines = frozenset(self.doubts.keys() - self.decisions.keys())
        for line, choice in self.decisions.items():
            if choice.startswith(ACCOUNT):
                self.account_of[line] = int(choice.removeprefix(ACCOUNT))

    def _says(self, row: Any) -> list[tuple[str, str]]:
        return [(self.label(column), value) for column, value in row.items() if value]

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        super().before_import_row(row, **kwargs)
        first = self.line_of.get(_sign_in_key(row["username"]), row[LINE])
        if first != row[LINE]:
            told = _("This sign-in name is already on line %(line)d.")
            raise ValidationError({"username": told % {"line": first}})

    def get_instance(self, instance_loader: Any, row: Any) -> User | None:
        line = row[LINE]
        choice = self.decisions.get(line, "")
        if choice.startswith(ON_LINE):
            return self._on_line(_line(choice))
        return self.accounts.get(self.account_of.get(line, 0))

    def _on_line(self, line: int) -> User:
        if line not in self.saved:
            told = _("Line %(line)d, said to be the same person, is not stored.")
            raise ValidationError(told % {"line": line})
        return self.saved[line]

    def after_init_instance(self, instance: User, new: bool, row: Any, **_kwargs: Any) -> None:
        instance.role_names = [] if new else _held(instance)

    def import_field(self, field: Field, instance: User, row: Any, is_m2m: Any = False, **kwargs: Any) -> None:
        """An empty cell leaves what is there; a new person has both names."""
        if row.get(field.column_name):
            super().import_field(field, instance, row, is_m2m, **kwargs)
        elif field.column_name in self.needed and not instance.pk:
            raise ValueError(_("This cell is empty."))

    def skip_row(self, instance: User, original: User, row: Any, import_validation_errors: Any = None) -> bool:
        if self.decisions.get(row[LINE]) == LEAVE_OUT:
            return True
        if row[LINE] in self.open_lines:
            return not import_validation_errors
        if super().skip_row(instance, original, row, import_validation_errors):
            self.saved[row[LINE]] = instance
            return True
        return False

    def save_instance(self, instance: User, is_create: bool, row: Any, **_kwargs: Any) -> None:
        if row.get("email") and self.mails.get(instance.email, instance.pk) != instance.pk:
            raise ValidationError({"email": _("Another account, or an earlier line, already has this e-mail.")})
        said = [field for field in self.get_import_fields() if row.get(field.column_name)]
        details = {field.attribute: getattr(instance, field.attribute) for field in said}
        roles = details.pop("role_names", None)
        stored = import_member(actor=self.actor, member=None if is_create else instance, roles=roles, details=details)
        instance.pk, instance.username = stored.pk, stored.username
        instance._prefetched_objects_cache = {}
        self.saved[row[LINE]] = instance
        if instance.email:
            self.mails[instance.email] = stored.pk

    def fate(self, line: int, row: RowResult) -> str:
        if not row.is_skip():
            return super().fate(line, row)
        if line in self.open_lines:
            return "open"
        return "left_out" if self.decisions.get(line) == LEAVE_OUT else "skip"

    def who(self, line: int, row: RowResult) -> str:
        name = super().who(line, row)
        return f"{name} ({self.saved[line].username})" if line in self.saved else name


def _held(member: User) -> list[str]:
    return held_in_order({group.name for group in member.groups.all()})


def _sign_in_key(username: str) -> str:
    return User.normalize_username(username).lower()


def _line(mark: str) -> int:
    return int(mark.removeprefix(ON_LINE))


def _person(line: int, row: Any) -> Person:
    return Person(f"{ON_LINE}{line}", row["first_name"], row["last_name"], _day(row.get("birth_date", "")))


def _has_name(person: Person) -> bool:
    return bool(person.first_name and person.last_name)


def _day(value: str) -> date | None:
    """Return the day of a cell; a wrong one is told with its row."""
    try:
        return DayWidget().clean(value)
    except ValueError:
        return None


def _refuse_many(count: int) -> None:
    if count > MAX_DOUBTS:
        told = ngettext(
            "%(count)d line looks like somebody who is already there: too many to decide one by one. "
            "Give their sign-in names in a column “username”, or send the file in parts.",
            "%(count)d lines look like people who are already there: too many to decide one by one. "
            "Give their sign-in names in a column “username”, or send the file in parts.",
            count,
        )
        raise ValidationError(told, params={"count": count})
