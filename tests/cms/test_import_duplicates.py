"""Somebody who may be here already is never made twice in silence: the preview asks, the confirmation obeys."""

import unicodedata
from datetime import date

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cms import resources, sheets
from cms.resources import members
from members.models import AuditEntry, Message, User
from place.clock import today
from tests.factories.members import AdminFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/gestion/donnees/membres/importer/"
HEAD = "prénom;nom;date de naissance;courriel\n"
LEA = HEAD + "Léa;Costa;17/05/2011;\n"


@pytest.fixture
def lea(home) -> User:
    return MemberFactory(
        username="leac", first_name="Léa", last_name="Costa", birth_date=date(2011, 5, 17), email="secret@lab.example"
    )


def preview(client, text: str):
    response = client.post(ADDRESS, {"file": SimpleUploadedFile("liste.csv", text.encode())})
    assert response.status_code == 200, response.context.get("complaints")
    return response


def confirm(client, shown, **decisions: str):
    answers = {name.replace("line_", "decide-"): value for name, value in decisions.items()}
    return client.post(ADDRESS, {"token": shown.context["token"], **answers})


def asked(response) -> dict[int, list[str]]:
    """Return the choices of each line in doubt."""
    form = response.context["decisions"]
    return {doubt.line: [value for value, _label in field.field.choices] for field, doubt in form.questions()}


def people() -> int:
    return User.objects.filter(last_name__iexact="costa").count()


@pytest.mark.parametrize(
    "row",
    [
        "Léa;Costa;17/05/2011;",
        "LEA;COSTA;17.05.2011;",
        "Costa;Léa;2011-05-17;",
        "Léa;Costa;;",
        f"{unicodedata.normalize('NFD', 'Léa')};Costa;17-05-2011;",
    ],
)
def test_somebody_who_may_be_here_is_shown_and_nothing_is_ticked(client, boss, lea, row):
    shown = preview(client, HEAD + row + "\n")
    assert asked(shown) == {2: [f"user-{lea.pk}", "new", "leave-out"]}
    assert dict(shown.context["totals"]) == {"ligne à décider": 1}
    page = shown.content.decode()
    assert "leac" in page
    assert f"{lea.age_on(today())} ans" in page
    assert " checked" not in page


def test_an_account_without_birth_date_may_be_anybody_of_that_name(client, boss, lea):
    User.objects.filter(pk=lea.pk).update(birth_date=None)
    assert list(asked(preview(client, LEA))) == [2]


def test_the_preview_shows_nothing_more_of_the_person(client, boss, lea):
    assert "secret@lab.example" not in preview(client, LEA).content.decode()


def test_the_same_name_with_another_birth_date_is_somebody_else(client, boss, lea):
    shown = preview(client, HEAD + "Léa;Costa;18/05/2011;\n")
    assert (asked(shown), dict(shown.context["totals"])) == ({}, {"nouvelle ligne": 1})


def test_a_line_that_gives_the_sign_in_name_is_not_asked_about(client, boss, lea):
    shown = preview(client, "identifiant;prénom;nom\nLEAC;Léa;Costa-Roy\n")
    assert (asked(shown), dict(shown.context["totals"])) == ({}, {"ligne modifiée": 1})


def test_confirming_without_every_decision_stores_nothing_and_keeps_the_ticks(client, boss, lea):
    shown = preview(client, LEA + "Max;Roy;;\nLea;Costa;;\n")
    again = confirm(client, shown, line_2="new")
    assert again.status_code == 422
    assert asked(again)[4] == [f"user-{lea.pk}", "line-2", "new", "leave-out"]
    page = again.content.decode()
    assert page.count(" checked") == 1
    assert not User.objects.filter(first_name="Max").exists()
    done = confirm(client, again, line_2="new", line_4="leave-out")
    assert done.context["done"] is True
    assert dict(done.context["totals"]) == {"nouvelles lignes": 2, "ligne laissée de côté": 1}


def test_the_same_person_is_changed_where_the_file_says_something(client, boss, lea):
    shown = preview(client, "prénom;nom;date de naissance;courriel;téléphone\nLéa;COSTA;17/05/2011;;06 00 00 00 01\n")
    done = confirm(client, shown, line_2=f"user-{lea.pk}")
    assert dict(done.context["totals"]) == {"ligne modifiée": 1}
    lea.refresh_from_db()
    assert (lea.username, lea.last_name, lea.phone, lea.email) == (
        "leac",
        "COSTA",
        "06 00 00 00 01",
        "secret@lab.example",
    )


def test_somebody_else_gets_an_account_of_their_own(client, boss, lea):
    done = confirm(client, preview(client, LEA), line_2="new")
    assert dict(done.context["totals"]) == {"nouvelle ligne": 1}
    assert sorted(User.objects.filter(first_name="Léa").values_list("username", flat=True)) == ["leac", "leac2"]
    assert "leac2" in done.content.decode()


