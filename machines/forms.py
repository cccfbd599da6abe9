"""Shape of a report of a fault; what it is worth is decided by the services."""

from django import forms
from django.utils.translation import gettext_lazy as _

from machines.models import FaultReport

LENGTH = FaultReport._meta.get_field("what").max_length
PICTURES = "image/jpeg,image/png,image/webp"  # named one by one: an iPhone then sends its pictures as JPEG


class FaultForm(forms.Form):
    """What happened, whether it is dangerous, and a photo taken on the spot."""

    what = forms.CharField(
        label=_("What happened?"),
        widget=forms.Textarea(attrs={"maxlength": LENGTH, "rows": 4}),
        help_text=_("A few words are enough: what you did, what you saw or heard."),
    )
    dangerous = forms.TypedChoiceField(
        label=_("Is it dangerous?"),
        choices=[("yes", _("Yes, or I am not sure")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text=_("Smoke, sparks, a smell of burning, a broken cover, somebody hurt."),
        error_messages={"required": _("Choose an answer.")},
    )
    photo = forms.FileField(
        label=_("Photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": PICTURES, "capture": "environment"}),
        help_text=_("Of the machine, with nobody in it. 10 MB at most."),
    )
