"""How a printer in the network is reached."""

from django import forms
from django.utils.translation import gettext_lazy as _

from iot_bridge.models import PrinterLink


class PrinterLinkForm(forms.ModelForm):
    """The access code is never shown again: left empty, the one that is kept stays."""

    class Meta:
        model = PrinterLink
        fields = ["host", "access_code", "fingerprint"]
        widgets = {"access_code": forms.PasswordInput(attrs={"autocomplete": "off"})}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        fingerprint = self.fields["fingerprint"]
        self.fields["fingerprint"] = forms.CharField(
            label=fingerprint.label, help_text=fingerprint.help_text, required=False, max_length=200
        )
        if self.instance.pk:
            self.fields["access_code"].required = False
            self.fields["access_code"].help_text = _("Left empty, the one that is kept stays.")

    def clean_access_code(self) -> str:
        return self.cleaned_data["access_code"] or self.initial.get("access_code", "")

    def clean_fingerprint(self) -> str:
        """Printers and programs write it in capitals and with colons too."""
        return self.cleaned_data["fingerprint"].replace(":", "").lower()