def test_a_line_left_out_changes_nothing(client, boss, lea):
    done = confirm(client, preview(client, LEA), line_2="leave-out")
    assert (done.context["done"], people()) == (True, 1)
    assert not AuditEntry.objects.filter(action__startswith="member.").exists()


def test_two_lines_of_one_file_may_be_one_person(client, boss):
    text = HEAD + "Léa;Costa;17/05/2011;\nCosta;Léa;17/05/2011;lea@lab.example\n"
    shown = preview(client, text)
    assert asked(shown) == {3: ["line-2", "new", "leave-out"]}
    confirm(client, shown, line_3="line-2")
    assert User.objects.get(email="lea@lab.example").username == "leac"
    assert people() + User.objects.filter(first_name="Costa").count() == 1


def test_a_line_said_to_be_one_that_is_left_out_is_told(client, boss, lea):
    shown = preview(client, LEA + "Léa;Costa;17/05/2011;\n")
    again = confirm(client, shown, line_2="leave-out", line_3="line-2")
    assert (again.status_code, [line for line, _reason in again.context["complaints"]]) == (422, [3])
    assert confirm(client, again, line_2="leave-out", line_3=f"user-{lea.pk}").context["done"] is True


def test_a_person_made_since_the_preview_is_asked_about_instead_of_made_again(client, boss):
    shown = preview(client, LEA + "Max;Roy;;\n")
    late = MemberFactory(username="lea", first_name="LEA", last_name="Costa", birth_date=date(2011, 5, 17))
    again = confirm(client, shown)
    assert (again.status_code, asked(again)) == (422, {2: [f"user-{late.pk}", "new", "leave-out"]})
    assert (people(), User.objects.filter(first_name="Max").exists()) == (1, False)
    assert confirm(client, again, line_2=f"user-{late.pk}").context["done"] is True


@pytest.mark.parametrize("answer", ["user-{boss}", "line-3", "line-99", "nonsense", ""])
def test_an_answer_that_was_not_offered_is_no_answer(client, boss, lea, answer):
    again = confirm(client, preview(client, LEA), line_2=answer.format(boss=boss.pk))
    assert again.status_code == 422
    boss.refresh_from_db()
    assert boss.first_name == "Samia"


def test_an_account_above_ones_own_is_not_changed_by_a_decision(client, boss):
    root = AdminFactory(username="racine", first_name="Racine", last_name="Un", birth_date=date(1980, 1, 1))
    again = confirm(client, preview(client, HEAD + "Racine;Un;;pris@lab.example\n"), line_2=f"user-{root.pk}")
    assert [line for line, _reason in again.context["complaints"]] == [2]
    root.refresh_from_db()
    assert root.email == ""


def test_a_decision_of_another_persons_preview_is_worth_nothing(client, boss, lea):
    shown = preview(client, LEA)
    client.force_login(StaffFactory())
    assert confirm(client, shown, line_2="new").status_code == 302
    assert people() == 1


def test_too_many_doubts_are_told_instead_of_asked(client, boss, lea, monkeypatch):
    monkeypatch.setattr(members, "MAX_DOUBTS", 2)
    response = client.post(ADDRESS, {"file": SimpleUploadedFile("x.csv", (HEAD + "Léa;Costa;;\n" * 3).encode())})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])


@pytest.mark.parametrize("rows", [1, 60])
def test_who_is_here_is_found_out_in_a_fixed_number_of_reads(boss, django_assert_num_queries, rows):
    for number in range(rows):
        MemberFactory(first_name="Léa", last_name=f"Costa{number}")
    text = HEAD + "".join(f"Léa;Costa{number};17/05/2013;\n" for number in range(rows))
    resource = resources.KINDS["membres"](actor=boss)
    with django_assert_num_queries(1):
        resource.prepare(sheets.read(text.encode()))
    assert len(resource.doubts) == rows
    decided = {line: f"user-{doubt.accounts[0].pk}" for line, doubt in resource.doubts.items()}
    with django_assert_num_queries(3):
        resources.KINDS["membres"](actor=boss, decisions=decided).prepare(sheets.read(text.encode()))


def test_an_import_sends_nothing_and_puts_nobody_on_the_call_list(
    client, boss, lea, django_capture_on_commit_callbacks
):
    shown = preview(client, LEA + "Max;Roy;;max@lab.example\nZoé;Roy;;\n")
    with django_capture_on_commit_callbacks(execute=True):
        assert confirm(client, shown, line_2=f"user-{lea.pk}").context["done"] is True
    assert (mail.outbox, Message.objects.count()) == ([], 0)


def test_the_address_of_the_import_is_the_one_tested():
    assert reverse("lab_import", args=["membres"]) == ADDRESS
