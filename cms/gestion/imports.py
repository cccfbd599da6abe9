"""Files in and out: upload, look at what would happen, then confirm."""

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.generic import TemplateView, View
from import_export.results import Result
from wagtail.admin import messages

from cms import resources, sheets
from cms.gestion import rights
from cms.gestion.people import age_text
from cms.gestion.rights import Guarded
from cms.gestion.views import Furniture
from cms.resources.members import ACCOUNT, LEAVE_OUT, NEW, ON_LINE, Doubt
from members.services import record
from place.clock import today

ANSWER = re.compile(r"decide-(\d{1,6})", re.ASCII)
TOKEN_LENGTH, KEPT_SECONDS = 40, 30 * 60
SHOWN = 500

LABELS = {
    "membres": _("Members"),
    "machines": _("Machines"),
    "utilisations": _("Machine uses"),
    "ateliers": _("Workshops"),
    "seances": _("Sessions"),
    "inscriptions": _("Registrations"),
    "presences": _("Attendance"),
}
IMPORT_RIGHTS = {
    "membres": rights.MANAGE_MEMBERS,
    "machines": rights.MANAGE_PARK,
    "utilisations": rights.MANAGE_PARK,
    "ateliers": rights.MANAGE_WORKSHOPS,
    "seances": rights.MANAGE_WORKSHOPS,
    "inscriptions": rights.MANAGE_WORKSHOPS,
    "presences": rights.MANAGE_WORKSHOPS,
}
EXPORT_RIGHTS = {**IMPORT_RIGHTS, "utilisations": rights.SEE_USAGE}
FATES = {
    "new": _("new"),
    "update": _("changed"),
    "skip": _("unchanged"),
    "left_out": _("left out"),
    "open": _("to decide"),
    "invalid": _("refused"),
}
COUNTED = {
    "new": ngettext_lazy("new line", "new lines"),
    "update": ngettext_lazy("changed line", "changed lines"),
    "skip": ngettext_lazy("unchanged line", "unchanged lines"),
    "left_out": ngettext_lazy("line left out", "lines left out"),
    "open": ngettext_lazy("line to decide", "lines to decide"),
    "invalid": ngettext_lazy("refused line", "refused lines"),
}


class UploadForm(forms.Form):
    file = forms.FileField(label=_("CSV or XLSX file"), help_text=_("5 MB at most. The first line names the columns."))

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload.size > sheets.MAX_BYTES:
            raise ValidationError(_("This file is too big: 5 MB at most."))
        return upload.read()


