"""Import and export: look first, all or nothing, through the services, told line by line."""

import io
from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.urls import reverse
from openpyxl import load_workbook
from wagtail.users.models import UserProfile

from cms import sheets
from machines.models import Machine, UsageSession
from machines.services.usage import record_usage
from members.models import AuditEntry, Message, User
from tests.cms.archives import workbook
from tests.factories.machines import CategoryFactory, MachineFactory
from tests.factories.members import AdminFactory, AdultFactory, MemberFactory, StaffFactory

pytestmark = pytest.mark.django_db


def send(client, kind: str, text: str, name: str = "liste.csv"):
    upload = SimpleUploadedFile(name, text.encode())
    return client.post(reverse("lab_import", args=[kind]), {"file": upload})


def store(client, kind: str, text: str):
    """Preview, then confirm."""
    preview = send(client, kind, text)
    assert preview.status_code == 200, list(preview.context["complaints"])
    return client.post(reverse("lab_import", args=[kind]), {"token": preview.context["token"]})


def totals(response) -> dict[str, int]:
    return dict(response.context["totals"])


def reasons(response) -> dict[int, str]:
    return dict(response.context["complaints"])


PEOPLE = "first_name;last_name;birth_date;email\nLéa;Costa;1990-04-01;lea@lab.example\nInès;Belkacem;17/05/2013;\n"


def test_a_preview_counts_and_stores_nothing(client, boss):
    before = User.objects.count()
    response = send(client, "membres", PEOPLE)
    assert (response.status_code, totals(response)) == (200, {"nouvelles lignes": 2})
    assert User.objects.count() == before
    assert not AuditEntry.objects.filter(action="member.created").exists()


def test_a_confirmed_list_of_members_is_stored_without_a_mail(client, boss, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = store(client, "membres", PEOPLE)
    assert response.context["done"] is True
    ines = User.objects.get(username="inesb")
    assert (ines.birth_date, ines.email, ines.has_usable_password()) == (date(2013, 5, 17), "", False)
    assert list(ines.groups.values_list("name", flat=True)) == ["member"]
    assert AuditEntry.objects.filter(action="member.created", actor=boss).count() == 2
    assert AuditEntry.objects.get(action="data.imported").actor == boss
    assert (mail.outbox, Message.objects.count()) == ([], 0)


def test_a_preview_is_confirmed_once_and_by_its_own_sender(client, boss):
    token = send(client, "membres", PEOPLE).context["token"]
    address = reverse("lab_import", args=["membres"])
    client.force_login(StaffFactory())
    assert client.post(address, {"token": token}).status_code == 302
    assert not User.objects.filter(first_name="Léa").exists()
    client.force_login(boss)
    assert client.post(address, {"token": token}).context["done"] is True
    assert client.post(address, {"token": token}).status_code == 302
    assert User.objects.filter(first_name="Léa").count() == 1


def test_wrong_rows_are_told_by_number_and_nothing_is_offered(client, boss):
    AdultFactory(email="pris@lab.example")
    text = "first_name;last_name;birth_date;email\nLéa;Costa;demain;\nBon;Rang;;\nMax;Roy;;pris@lab.example\nSam;;;x\n"
    response = send(client, "membres", text)
    assert response.status_code == 422
    assert sorted(reasons(response)) == [2, 4, 5]
    assert "demain" in reasons(response)[2]
    assert "token" not in response.context
    assert not User.objects.filter(first_name="Bon").exists()


def test_a_list_that_became_wrong_meanwhile_stores_nothing(client, boss):
    text = "first_name;last_name;email\nBon;Rang;\nLéa;Costa;lea@lab.example\n"
    token = send(client, "membres", text).context["token"]
    AdultFactory(email="lea@lab.example")
    response = client.post(reverse("lab_import", args=["membres"]), {"token": token})
    assert response.status_code == 422
    assert list(reasons(response)) == [3]
    assert not User.objects.filter(first_name="Bon").exists()


@pytest.mark.parametrize(
    ("header", "named"), [("first_name;last_name;is_superuser", "is_superuser"), ("first_name", "last_name")]
)
def test_unknown_and_missing_columns_are_named(client, boss, header, named):
    response = send(client, "membres", f"{header}\nLéa;Costa;1\n" if ";" in header else f"{header}\nLéa\n")
    assert response.status_code == 422
    assert named in str(response.context["form"].errors["file"])
    assert not User.objects.filter(first_name="Léa").exists()


def test_a_known_member_is_changed_where_the_file_says_so(client, boss):
    young = MemberFactory(username="ines", first_name="Ines", last_name="Belkacem", phone="06 00 00 00 00")
    password = young.password
    text = "username;first_name;last_name\nines;Inès;Belkacem\n"
    assert totals(send(client, "membres", text)) == {"ligne modifiée": 1}
    store(client, "membres", text)
    young.refresh_from_db()
    assert (young.first_name, young.phone, young.password) == ("Inès", "06 00 00 00 00", password)
    assert totals(send(client, "membres", text)) == {"ligne inchangée": 1}


def test_roles_come_with_the_file_but_never_above_ones_own(client, boss):
    store(client, "membres", "first_name;last_name;roles\nLéa;Costa;member mentor\n")
    lea = User.objects.get(first_name="Léa")
    assert sorted(lea.groups.values_list("name", flat=True)) == ["member", "mentor"]
    boss.groups.clear()
    boss.user_permissions.add(*_permissions("manage_members", "access_admin"))
    response = send(client, "membres", f"username;first_name;last_name;roles\n{lea.username};Léa;Costa;fab_manager\n")
    assert list(reasons(response)) == [2]
    assert sorted(lea.groups.values_list("name", flat=True)) == ["member", "mentor"]


def _permissions(*codenames: str):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=codenames)


