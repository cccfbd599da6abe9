"""Workshops, their sessions (through the one writer: each stands on an occurrence) and registrations."""

from datetime import timedelta
from typing import Any

import factory

from place.patterns import RuleSpec
from tests.factories.members import MemberFactory
from tests.factories.place import wall
from workshops import services
from workshops.models import Programme, ProgrammeBand, Registration, Workshop, WorkshopIdea, WorkshopSession
from workshops.services.seats import recount


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
    """A row as it is, past every rule; the session's counters follow."""

    class Meta:
        model = Registration

    session = factory.SubFactory(SessionFactory)
    member = factory.SubFactory(MemberFactory)
    created_at = factory.Sequence(lambda number: wall(2026, 11, 1, 8) + timedelta(minutes=number))

    @classmethod
    def _create(cls, model_class: type, *args: Any, **fields: Any) -> Registration:
        row = super()._create(model_class, *args, **fields)
        recount([row.session])
        return row


class DayFactory(factory.django.DjangoModelFactory):
    """A Saturday with two parts: the morning and the afternoon."""

    class Meta:
        model = Programme
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda number: f"journee-{number}")
    title = factory.Sequence(lambda number: f"Journée robots {number}")
    starts_at = factory.LazyFunction(lambda: wall(2026, 12, 5, 9))
    ends_at = factory.LazyAttribute(lambda day: day.starts_at + timedelta(hours=8))
    places = 20

    @factory.post_generation
    def parts(self, create: bool, extracted: None, **_kwargs: Any) -> None:
        for title, after in (("Matin", 1), ("Après-midi", 5)):
            start = self.starts_at + timedelta(hours=after)
            ProgrammeBand.objects.create(
                programme=self, title=title, starts_at=start, ends_at=start + timedelta(hours=2)
            )


def choice(band: ProgrammeBand, places: int = 8, **workshop: Any) -> WorkshopSession:
    """Return a workshop that can be chosen in a part of a day."""
    return services.schedule_session(
        workshop=WorkshopFactory(places=places, **workshop),
        starts_at=band.starts_at,
        ends_at=band.ends_at,
        actor=None,
        band=band,
    )


def cycle(number: int = 6, **workshop: Any) -> list[WorkshopSession]:
    """Return the dates of a cycle, a week apart, from Wednesday 25 November 2026 on."""
    series = services.schedule_series(
        workshop=WorkshopFactory(**{"kind": "cycle", **workshop}),
        starts_at=wall(2026, 11, 25, 14),
        ends_at=wall(2026, 11, 25, 16),
        rule=RuleSpec(frequency="weekly", count=number),
        actor=None,
        now=wall(2026, 11, 20, 9),
    )
    return list(series.sessions.order_by("starts_at"))


class IdeaFactory(factory.django.DjangoModelFactory):
    """An idea that nobody of the team has read yet."""

    class Meta:
        model = WorkshopIdea

    title = factory.Sequence(lambda number: f"Un drone en carton {number}")
    proposed_by = factory.SubFactory(MemberFactory)
    proposed_at = factory.LazyFunction(lambda: wall(2026, 11, 20, 18))
