"""Screens of the quiz: its questions, sheets to print, and what people wrote on them."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin.ui.tables import Column

from cms.gestion import rights
from cms.gestion.forms.fields import EmptyForm
from cms.gestion.forms.quiz import ImportForm, QuestionFilter, QuestionForm, QuizCategoryForm, ResultForm
from cms.gestion.machines import OneRow
from cms.gestion.rights import Guarded
from cms.gestion.views import Act, Furniture, Listing
from machines import quiz_rules
from machines.models import MachineCategory, PaperSheet, Question, QuizAttempt
from machines.quiz_queries import categories_with_quiz
from machines.services import quiz
from place.clock import today

QUESTIONS = ("lab_questions", _("Quiz"))
QUESTION_ACTS = (
    ("lab_quiz_sheet_make", _("Print a sheet"), rights.RECORD_QUIZ),
    ("lab_quiz_record", _("Key in results"), rights.RECORD_QUIZ),
    ("lab_question_create", _("Write a question"), rights.MANAGE_QUALIFICATIONS),
    ("lab_question_import", _("Import questions"), rights.MANAGE_QUALIFICATIONS),
)


class QuestionList(Listing):
    any_of = rights.QUIZ
    template_name = "cms/gestion/questions.html"
    page_title = QUESTIONS[1]
    header_icon = "help"
    filter_form_class = QuestionFilter
    order = ("-pk",)
    empty_text = _("No question yet.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Question]:
        found = Question.objects.filter(active=not filters.get("retired"))
        found = found.select_related("category").prefetch_related("choices")
        return found.filter(category=filters["category"]) if filters.get("category") else found

    def columns(self) -> list[Column]:
        return [
            Column("category", label=_("Machines")),
            Column("text", label=_("Question")),
            Column("right", label=_("Right answer"), accessor=_right_answer),
            Column("safety", label=_("Safety"), accessor=lambda row: _("must be right") if row.safety else ""),
        ]

    def actions(self, row: Question) -> list[tuple[Any, str]]:
        if not row.active or not self.request.user.has_perm(rights.MANAGE_QUALIFICATIONS):
            return []
        acts = [("lab_question_edit", _("Change")), ("lab_question_retire", _("Retire"))]
        return [(label, reverse(name, args=[row.pk])) for name, label in acts]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        has = self.request.user.has_perm
        acts = [(label, reverse(name)) for name, label, right in QUESTION_ACTS if has(right)]
        return super().get_context_data(acts=acts, exportable=categories_with_quiz(), **kwargs)


def _right_answer(row: Question) -> str:
    return next((str(choice) for choice in row.choices.all() if choice.right), "")


class QuestionCreate(Act):
    right = rights.MANAGE_QUALIFICATIONS
    page_title = _("Write a question")
    parent = QUESTIONS
    header_icon = "help"
    form_class = QuestionForm
    submit_label = _("Save")
    success_message = _("The question is saved.")
    done_url = QUESTIONS[0]

    def act(self, data: dict[str, Any]) -> Question:
        return quiz.save_question(actor=self.request.user, **data)


class OneQuestion(OneRow):
    right = rights.MANAGE_QUALIFICATIONS
    model = Question
    parent = QUESTIONS
    header_icon = "help"
    done_url = QUESTIONS[0]


class QuestionEdit(OneQuestion):
    page_title = _("Change a question")
    form_class = QuestionForm
    submit_label = _("Save")
    explanation = _("Quizzes taken and sheets printed before keep the question as it was.")
    success_message = _("The question is saved.")

    def get_initial(self) -> dict[str, Any]:
        names = ("category", "text", "safety", "explanation")
        values = {name: getattr(self.row, name) for name in names}
        for choice in self.row.choices.all():
            values[f"choice_{choice.letter}"] = choice.text
            values |= {"right": choice.letter} if choice.right else {}
        return values

    def act(self, data: dict[str, Any]) -> Question:
        return quiz.save_question(actor=self.request.user, question=self.row, **data)


class QuestionRetire(OneQuestion):
    page_title = _("Retire a question")
    form_class = EmptyForm
    submit_label = _("Ask it no more")
    explanation = _("It is asked no more; quizzes taken before keep it.")
    danger = True
    success_message = _("The question is retired.")

    def act(self, data: dict[str, Any]) -> Question:
        return quiz.retire_question(actor=self.request.user, question=self.row)


class QuestionImport(Act):
    right = rights.MANAGE_QUALIFICATIONS
    template_name = "cms/gestion/question_import.html"
    page_title = _("Import questions")
    parent = QUESTIONS
    header_icon = "upload"
    form_class = ImportForm
    submit_label = _("Store all of it")
    explanation = _("Everything is stored, or nothing when a line cannot be read.")
    success_message = _("The questions are stored.")
    done_url = QUESTIONS[0]

    def act(self, data: dict[str, Any]) -> list[Question]:
        text = data["text"] or data["file"]
        return quiz.import_questions(actor=self.request.user, category=data["category"], text=text)


class QuestionExport(Guarded, View):
    any_of = rights.QUIZ

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        category = get_object_or_404(MachineCategory, pk=pk)
        return HttpResponse(
            quiz.export_questions(actor=request.user, category=category),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="quiz-{category.slug}-{today()}.txt"'},
        )


class SheetMake(Act):
    right = rights.RECORD_QUIZ
    page_title = _("Print a sheet")
    parent = QUESTIONS
    header_icon = "doc-full"
    form_class = QuizCategoryForm
    submit_label = _("Draw the questions")
    explanation = _("The sheet gets a number. Print it as often as you like, and key in the letters later.")

    def act(self, data: dict[str, Any]) -> PaperSheet:
        return quiz.print_sheet(actor=self.request.user, category=data["category"])

    def respond(self, result: PaperSheet) -> HttpResponse:
        return redirect("lab_quiz_sheet", result.pk)


class Sheet(Guarded, TemplateView):
    """The sheet itself, in the look of the site: it is made to be printed."""

    right = rights.RECORD_QUIZ
    template_name = "cms/gestion/quiz_sheet.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sheet = get_object_or_404(PaperSheet.objects.select_related("category"), pk=kwargs["pk"])
        return super().get_context_data(sheet=sheet, **kwargs)


class ResultRecord(Act):
    right = rights.RECORD_QUIZ
    page_title = _("Key in results")
    parent = QUESTIONS
    header_icon = "keyboard"
    form_class = ResultForm
    submit_label = _("See the result")

    def act(self, data: dict[str, Any]) -> QuizAttempt:
        letters = data.pop("letters")
        return quiz.record_paper_attempt(actor=self.request.user, answers=letters, **data)

    def respond(self, result: QuizAttempt) -> HttpResponse:
        return redirect("lab_quiz_result", result.pk)


class Result(Furniture, TemplateView):
    """What one person's letters are worth."""

    right = rights.RECORD_QUIZ
    template_name = "cms/gestion/quiz_result.html"
    page_title = _("Result")
    parent = QUESTIONS
    header_icon = "keyboard"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        finished = QuizAttempt.objects.filter(finished_at__isnull=False).select_related("member", "category")
        found = get_object_or_404(finished, pk=kwargs["pk"])
        again = urlencode({"sheet": found.sheet_id or "", "taken_on": found.taken_on})
        return super().get_context_data(
            attempt=found,
            mistakes=quiz_rules.mistakes(found.questions, found.answers),
            next_url=f"{reverse('lab_quiz_record')}?{again}",
            **kwargs,
        )
