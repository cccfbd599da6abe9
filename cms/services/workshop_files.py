"""Rows of a file become dates, places and attendance through the services that make them anywhere else."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from booking.problems import Refused
from members.models import Channel, User
from workshops import services
from workshops.models import Attendance, Registration, WorkshopSession
from workshops.services import Party, Tap


@transaction.atomic
def import_session(*, actor: User, session: WorkshopSession) -> WorkshopSession:
    """Plan a date, or give a known one its places and who runs it. Raises ValidationError, also for a refusal."""
    try:
        if session.pk is None:
            return services.schedule_session(
                workshop=session.workshop, starts_at=session.starts_at, ends_at=session.ends_at, actor=actor,
                places=session.places, facilitator=session.facilitator,
            )  # fmt: skip
        services.change_places(session=session, places=session.places, actor=actor)
        return services.name_facilitator(session=session, facilitator=session.facilitator, actor=actor)
    except Refused as refused:
        raise ValidationError([problem.message for problem in refused.problems]) from refused


@transaction.atomic
def import_registration(*, actor: User, registration: Registration) -> Registration:
    """Register somebody as a file says, or give their place back. Raises ValidationError, also for a refusal."""
    leaves = registration.status == Registration.Status.CANCELLED
    party = Party(registration.seats, registration.companion, registration.partner)
    try:
        if registration.pk is None and leaves:
            raise ValidationError(_("There is no place to give back."))
        if leaves:
            return services.cancel_registration(registration=registration, actor=actor, channel=Channel.PAPER)
        return services.register(
            session=registration.session, member=registration.member, actor=actor, party=party, channel=Channel.PAPER
        )
    except Refused as refused:
        raise ValidationError([problem.message for problem in refused.problems]) from refused


@transaction.atomic
def import_attendance(*, actor: User, attendance: Attendance, key: str) -> Attendance:
    """Note who came as a sheet says, at its true time; the same key is stored once. Raises ValidationError."""
    session = attendance.session
    tap = Tap(key=key, at=attendance.arrived_at or session.starts_at, channel=Channel.PAPER)
    if attendance.member is None:
        return services.count_walk_ins(
            session=session, people=attendance.people, band=attendance.age_band, gender=attendance.gender,
            actor=actor, tap=tap,
        )  # fmt: skip
    return services.mark(
        session=session, member=attendance.member, state=attendance.state, role=attendance.role, actor=actor, tap=tap
    )