def test_an_administrators_account_cannot_be_changed_by_a_file(client, boss):
    AdminFactory(username="racine", first_name="Racine", email="racine@lab.example")
    text = "username;first_name;last_name;email\nracine;Racine;X;moi@lab.example\n"
    assert list(reasons(send(client, "membres", text))) == [2]
    assert User.objects.get(username="racine").email == "racine@lab.example"


MACHINES = "slug;name;category;min_age;min_age_alone\ntour;Tour;bois;10;12\n"


def test_machines_are_imported_with_their_pages(client, boss):
    CategoryFactory(slug="bois")
    assert store(client, "machines", MACHINES).context["done"] is True
    assert client.get("/machines/tour/").status_code == 200
    assert Machine.objects.get().category.slug == "bois"


@pytest.mark.parametrize(
    ("row", "told"),
    [("tour;Tour;inconnue;10;12", "inconnue"), ("tour;Tour;bois;15;12", ""), ("tour;Tour;bois;dix;12", "")],
)
def test_a_machine_that_makes_no_sense_is_refused(client, boss, row, told):
    CategoryFactory(slug="bois")
    response = send(client, "machines", f"{MACHINES.splitlines()[0]}\n{row}\n")
    assert list(reasons(response)) == [2]
    assert told in reasons(response)[2]
    assert not Machine.objects.exists()


USES = "machine;started_at;ended_at;member\ntour;2026-10-01 14:00;2026-10-01T15:30:00+02:00;lea\n"


def test_uses_are_imported_once_on_the_labs_clock(client, boss):
    MachineFactory(slug="tour")
    lea = AdultFactory(username="lea")
    store(client, "utilisations", USES)
    use = UsageSession.objects.get()
    assert (use.started_at, use.ended_at) == (
        datetime(2026, 10, 1, 12, tzinfo=UTC),
        datetime(2026, 10, 1, 13, 30, tzinfo=UTC),
    )
    assert (use.member, use.attribution, use.outcome, use.source) == (lea, "staff", "completed", "import")
    assert totals(send(client, "utilisations", USES)) == {"ligne inchangée": 1}


@pytest.mark.parametrize(
    "row",
    [
        "tour;2026-10-01 15:00;2026-10-01 14:00;",
        "tour;2026-10-01 15:00;;",
        "tour;hier;2026-10-01 14:00;",
        "nul;2026-10-01;2026-10-02;",
    ],
)
def test_a_use_that_makes_no_sense_is_refused(client, boss, row):
    MachineFactory(slug="tour")
    response = send(client, "utilisations", f"{USES.splitlines()[0]}\n{row}\n")
    assert (response.status_code, list(reasons(response))) == (422, [2])
    assert not UsageSession.objects.exists()


def test_a_file_cannot_rewrite_what_a_machine_measured(client, boss):
    start, end = datetime(2026, 10, 1, 12, tzinfo=UTC), datetime(2026, 10, 1, 13, tzinfo=UTC)
    record_usage(
        MachineFactory(slug="tour"),
        source="octoprint:1",
        natural_key="7",
        job_name="boite",
        started_at=start,
        ended_at=end,
        outcome="completed",
        estimated=False,
        energy_wh=None,
        paused_seconds=0,
    )
    text = "machine;started_at;ended_at;source;natural_key\ntour;2026-10-01 10:00;2026-10-01 20:00;octoprint:1;7\n"
    store(client, "utilisations", text)
    assert UsageSession.objects.get().ended_at == end


