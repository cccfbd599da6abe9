"""What the pages show of the other rooms: nothing of a person, a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.queries import LiveState, in_service, live_states
from machines.models import LIVE_MEASURED, Machine, Process
from machines.queries import contact_minutes, ends_about, job_began
from place.clock import hour_text, local, period_text
from place.queries import OpenTime, next_opening, open_now
from workshops.models import Workshop, WorkshopSession
from workshops.queries import sessions_between
from workshops.rules import ages_text

SESSIONS_AHEAD = timedelta(days=90)
BUSY = {*LIVE_MEASURED, "reserved"}


@dataclass(frozen=True, slots=True)
class OpeningNow:
    """The lab is open until `current.ends_at`, or opens again at `coming.starts_at`."""

    current: OpenTime | None
    coming: OpenTime | None


@dataclass(frozen=True, slots=True)
class MachineCard:
    """A machine with its public state, as the rows and tiles of `components/` show it."""

    machine: Machine
    live: LiveState
    now: datetime
    began: datetime | None = None

    @property
    def contact_minutes(self) -> int | None:
        return contact_minutes(self.machine, self.state, self.now)

    @property
    def ends_about(self) -> datetime | None:
        if self.began is None:
            return None
        return ends_about(self.machine, self.began, self.live.progress, self.now.replace(second=0, microsecond=0))

    @property
    def name(self) -> str:
        return self.machine.name

    @property
    def process(self) -> str:
        return self.machine.category.process

    @property
    def state(self) -> str:
        return self.live.state

    @property
    def url(self) -> str:
        return reverse("wagtail_serve", args=[f"machines/{self.machine.slug}/"])

    @property
    def detail(self) -> str:
        """Say what matters now: until when it is busy or free, when it is free again, else what it is."""
        if self.state in BUSY and self.live.busy_until:
            return _("until %(hour)s") % {"hour": hour_text(self.live.busy_until)}
        if self.state == "free" and self.live.next_start and self._is_today(self.live.next_start):
            return _("booked at %(hour)s") % {"hour": hour_text(self.live.next_start)}
        level = _("level %(level)d") % {"level": self.machine.level_required}
        return " · ".join(part for part in (self.machine.model, level) if part)

    @property
    def next_free(self) -> str:
        """Say when it can be booked next; empty when no time is known."""
        moment = self.live.next_free_at
        if moment is None or self.state == "free":
            return ""
        return period_text(moment, moment).partition(" – ")[0]

    def _is_today(self, moment: datetime) -> bool:
        return local(moment).date() == local(self.now).date()


@dataclass(frozen=True, slots=True)
class SessionCard:
    """A session as `components/session_row.html` shows it."""

    session: WorkshopSession

    @property
    def starts_at(self) -> datetime:
        return self.session.starts_at

    @property
    def title(self) -> str:
        return self.session.workshop.title

    @property
    def url(self) -> str:
        return reverse("workshops:session", args=[self.session.pk])

    @property
    def meta(self) -> str:
        workshop = self.session.workshop
        hours = f"{hour_text(self.session.starts_at)} – {hour_text(self.session.ends_at)}"
        return " · ".join(filter(None, [hours, self._dates, ages_text(workshop.age_min, workshop.age_max)]))

    @property
    def _dates(self) -> str:
        """Say how many dates a cycle still has; of anything else nothing."""
        left = getattr(self.session, "dates_left", None)
        return (
            ngettext("cycle: %(left)d date left", "cycle: %(left)d dates left", left) % {"left": left} if left else ""
        )

    @property
    def tag(self) -> str:
        if self.session.state == WorkshopSession.State.CANCELLED:
            return _("cancelled")
        if self.session.workshop.kind == Workshop.Kind.DROP_IN:
            return _("just come")
        left = self.session.places_left
        if not left:
            return _("full · waiting list open")
        return ngettext("%(left)d place left", "%(left)d places left", left) % {"left": left}


def opening_now(now: datetime) -> OpeningNow:
    current = open_now(now)
    return OpeningNow(current, None if current else next_opening(now))


def park(now: datetime) -> list[MachineCard]:
    """Return every machine in service, in the lab's order, with its live state."""
    return machine_cards(list(in_service()), now)


def machine_card(machine_id: int, now: datetime) -> MachineCard:
    """Return a machine with its state and, while it works, when that began: two or three queries."""
    machine = Machine.objects.select_related("category").get(pk=machine_id)
    live = live_states(now, [machine])[machine_id]
    return MachineCard(machine, live, now, job_began(machine_id) if live.state in LIVE_MEASURED else None)


def machine_cards(machines: Sequence[Machine], now: datetime) -> list[MachineCard]:
    states = live_states(now, machines)
    return [MachineCard(machine, states[machine.pk], now) for machine in machines]


def processes_of(cards: Iterable[MachineCard]) -> list[Process]:
    """Return the processes that the park has, in the order of the list."""
    present = {card.process for card in cards}
    return [process for process in Process if process.value in present]


def coming_sessions(now: datetime, limit: int, workshop: int | None = None) -> list[SessionCard]:
    """Return the sessions that are not over, cancelled ones too: who planned to come must read it; a cycle is one."""
    found = sessions_between(now, now + SESSIONS_AHEAD, workshop=workshop, limit=limit, whole_cycles=True)
    return [SessionCard(session) for session in found]
