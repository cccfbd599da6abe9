from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from members import services
from members.models import ApiToken, AuditEntry, JoinRequest, User
from members.queries import search_members, valid_token
from members.roles import ROLES
from members.services.people import CARD_ALPHABET
from members.tokens import SCOPES, token_digest
from tests.factories.members import AdminFactory, AdultFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=1)


def new_member(actor=None, **more) -> tuple[User, str]:
    values = {"first_name": "Zoë", "last_name": "Çelik-Ünal", "birth_date": date(2012, 3, 4)}
    return services.create_member(actor=actor, **{**values, **more})


# --- accounts made at the desk ---


@pytest.mark.parametrize(
    ("first", "last", "username"),
    [
        ("Zoë", "Çelik", "zoec"),
        ("Jean-Éric", "D'Amico", "jeanericd"),
        ("Łukasz", "Ng", "ukaszn"),
        ("李", "雷", "membre"),
        ("  Inès ", " Martin", "inesm"),
        ("x" * 150, "y", "x" * 100 + "y"),
    ],
)
def test_sign_in_names_are_plain_and_short(first: str, last: str, username: str) -> None:
    assert services.free_username(first, last) == username


def test_a_taken_name_gets_a_number_whatever_its_case() -> None:
    MemberFactory(username="INESM")
    assert services.free_username("Inès", "Martin") == "inesm2"
    MemberFactory(username="inesm2")
    MemberFactory(username="inesma")
    assert services.free_username("Inès", "Martin") == "inesm3"


def test_a_member_is_made_with_a_password_that_works_and_is_not_stored(manager: User) -> None:
    member, password = new_member(manager, email=" Zoe@Lab.Example ")
    assert member.check_password(password)
    assert password not in str(User.objects.filter(pk=member.pk).values().get())
    assert (member.email, [group.name for group in member.groups.all()]) == ("zoe@lab.example", ["member"])
    assert AuditEntry.objects.filter(actor=manager, action="member.created", subject=f"user:{member.pk}").exists()


def test_passwords_are_readable_and_differ() -> None:
    made = {services.readable_password() for _ in range(50)}
    assert len(made) == 50
    assert all(set(password) <= set(CARD_ALPHABET) | {"-"} and len(password) == 14 for password in made)
    assert not set(CARD_ALPHABET) & set("ilo01")


@pytest.mark.parametrize("twin", [{"email": "ZOE@lab.example"}, {"username": "ZOEC"}])
def test_names_and_addresses_are_used_once_whatever_their_case(twin: dict) -> None:
    MemberFactory(username="zoec", email="zoe@lab.example")
    with pytest.raises(ValidationError):
        new_member(**twin)


def test_many_people_have_no_address() -> None:
    assert [new_member()[0].email, new_member()[0].email] == ["", ""]


