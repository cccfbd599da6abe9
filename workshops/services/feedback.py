"""Two questions in faces at the end of a session: totals only."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from workshops.models import SessionFeedback, WorkshopSession


@transaction.atomic
def give_feedback(*, session: WorkshopSession, faces: Mapping[str, int], count: int = 1) -> None:
    """Add one person's faces, or `count` keyed in from paper, to the totals. Raises ValidationError.

    Nobody is named and nothing ties the two answers of a person together.
    """
    if not faces or count < 1:
        raise ValidationError(_("Choose a face."))
    for question, face in faces.items():
        row = SessionFeedback(session=session, question=question, face=face)
        row.full_clean(exclude={"session"}, validate_constraints=False)
        SessionFeedback.objects.get_or_create(session=session, question=question, face=face)
        rows = SessionFeedback.objects.filter(session=session, question=question, face=face)
        rows.update(count=F("count") + count)