def test_a_file_that_is_no_table_is_explained(client, boss):
    response = send(client, "membres", "PK\x03\x04", name="liste.xlsx")
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["file"]


def test_a_name_in_a_file_is_shown_as_text(client, boss):
    response = send(client, "machines", "slug;name;category\ntour;Tour;<img src=x onerror=alert(1)>\n")
    page = response.content.decode()
    assert "onerror" in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_an_export_comes_back_unchanged(client, boss, file_format):
    MemberFactory(username="ines", first_name="D'Arc", last_name="Œuf-Noël", phone="+33 6 00 00 00 00")
    response = client.get(reverse("lab_export", args=["membres", file_format]))
    assert response["Content-Disposition"].startswith("attachment")
    assert "no-store" in response["Cache-Control"]
    upload = SimpleUploadedFile(f"x.{file_format}", response.content)
    preview = client.post(reverse("lab_import", args=["membres"]), {"file": upload})
    assert totals(preview) == {"lignes inchangées": User.objects.count()}


def test_an_exported_workbook_holds_no_formula_and_no_password(client, boss):
    person = MemberFactory(first_name="=1+1")
    response = client.get(reverse("lab_export", args=["membres", "xlsx"]))
    sheet = load_workbook(io.BytesIO(response.content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=1+1" in [cell.value for cell in cells]
    assert person.password not in [cell.value for cell in cells]
    assert AuditEntry.objects.get(action="data.exported").actor == boss


def test_a_facilitator_exports_uses_and_nothing_else(client, home):
    client.force_login(StaffFactory(roles=["facilitator"]))
    given = {
        kind: client.get(reverse("lab_export", args=[kind, "csv"])).status_code for kind in ("membres", "machines")
    }
    assert given == {"membres": 403, "machines": 403}
    assert client.get(reverse("lab_export", args=["utilisations", "csv"])).status_code == 200
    assert send(client, "utilisations", USES).status_code == 403


@pytest.mark.parametrize(("kind", "file_format"), [("secrets", "csv"), ("membres", "html")])
def test_other_tables_and_formats_do_not_exist(client, boss, kind, file_format):
    assert client.get(f"/gestion/donnees/{kind}/exporter/{file_format}/").status_code == 404


def lines_of(response) -> list[int]:
    return [number for number, _reason in response.context["complaints"]]


FRENCH = "Prénom;NOM;Date de naissance;E-mail;Téléphone;Langue;Identifiant;Rôles"


def test_columns_are_understood_as_a_lab_writes_them(client, boss):
    store(
        client,
        "membres",
        f"{FRENCH}\nLéa;Costa;17/05/2011;LEA@lab.example;06;anglais;lea;membre, pair médiateur·rice\n",
    )
    lea = User.objects.get(username="lea")
    assert (lea.first_name, lea.last_name, lea.birth_date) == ("Léa", "Costa", date(2011, 5, 17))
    assert sorted(lea.groups.values_list("name", flat=True)) == ["member", "mentor"]
    assert (lea.email, lea.phone, lea.preferred_language) == ("lea@lab.example", "06", "en")


def test_a_column_that_is_there_twice_is_told(client, boss):
    response = send(client, "membres", "nom;last_name;prénom\nCosta;Roy;Léa\n")
    assert "last_name" in str(response.context["form"].errors["file"])


@pytest.mark.parametrize("written", ["17/05/2011", "17-05-2011", "17.05.2011", "2011-05-17", "17 / 5 / 2011"])
def test_a_birth_date_is_read_as_people_write_it(client, boss, written):
    store(client, "membres", f"prénom;nom;né le\nLéa;Costa;{written}\n")
    assert User.objects.get(first_name="Léa").birth_date == date(2011, 5, 17)


def test_a_date_cell_of_a_workbook_is_a_birth_date(client, boss):
    content = workbook([["prénom", "nom", "né le"], ["Léa", "Costa", datetime.fromisoformat("2011-05-17")]])
    preview = client.post(reverse("lab_import", args=["membres"]), {"file": SimpleUploadedFile("x.xlsx", content)})
    client.post(reverse("lab_import", args=["membres"]), {"token": preview.context["token"]})
    assert User.objects.get(first_name="Léa").birth_date == date(2011, 5, 17)


WRONG = {
    "Léa;Costa;31/02/2011;;;;;": "31/02/2011",
    "Léa;Costa;17/05/11;;;;;": "17/05/2011",
    "Léa;Costa;17/05/2999;;;;;": "encore arrivé",
    "=1+1;Costa;;;;;;": "aucun nom",
    "Léa;@SUM(A1);;;;;;": "aucun nom",
    "Léa;＝1;;;;;;": "aucun nom",
    "Léa;;;;;;;": "vide",
    "Léa;Costa;;pas-un-mail;;;;": "e-mail",
    "Léa;Costa;;PRIS@lab.example;;;;": "e-mail",
    "Léa;Costa;;un@lab.example;;;;": "e-mail",
    "Léa;Costa;;;;klingon;;": "klingon",
    "Léa;Costa;;;;;un espace;": "identifiant",
    "Léa;Costa;;;;;PREMIER;": "ligne 2",
    "Léa;Costa;;;;;;chef": "chef",
    "Léa;Costa;;;;;;admin member": "admin",
}


@pytest.mark.parametrize(("row", "told"), WRONG.items(), ids=list(WRONG))
def test_a_bad_row_is_told_with_its_line_and_why(client, boss, row, told):
    AdultFactory(email="pris@lab.example")
    text = f"{FRENCH}\nUn;Deux;;un@lab.example;;;premier;\n\n;;;;;;;;\n{row}\n"
    response = send(client, "membres", text)
    assert (response.status_code, lines_of(response)) == (422, [5])
    assert told in reasons(response)[5]
    assert not User.objects.filter(username="premier").exists()


def test_a_role_above_ones_own_is_told_with_its_line(client, boss):
    boss.groups.clear()
    boss.user_permissions.add(*_permissions("manage_members", "access_admin"))
    response = send(client, "membres", f"{FRENCH}\nLéa;Costa;;;;;;\nMax;Roy;;;;;;fab_manager\n")
    assert lines_of(response) == [3]
    assert "rôle" in reasons(response)[3]


def test_bad_rows_are_told_in_the_readers_language(client, boss):
    UserProfile.get_for_user(boss)
    UserProfile.objects.filter(user=boss).update(preferred_language="en")
    response = send(client, "membres", "first_name;last_name;birth_date\nLéa;Costa;demain\n")
    assert reasons(response)[2] == "birth_date: “demain” is no date. Write it like 17/05/2011."


def test_an_empty_cell_leaves_what_is_there(client, boss):
    MemberFactory(username="ines", first_name="Inès", last_name="Roy", email="ines@lab.example", phone="06")
    store(client, "membres", f"{FRENCH}\nInes;Roy;;;;;ines;\n")
    ines = User.objects.get(username="ines")
    assert (ines.first_name, ines.email, ines.phone, ines.birth_date) == (
        "Ines",
        "ines@lab.example",
        "06",
        date(2013, 5, 17),
    )


def test_the_page_of_what_was_done_names_every_line(client, boss):
    MemberFactory(username="ines", first_name="Inès", last_name="Roy")
    MemberFactory(username="max", first_name="Max", last_name="Roy")
    done = store(client, "membres", "username;first_name;last_name\nines;Ines;Roy\nmax;Max;Roy\n;Léa;Costa\n")
    assert totals(done) == {"nouvelle ligne": 1, "ligne modifiée": 1, "ligne inchangée": 1}
    assert [(line, who, str(fate)) for line, who, fate in done.context["fates"]] == [
        (2, "Ines Roy (ines)", "modifié"),
        (3, "Max Roy (max)", "inchangé"),
        (4, "Léa Costa (leac)", "nouveau"),
    ]


def test_a_file_that_is_too_big_is_never_read_into_memory(client, boss, monkeypatch):
    monkeypatch.setattr(TemporaryUploadedFile, "read", lambda *_args: pytest.fail("read"))
    response = send(client, "membres", "x" * (sheets.MAX_BYTES + 1))
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])


def test_a_double_tap_stores_once(client, boss, monkeypatch):
    token = send(client, "membres", PEOPLE).context["token"]
    monkeypatch.setattr(cache, "delete", lambda _key: False)  # the other tap was first
    assert client.post(reverse("lab_import", args=["membres"]), {"token": token}).status_code == 302
    assert not User.objects.filter(first_name="Léa").exists()
