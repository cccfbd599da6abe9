"""Two questions in faces at the end of a session: totals only."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from members.models import User
from workshops.models import Attendance, SessionFeedback, WorkshopSession
from workshops.services.seats import lock_session


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


@transaction.atomic
def answer_at_kiosk(*, session: WorkshopSession, faces: Mapping[str, int]) -> bool:
    """Add one person's faces, unless as many have answered as could be there; tell whether they count.

    Raises ValidationError.
    """
    lock_session(session)
    there = Attendance.objects.filter(session=session, state=Attendance.State.PRESENT)
    most = max(session.places, there.aggregate(total=Sum("people"))["total"] or 0)
    given = SessionFeedback.objects.filter(session=session, question__in=list(faces)).values("question")
    if any(row["total"] >= most for row in given.annotate(total=Sum("count"))):
        return False
    give_feedback(session=session, faces=faces)
    return True


@transaction.atomic
def key_in_feedback(*, session: WorkshopSession, counts: Mapping[tuple[str, int], int], actor: User) -> None:
    """Add what people answered on paper, by (question, face). Raises ValidationError, PermissionDenied."""
    if not actor.has_perm("workshops.register_others"):
        raise PermissionDenied(_("You may not call the roll of this session."))
    told = {key: count for key, count in counts.items() if count}
    if not told:
        raise ValidationError(_("Write at least one number."))
    for (question, face), count in told.items():
        give_feedback(session=session, faces={question: face}, count=count)
