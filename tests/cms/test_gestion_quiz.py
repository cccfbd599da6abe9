"""The quiz at the back office: questions, import and export, printed sheets, results keyed in."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from machines.models import Choice, PaperSheet, Question, QuizAttempt
from members.models import AuditEntry
from tests.cms.acts import post
from tests.factories.machines import CategoryFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.quiz import AttemptFactory, QuestionFactory, SheetFactory, asked, passed_quiz

pytestmark = pytest.mark.django_db
GOOD = "! Un ?\nA. x\nB. y\nANSWER: B\n\nDeux ?\nA. x\nB. y\nANSWER: A\n"
BAD = "Un ?\nA. x\n\nDeux ?\nA. x\nB. y\nANSWER: C\n"


def question_form(category, **changes) -> dict:
    blank = {"category": category.pk, "text": "Où ?", "choice_A": "ici", "choice_B": "là", "right": "B"}
    return blank | changes


def text(response) -> str:
    return response.content.decode()


def test_a_manager_writes_a_question(client, boss):
    category = CategoryFactory()
    data = question_form(category, choice_C="ailleurs", safety="on", explanation="Car.")
    assert post(client, "lab_question_create", data).status_code == 302
    row = Question.objects.get()
    assert (row.text, row.safety, row.explanation, row.choices.count()) == ("Où ?", True, "Car.", 3)
    assert Choice.objects.get(right=True).text == "là"
    assert AuditEntry.objects.filter(action="question.created", actor=boss).count() == 1


@pytest.mark.parametrize(
    "wrong", [{"choice_D": "trou"}, {"right": "C"}, {"choice_B": ""}, {"choice_B": "ici"}, {"text": "! Où ?"}]
)
def test_a_question_that_makes_no_sense_is_explained(client, boss, wrong):
    response = post(client, "lab_question_create", question_form(CategoryFactory(), **wrong))
    assert (response.status_code, bool(response.context["form"].errors)) == (200, True)
    assert not Question.objects.exists()


def test_editing_shows_the_question_and_changes_no_past_attempt(client, boss):
    question = QuestionFactory(text="Avant ?")
    attempt = AttemptFactory(category=question.category, questions=asked("B"))
    page = client.get(reverse("lab_question_edit", args=[question.pk]))
    initial = page.context["form"].initial
    assert (initial["text"], initial["right"], initial["choice_C"]) == ("Avant ?", "B", "réponse C")
    data = question_form(question.category, text="Après ?")
    assert post(client, "lab_question_edit", data, question.pk).status_code == 302
    question.refresh_from_db()
    attempt.refresh_from_db()
    assert (question.text, attempt.questions) == ("Après ?", asked("B"))


def test_a_retired_question_leaves_the_list_for_another(client, boss):
    question = QuestionFactory(text="Vieille ?")
    assert post(client, "lab_question_retire", {}, question.pk).status_code == 302
    assert "Vieille ?" not in text(client.get(reverse("lab_questions")))
    assert "Vieille ?" in text(client.get(reverse("lab_questions"), {"retired": "on"}))


def test_the_list_keeps_to_the_chosen_machines(client, boss):
    shown, hidden = QuestionFactory(text="Montrée ?"), QuestionFactory(text="Cachée ?")
    page = text(client.get(reverse("lab_questions"), {"category": shown.category_id}))
    assert ("Montrée ?" in page, hidden.text in page) == (True, False)


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_takes_the_same_queries_for_one_question_and_many(client, boss, count, django_assert_num_queries):
    category = CategoryFactory()
    QuestionFactory.create_batch(count, category=category)
    client.get(reverse("lab_questions"))
    with django_assert_num_queries(14):
        client.get(reverse("lab_questions"))


def test_a_facilitator_prints_and_keys_in_but_writes_nothing(client, home):
    QuestionFactory()
    client.force_login(StaffFactory(roles=["facilitator"]))
    page = text(client.get(reverse("lab_questions")))
    offered = [reverse(name) in page for name in ("lab_quiz_sheet_make", "lab_quiz_record")]
    closed = [reverse(name) in page for name in ("lab_question_create", "lab_question_import")]
    assert (offered, closed, "retirer" in page) == ([True, True], [False, False], False)


@pytest.mark.parametrize("way", ["text", "file"])
def test_questions_are_imported_pasted_or_from_a_file(client, boss, way):
    content = SimpleUploadedFile("q.txt", GOOD.replace("\n", "\r\n").encode("utf-8-sig")) if way == "file" else GOOD
    response = post(client, "lab_question_import", {"category": CategoryFactory().pk, way: content})
    assert response.status_code == 302
    assert list(Question.objects.order_by("pk").values_list("text", "safety")) == [("Un ?", True), ("Deux ?", False)]


def test_every_fault_of_an_import_is_told_with_its_line_and_what_was_pasted_is_kept(client, boss):
    response = post(client, "lab_question_import", {"category": CategoryFactory().pk, "text": GOOD + "\n" + BAD})
    told = response.context["form"].non_field_errors()
    assert [re.search(r"\d+", line)[0] for line in told] == ["11", "17"]
    assert "Deux ?" in response.context["form"]["text"].value()
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": GOOD, "file": SimpleUploadedFile("q.txt", b"x")},
        {"file": SimpleUploadedFile("q.txt", b"\x00\x01" * 40)},
        {"file": SimpleUploadedFile("q.txt", b"x" * 200_001)},
        {"text": "x" * 200_001},
        {"text": "\n \n"},
    ],
    ids=["nothing", "both", "binary", "big file", "big text", "blank"],
)
def test_an_import_of_nothing_or_too_much_is_refused(client, boss, data):
    response = post(client, "lab_question_import", {"category": CategoryFactory().pk} | data)
    assert (response.status_code, bool(response.context["form"].errors)) == (200, True)
    assert not Question.objects.exists()


def test_an_export_is_what_an_import_reads(client, boss):
    category = CategoryFactory(slug="fil")
    post(client, "lab_question_import", {"category": category.pk, "text": GOOD})
    QuestionFactory(text="Autre famille ?")
    QuestionFactory(category=category, active=False, text="Retirée ?")
    response = client.get(reverse("lab_question_export", args=[category.pk]))
    assert (text(response), response["Content-Type"]) == (GOOD, "text/plain; charset=utf-8")
    assert "quiz-fil-" in response["Content-Disposition"]


def test_a_sheet_is_drawn_once_and_printed_as_it_was(client, boss):
    question = QuestionFactory(text="Imprimée ?", safety=True)
    response = post(client, "lab_quiz_sheet_make", {"category": question.category_id})
    sheet = PaperSheet.objects.get()
    assert (response.url, sheet.made_by) == (reverse("lab_quiz_sheet", args=[sheet.pk]), boss)
    question.text = "Changée ?"
    question.save()
    page = text(client.get(response.url))
    assert ("Imprimée ?" in page, "Changée ?" in page, "explication" in page) == (True, False, False)
    assert f"{sheet.pk}" in page


def test_no_sheet_of_machines_without_questions(client, boss):
    response = post(client, "lab_quiz_sheet_make", {"category": CategoryFactory().pk})
    assert len(response.context["form"].non_field_errors()) == 1
    assert not PaperSheet.objects.exists()


def keyed(sheet, **changes) -> dict:
    fields = {"sheet": sheet.pk, "member": "ines", "taken_on": timezone.localdate().isoformat(), "letters": "BB C"}
    return fields | changes


def test_letters_are_keyed_in_and_the_result_is_shown_at_once(client, boss):
    young, sheet = MemberFactory(username="ines", first_name="Inès"), SheetFactory(questions=asked("BBA", "  x"))
    response = client.post(reverse("lab_quiz_record"), keyed(sheet), follow=True)
    kept = QuizAttempt.objects.get()
    assert (kept.member, kept.passed, kept.answers, kept.recorded_by) == (young, False, ["B", "B", "C"], boss)
    page = text(response)
    assert ("Inès" in page, "explication 3" in page, "A. rouge" in page, "explication 1" in page) == (
        True,
        True,
        True,
        False,
    )
    assert f"sheet={sheet.pk}&amp;taken_on={kept.taken_on}" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"letters": "BB"}, "letters"),
        ({"letters": "BBZ"}, "letters"),
        ({"sheet": 999_999}, "sheet"),
        ({"sheet": "99999999999999999999999"}, "sheet"),
        ({"sheet": "douze"}, "sheet"),
        ({"member": "personne"}, "member"),
        ({"taken_on": (timezone.localdate() + timedelta(days=1)).isoformat()}, "taken_on"),
        ({"taken_on": "2001-01-01"}, "taken_on"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(client, boss, changes, field):
    MemberFactory(username="ines")
    response = post(client, "lab_quiz_record", keyed(SheetFactory()) | changes)
    assert (response.status_code, list(response.context["form"].errors)) == (200, [field])
    assert not QuizAttempt.objects.exists()


def test_the_form_is_filled_in_for_the_next_one(client, boss):
    sheet = SheetFactory()
    page = client.get(reverse("lab_quiz_record"), {"sheet": sheet.pk, "taken_on": "2026-11-20"})
    assert f'value="{sheet.pk}"' in text(page)
    assert 'value="2026-11-20"' in text(page)


def test_an_open_quiz_has_no_result_yet(client, boss):
    assert client.get(reverse("lab_quiz_result", args=[AttemptFactory().pk])).status_code == 404
    assert client.get(reverse("lab_quiz_result", args=[passed_quiz(MemberFactory()).pk])).status_code == 200


def test_typed_questions_are_shown_as_text(client, boss):
    evil = '<img src=x onerror="alert(1)">'
    question = QuestionFactory(text=evil, explanation=evil)
    sheet = SheetFactory(questions=[asked("A")[0] | {"text": evil, "explanation": evil, "choices": [["A", evil]]}])
    kept = passed_quiz(MemberFactory(), questions=sheet.questions, answers=[""], score=0, passed=False)
    addresses = [reverse("lab_questions"), reverse("lab_question_edit", args=[question.pk])]
    addresses += [reverse("lab_quiz_sheet", args=[sheet.pk]), reverse("lab_quiz_result", args=[kept.pk])]
    pages = [text(client.get(address)) for address in addresses]
    assert [(evil in page, "onerror" in page) for page in pages] == [(False, True)] * 4


def test_the_menu_leads_to_the_quiz(client, boss):
    assert reverse("lab_questions") in text(client.get("/gestion/"))
