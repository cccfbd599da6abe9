"""What is to be known, and done, after a session."""

from dataclasses import dataclass
from datetime import datetime

from machines.models import PracticeObservation
from machines.queries import is_trainer
from members.models import User
from place.clock import local, today
from workshops.attended_queries import Completion, completions, is_last_date
from workshops.models import Attendance, SessionFeedback, Workshop, WorkshopSession

Face, Question = SessionFeedback.Face, SessionFeedback.Question


@dataclass(frozen=True, slots=True)
class After:
    present: list[Attendance]
    feedback: list[tuple[str, list[tuple[int, str, int]]]]
    completions: list[Completion]
    is_training: bool
    signs: bool
    signed: set[int]
    may_note: bool


def after_of(session: WorkshopSession, viewer: User, now: datetime) -> After:
    """Return what came of a session: a fixed number of queries. A cycle's completion is known at its last date."""
    rows = Attendance.objects.filter(session=session, state=Attendance.State.PRESENT, member__isnull=False)
    workshop = session.workshop
    training = workshop.kind == Workshop.Kind.TRAINING and workshop.category_id is not None
    return After(
        present=list(rows.select_related("member").order_by("member__first_name", "member_id")),
        feedback=_feedback(session),
        completions=completions(session, now) if session.is_cycle and is_last_date(session) else [],
        is_training=training,
        signs=bool(training and workshop.category and is_trainer(viewer, workshop.category, today(now))),
        signed=_signed(session) if training else set(),
        may_note=session.facilitator_id == viewer.pk or viewer.has_perm("workshops.manage_workshops"),
    )


def _feedback(session: WorkshopSession) -> list[tuple[str, list[tuple[int, str, int]]]]:
    """Return each question with how many gave which face: (face, word, how many)."""
    rows = SessionFeedback.objects.filter(session=session)
    counts = {(row.question, row.face): row.count for row in rows}
    return [
        (
            str(question.label),
            [(face.value, str(face.label), counts.get((question.value, face.value), 0)) for face in Face],
        )
        for question in Question
    ]


def _signed(session: WorkshopSession) -> set[int]:
    """Return whose practice has been signed on the day of the training."""
    day = local(session.starts_at).date()
    rows = PracticeObservation.objects.filter(category=session.workshop.category, observed_on=day, passed=True)
    return set(rows.values_list("member", flat=True))