class DecisionForm(forms.Form):
    """One question for each line that may be somebody who is already there; no answer is given beforehand."""

    prefix = "decide"

    def __init__(self, doubts: Iterable[Doubt], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.doubts = {str(doubt.line): doubt for doubt in doubts}
        unanswered = _("Choose one for this line.")
        for name, doubt in self.doubts.items():
            self.fields[name] = forms.ChoiceField(
                label=_("Line %(line)d") % {"line": doubt.line},
                choices=list(_choices(doubt)),
                widget=forms.RadioSelect,
                error_messages={"required": unanswered, "invalid_choice": unanswered},
            )

    def questions(self) -> Iterator[tuple[forms.BoundField, Doubt]]:
        return ((self[name], doubt) for name, doubt in self.doubts.items())


def answers_in(posted: QueryDict) -> dict[int, str]:
    """Return what was ticked, by line; whether it fits is for the resource to say."""
    ticked = ((ANSWER.fullmatch(name), value) for name, value in posted.items())
    return {int(found[1]): value for found, value in ticked if found}


def _choices(doubt: Doubt) -> Iterator[tuple[str, Any]]:
    for one in doubt.accounts:
        said = {"username": one.username, "age": age_text(one.age_on(today()))}
        label = _("The same person as %(username)s, who is already here (age: %(age)s): update their details") % said
        yield f"{ACCOUNT}{one.pk}", label
    for line in doubt.lines:
        label = _("The same person as on line %(line)d: update their details") % {"line": line}
        yield f"{ON_LINE}{line}", label
    yield NEW, _("Somebody else: create an account")
    yield LEAVE_OUT, _("Leave this line out")


class Data(Furniture, TemplateView):
    """What may be imported and exported by this person."""

    template_name = "cms/gestion/data.html"
    page_title = _("Import and export")
    header_icon = "download"

    any_of = (rights.MANAGE_MEMBERS, rights.MANAGE_PARK, rights.SEE_USAGE, rights.MANAGE_WORKSHOPS)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        has = self.request.user.has_perm
        kinds = [
            {"kind": kind, "label": label, "imports": has(IMPORT_RIGHTS[kind]), "exports": has(EXPORT_RIGHTS[kind])}
            for kind, label in LABELS.items()
        ]
        return super().get_context_data(kinds=kinds, formats=(sheets.CSV, sheets.XLSX), **kwargs)


class OneKind(Guarded):
    """A view on one of the tables; the right depends on the table."""

    right_of: dict[str, str] = IMPORT_RIGHTS

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.kind = kwargs["kind"]
        if self.kind not in LABELS:
            raise Http404
        self.any_of = (self.right_of[self.kind],)

    def resource(self, decisions: Mapping[int, str] | None = None) -> resources.LabResource:
        return resources.KINDS[self.kind](actor=self.request.user, decisions=decisions)


class Import(OneKind, Furniture, TemplateView):
    """Upload → what would happen, line by line → confirm. Everything is stored, or nothing."""

    template_name = "cms/gestion/import.html"
    header_icon = "upload"
    parent = ("lab_data", _("Import and export"))

    def get_page_title(self) -> Any:
        return _("Import: %(what)s") % {"what": LABELS[self.kind]}

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return self._confirm(request.POST["token"][:TOKEN_LENGTH]) if "token" in request.POST else self._preview()

    def _preview(self) -> HttpResponse:
        form = UploadForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            return self._show(form=form, status=422)
        resource = self.resource()
        try:
            result = resources.look(resource, sheets.read(form.cleaned_data["file"]))
        except ValidationError as error:
            form.add_error("file", error)
            return self._show(form=form, status=422)
        if resources.refused(result):
            return self._show(resource, result, form=UploadForm(), status=422)
        token = secrets.token_urlsafe(16)
        cache.set(self._key(token), form.cleaned_data["file"], KEPT_SECONDS)
        return self._show(resource, result, token=token, decisions=DecisionForm(resource.doubts.values()))

    def _confirm(self, token: str) -> HttpResponse:
        """Take the file that waits, once, and store it with the decisions taken on the way."""
        content = cache.get(self._key(token))
        if content is None or not cache.delete(self._key(token)):
            messages.error(self.request, _("This preview is too old. Choose the file again."))
            return redirect(self.request.path)
        resource = self.resource(answers_in(self.request.POST))
        try:
            result = resources.store(resource, sheets.read(content), kind=self.kind)
        except resources.Undecided:
            return self._ask_again(resource, token, content)
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
            return redirect(self.request.path)
        if not resources.refused(result):
            return self._show(resource, result, done=True)
        if resource.doubts:
            return self._ask_again(resource, token, content, result)
        return self._show(resource, result, form=UploadForm(), status=422)

    def _ask_again(
        self, resource: resources.LabResource, token: str, content: bytes, result: Result | None = None
    ) -> HttpResponse:
        """Nothing was stored: show what is still in doubt, with what was ticked."""
        cache.set(self._key(token), content, KEPT_SECONDS)
        decisions = DecisionForm(resource.doubts.values(), self.request.POST)
        return self._show(resource, result, token=token, decisions=decisions, status=422)

    def _key(self, token: str) -> str:
        """A file waits for the person who sent it, and for nobody else."""
        return f"import:{self.kind}:{self.request.user.pk}:{token}"

    def _show(
        self,
        resource: resources.LabResource | None = None,
        result: Result | None = None,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        told = _told(resource, result) if resource and result else {}
        return self.render_to_response(self.get_context_data(**told, **context), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", None if kwargs.get("token") or kwargs.get("done") else UploadForm())
        resource = self.resource()
        names = [field.column_name for field in resource.get_import_fields()]
        columns = [(name, name in resource.needed, resource.also_called.get(name, ())) for name in names]
        return super().get_context_data(columns=columns, **kwargs)


def _told(resource: resources.LabResource, result: Result) -> dict[str, Any]:
    """Return the counts, and line by line what is wrong, or else what becomes of it."""
    found = resources.complaints(resource, result)
    fates = resources.fates(resource, result)
    counted = Counter(fate for _line, _who, fate in fates)
    rows = [] if found else [(line, who, FATES[fate]) for line, who, fate in fates]
    return {
        "totals": [(words % counted[fate], counted[fate]) for fate, words in COUNTED.items() if counted[fate]],
        "complaints": found[:SHOWN],
        "fates": rows[:SHOWN],
        "more": max(len(found or rows) - SHOWN, 0),
    }


class Export(OneKind, View):
    """A file of everything of one kind; the log keeps who took it."""

    right_of = EXPORT_RIGHTS

    def get(self, request: HttpRequest, kind: str, file_format: str) -> HttpResponse:
        if file_format not in sheets.CONTENT_TYPES:
            raise Http404
        content = sheets.write(self.resource().export(), file_format)
        record(actor=request.user, action="data.exported", subject=kind, detail={"format": file_format})
        name = f"{kind}-{today().isoformat()}.{file_format}"
        return HttpResponse(
            content,
            content_type=sheets.CONTENT_TYPES[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
