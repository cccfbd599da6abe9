"""Files in and out: upload, look at what would happen, then confirm."""

import secrets
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from import_export.results import Result
from wagtail.admin import messages

from cms import resources, sheets
from cms.gestion import rights
from cms.gestion.rights import Guarded
from cms.gestion.views import Furniture
from members.services import record
from place.clock import today

KEPT_SECONDS = 30 * 60
SHOWN_COMPLAINTS = 200

LABELS = {"membres": _("Members"), "machines": _("Machines"), "utilisations": _("Machine uses")}
IMPORT_RIGHTS = {
    "membres": rights.MANAGE_MEMBERS,
    "machines": rights.MANAGE_PARK,
    "utilisations": rights.MANAGE_PARK,
}
EXPORT_RIGHTS = {**IMPORT_RIGHTS, "utilisations": rights.SEE_USAGE}


class UploadForm(forms.Form):
    file = forms.FileField(label=_("CSV or XLSX file"), help_text=_("5 MB at most. The first line names the columns."))

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload.size > sheets.MAX_BYTES:
            raise ValidationError(_("This file is too big: 5 MB at most."))
        return upload.read()


class Data(Furniture, TemplateView):
    """What may be imported and exported by this person."""

    template_name = "cms/gestion/data.html"
    page_title = _("Import and export")
    header_icon = "download"

    any_of = (rights.MANAGE_MEMBERS, rights.MANAGE_PARK, rights.SEE_USAGE)

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

    @property
    def resource(self) -> resources.LabResource:
        return resources.KINDS[self.kind](actor=self.request.user)


class Import(OneKind, Furniture, TemplateView):
    """Upload → what would happen, line by line → confirm. Everything is stored, or nothing."""

    template_name = "cms/gestion/import.html"
    header_icon = "upload"
    parent = ("lab_data", _("Import and export"))

    def get_page_title(self) -> Any:
        return _("Import: %(what)s") % {"what": LABELS[self.kind]}

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return self._confirm(request.POST["token"]) if "token" in request.POST else self._preview()

    def _preview(self) -> HttpResponse:
        form = UploadForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            return self._show(form=form)
        content = form.cleaned_data["file"]
        try:
            result = resources.run(self.resource, sheets.read(content), for_real=False)
        except ValidationError as error:
            form.add_error("file", error)
            return self._show(form=form)
        if resources.refused(result):
            return self._show(result=result, form=UploadForm())
        token = secrets.token_urlsafe(16)
        cache.set(self._key(token), content, KEPT_SECONDS)
        return self._show(result=result, token=token)

    def _confirm(self, token: str) -> HttpResponse:
        content = cache.get(self._key(token))
        if content is None:
            messages.error(self.request, _("This preview is too old. Choose the file again."))
            return redirect(self.request.path)
        cache.delete(self._key(token))
        result = resources.run(self.resource, sheets.read(content), for_real=True)
        if resources.refused(result):
            return self._show(result=result, form=UploadForm())
        record(actor=self.request.user, action="data.imported", subject=self.kind, detail=dict(result.totals))
        return self._show(result=result, done=True)

    def _key(self, token: str) -> str:
        """A file waits for the person who sent it, and for nobody else."""
        return f"import:{self.kind}:{self.request.user.pk}:{token[:40]}"

    def _show(self, **context: Any) -> HttpResponse:
        wrong = "form" in context and (context["form"].is_bound or "result" in context)
        return self.render_to_response(self.get_context_data(**context), status=422 if wrong else 200)

    def get_context_data(self, result: Result | None = None, **kwargs: Any) -> dict[str, Any]:
        found = list(resources.complaints(result)) if result else []
        kwargs.setdefault("form", None if kwargs.get("token") or kwargs.get("done") else UploadForm())
        return super().get_context_data(
            totals=_totals(result) if result else [],
            complaints=found[:SHOWN_COMPLAINTS],
            more_complaints=max(len(found) - SHOWN_COMPLAINTS, 0),
            columns=[field.column_name for field in self.resource.get_import_fields()],
            needed=self.resource.needed,
            **kwargs,
        )


def _totals(result: Result) -> list[tuple[Any, int]]:
    words = {
        "new": _("new"),
        "update": _("changed"),
        "skip": _("unchanged"),
        "invalid": _("refused"),
        "error": _("in error"),
    }
    return [(word, result.totals[name]) for name, word in words.items()]


class Export(OneKind, View):
    """A file of everything of one kind; the log keeps who took it."""

    right_of = EXPORT_RIGHTS

    def get(self, request: HttpRequest, kind: str, file_format: str) -> HttpResponse:
        if file_format not in sheets.CONTENT_TYPES:
            raise Http404
        content = sheets.write(self.resource.export(), file_format)
        record(actor=request.user, action="data.exported", subject=kind, detail={"format": file_format})
        name = f"{kind}-{today().isoformat()}.{file_format}"
        return HttpResponse(
            content,
            content_type=sheets.CONTENT_TYPES[file_format],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
