"""What people are told about their papers, in their language."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from members.models import ConsentEntry, User


def language_of(person: User) -> str:
    """Return the language to write to a person in: theirs when the site speaks it, else the lab's."""
    known = {code for code, _name in settings.LANGUAGES}
    return person.preferred_language if person.preferred_language in known else settings.LANGUAGE_CODE


def withdrawn(entry: ConsentEntry) -> tuple[str, str]:
    """Return the subject and the text that say an agreement was taken back, and what follows."""
    with translation.override(language_of(entry.person)):
        words = {"what": entry.get_purpose_display(), "name": entry.person.short_name, "who": entry.signatory_name}
        subject = _("Agreement withdrawn: %(what)s (%(name)s)") % words
        body = (
            _("%(who)s has withdrawn the agreement “%(what)s” for %(name)s. What depended on it has stopped.") % words
        )
        questions = _("Questions? Come to the desk, or call.")
        return subject, f"{body}\n{questions}\n"