def test_the_database_refuses_a_second_address_too() -> None:
    MemberFactory(email="zoe@lab.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        MemberFactory(email="ZOE@LAB.example")


def test_nobody_is_born_tomorrow(manager: User) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(ValidationError, match="birth_date"):
        new_member(manager, birth_date=tomorrow)
    with pytest.raises(ValidationError, match="birth_date"):
        services.ask_to_join(first_name="A", last_name="B", birth_date=tomorrow)


# --- roles nobody can exceed ---


@pytest.mark.parametrize("role", ["visitor", "member", "mentor", "facilitator", "editor"])
def test_only_who_manages_members_touches_accounts(role: str) -> None:
    actor, other = StaffFactory(roles=[role]), MemberFactory(first_name="Inès")
    for act in (
        lambda: new_member(actor),
        lambda: services.update_member(actor=actor, member=other, first_name="X"),
        lambda: services.update_member(actor=actor, member=actor, birth_date=date(1990, 1, 1)),
        lambda: services.renew_password(actor=actor, member=other),
        lambda: services.deactivate_member(actor=actor, member=other, reason="x"),
        lambda: services.set_roles(actor=actor, member=other, roles=["visitor"]),
        lambda: services.set_roles(actor=actor, member=actor, roles=["member", role]),
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            act()
    other.refresh_from_db()
    assert (other.first_name, other.is_active, User.objects.count()) == ("Inès", True, 2)


@pytest.mark.parametrize(
    ("actor_role", "role", "allowed"),
    [
        ("fab_manager", "facilitator", True),
        ("fab_manager", "fab_manager", True),
        ("fab_manager", "director", False),
        ("fab_manager", "editor", True),
        ("director", "director", True),
        ("director", "fab_manager", True),
    ],
)
def test_a_role_with_more_rights_cannot_be_given(actor_role: str, role: str, allowed: bool) -> None:
    actor, other = StaffFactory(roles=[actor_role]), MemberFactory()
    if allowed:
        services.set_roles(actor=actor, member=other, roles=[role])
    else:
        with pytest.raises(PermissionDenied), transaction.atomic():
            services.set_roles(actor=actor, member=other, roles=[role])
    held = set(other.groups.values_list("name", flat=True))
    assert held == ({role} if allowed else {"member"})


def test_nobody_raises_himself() -> None:
    manager = StaffFactory()
    with pytest.raises(PermissionDenied), transaction.atomic():
        services.set_roles(actor=manager, member=manager, roles=["director"])
    assert not User.objects.get(pk=manager.pk).has_perm("booking.waive_age_rules")


@pytest.mark.parametrize("above", [lambda: StaffFactory(roles=["director"]), AdminFactory])
def test_an_account_with_more_rights_is_not_to_be_touched(manager: User, above) -> None:
    other = above()
    before = User.objects.filter(pk=other.pk).values().get()
    for act in (
        lambda: services.update_member(actor=manager, member=other, email="moi@lab.example"),
        lambda: services.renew_password(actor=manager, member=other),
        lambda: services.deactivate_member(actor=manager, member=other, reason="x"),
        lambda: services.set_roles(actor=manager, member=other, roles=["member"]),
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            act()
    assert User.objects.filter(pk=other.pk).values().get() == before


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "password", "username", "groups", "is_active"])
def test_no_form_can_raise_rights(manager: User, field: str) -> None:
    with pytest.raises(ValidationError):
        services.update_member(actor=manager, member=MemberFactory(), **{field: True})


def test_changing_a_person_is_checked_and_logged(manager: User) -> None:
    other = MemberFactory()
    with pytest.raises(ValidationError), transaction.atomic():
        services.update_member(actor=manager, member=other, email="pas une adresse")
    services.update_member(actor=manager, member=User.objects.get(pk=other.pk), first_name="Lila", phone="")
    other.refresh_from_db()
    assert other.first_name == "Lila"
    assert AuditEntry.objects.get(action="member.updated").detail == {"fields": ["first_name", "phone"]}


def test_roles_grow_by_the_table_only() -> None:
    rights = {role: set(found) for role, found in ROLES.items()}
    assert rights["visitor"] == rights["member"] == rights["mentor"] == set()
    assert rights["facilitator"] < rights["fab_manager"] < rights["director"]
    assert not any(right.startswith(("members.change_user", "auth.")) for found in rights.values() for right in found)


def test_every_right_of_the_table_exists() -> None:
    director = StaffFactory(roles=["director"])
    missing = ROLES["director"] - director.get_all_permissions()
    assert {right for right in missing if not right.startswith(("wagtail", "cms"))} == set()


def test_a_closed_account_loses_its_tokens_and_keeps_its_history(manager: User) -> None:
    other = MemberFactory()
    _token, plain = services.create_token(user=other, name="x")
    services.deactivate_member(actor=manager, member=other, reason="départ")
    assert valid_token(plain, timezone.now()) is None
    assert ApiToken.objects.get().revoked_at is not None
    assert User.objects.filter(pk=other.pk, is_active=False).exists()


def test_a_new_password_ends_the_old_one(manager: User) -> None:
    other = MemberFactory(password="ancien-mot-42")
    fresh = services.renew_password(actor=manager, member=other)
    other.refresh_from_db()
    assert (other.check_password(fresh), other.check_password("ancien-mot-42")) == (True, False)


# --- tokens ---


def test_only_the_digest_of_a_token_is_kept(settings) -> None:
    token, plain = services.create_token(user=MemberFactory(), name="mon script")
    stored = str(ApiToken.objects.filter(pk=token.pk).values().get())
    assert plain not in stored
    assert (len(plain) > 40, plain.startswith("lab_")) == (True, True)
    digest = token_digest(plain)
    settings.SECRET_KEY = "tout autre chose"
    assert token_digest(plain) == digest == token.digest


def test_a_token_lives_until_it_expires_or_is_revoked() -> None:
    owner, now = MemberFactory(), timezone.now()
    token, plain = services.create_token(user=owner, name="x", lifetime=timedelta(days=1))
    assert valid_token(plain, now) == token
    assert valid_token(plain, token.expires_at) is None
    assert valid_token(plain + "x", now) is None
    services.revoke_token(actor=owner, token=token)
    assert valid_token(plain, now) is None


def test_a_revoked_token_keeps_the_moment_of_its_revocation() -> None:
    owner = MemberFactory()
    token, _plain = services.create_token(user=owner, name="x")
    services.revoke_token(actor=owner, token=token)
    first = ApiToken.objects.get().revoked_at
    services.revoke_token(actor=owner, token=token)
    assert ApiToken.objects.get().revoked_at == first


def test_a_stranger_revokes_no_token_of_others() -> None:
    token, plain = services.create_token(user=MemberFactory(), name="x")
    with pytest.raises(PermissionDenied):
        services.revoke_token(actor=MemberFactory(), token=token)
    assert valid_token(plain, timezone.now()) == token


@pytest.mark.parametrize("scopes", [[], ["tout"], ["reservations:read", "admin"]])
def test_tokens_need_known_scopes(scopes: list[str]) -> None:
    with pytest.raises(ValidationError):
        services.create_token(user=MemberFactory(), name="x", scopes=scopes)


def test_scopes_are_kept_as_asked() -> None:
    owner = MemberFactory()
    assert services.create_token(user=owner, name="x")[0].scopes == sorted(SCOPES)
    assert services.create_token(user=owner, name="x", scopes=["usage:read"] * 2)[0].scopes == ["usage:read"]


# --- joining requests ---


def asked(**more) -> JoinRequest:
    values = {"first_name": "Zoë", "last_name": "Çelik", "birth_date": date(2012, 3, 4), "email": "zoe@lab.example"}
    return services.ask_to_join(**{**values, **more})


def test_a_request_becomes_an_account(manager: User) -> None:
    request = asked()
    member, password = services.accept_join(actor=manager, join_request=request)
    request.refresh_from_db()
    assert (request.state, request.member, request.decided_by) == ("accepted", member, manager)
    assert (member.username, member.birth_date, member.check_password(password)) == ("zoec", date(2012, 3, 4), True)


def test_a_request_is_answered_once(manager: User) -> None:
    request = asked()
    services.decline_join(actor=manager, join_request=request)
    for act in (services.accept_join, services.decline_join):
        with pytest.raises(ValidationError), transaction.atomic():
            act(actor=manager, join_request=request)
    assert User.objects.filter(first_name="Zoë").count() == 0


def test_a_request_that_cannot_become_an_account_stays_pending(manager: User) -> None:
    MemberFactory(email="ZOE@lab.example")
    request = asked()
    with pytest.raises(ValidationError):
        services.accept_join(actor=manager, join_request=request)
    request.refresh_from_db()
    assert request.state == "pending"


def test_only_who_manages_members_answers_requests() -> None:
    request = asked()
    for act in (services.accept_join, services.decline_join):
        with pytest.raises(PermissionDenied), transaction.atomic():
            act(actor=AdultFactory(), join_request=request)
    request.refresh_from_db()
    assert request.state == "pending"


# --- small reads ---


def test_people_are_found_by_every_word() -> None:
    found = MemberFactory(first_name="Inès", last_name="Martin", username="inesm")
    MemberFactory(first_name="Inès", last_name="Durand")
    MemberFactory(first_name="Inès", last_name="Martin", is_active=False)
    assert [*search_members("inès MART")] == [found]
    assert [*search_members("inesm")] == [found]


def test_the_wall_shows_a_first_name_and_an_initial() -> None:
    assert User(first_name="Inès", last_name="Martin", username="x").short_name == "Inès M."
    assert User(first_name="", last_name="", username="inesm").short_name == "inesm"


@pytest.mark.parametrize(("day", "age"), [(date(2026, 5, 16), 12), (date(2026, 5, 17), 13), (date(2013, 5, 17), 0)])
def test_age_changes_on_the_birthday(day: date, age: int) -> None:
    assert User(birth_date=date(2013, 5, 17)).age_on(day) == age
    assert User().age_on(day) is None


def test_moments_are_stored_with_a_zone() -> None:
    entry = services.record(actor=None, action="x", subject="user:1")
    assert entry.at.astimezone(UTC) <= datetime.now(UTC)


def test_somebody_from_an_imported_list_cannot_sign_in_until_the_desk_gives_a_password(manager: User) -> None:
    member, password = new_member(manager, sign_in=False)
    assert (password, member.has_usable_password()) == ("", False)
    assert User.objects.get(pk=member.pk).check_password("") is False
    fresh = services.renew_password(actor=manager, member=member)
    assert member.check_password(fresh)
