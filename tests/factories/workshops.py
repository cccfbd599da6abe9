"""Workshops, their sessions (through the one writer: each stands on an occurrence) and registrations."""

from datetime import timedelta
from typing import Any

import factory

from tests.factories.members import MemberFactory
from tests.factories.place import wall
from workshops import services
from workshops.models import Registration, Workshop, WorkshopSession


class WorkshopFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Workshop

    slug = factory.Sequence(lambda number: f"atelier-{number}")
    title = factory.Sequence(lambda number: f"Bateaux lumineux {number}")
    places = 8


class SessionFactory(factory.Factory):
    """A session of two hours; `cancelled` gives a reason to one that does not take place."""

    class Meta:
        model = WorkshopSession

    workshop = factory.SubFactory(WorkshopFactory)
    starts_at = factory.LazyFunction(lambda: wall(2026, 11, 25, 14))
    ends_at = factory.LazyAttribute(lambda session: session.starts_at + timedelta(hours=2))
    actor = None

    @classmethod
    def _create(cls, model_class: type, *args: Any, cancelled: str = "", **wish: Any) -> WorkshopSession:
        session = services.schedule_session(**wish)
        if cancelled:
            now = session.starts_at - timedelta(days=1)
            session = services.cancel_session(session=session, reason=cancelled, actor=None, now=now)
        return session


class RegistrationFactory(factory.django.DjangoModelFactory):
    """A row as it is, past every rule."""

    class Meta:
        model = Registration

    session = factory.SubFactory(SessionFactory)
    member = factory.SubFactory(MemberFactory)
    created_at = factory.Sequence(lambda number: wall(2026, 11, 1, 8) + timedelta(minutes=number))
