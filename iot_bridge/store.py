"""The database as a store: one draft per batch, written and committed together, or not at all."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from iot_bridge import answering, noting, queries, writing
from iot_bridge.counters import Counters
from iot_bridge.discovery import Found
from iot_bridge.effects import (
    AddEnergy,
    Anomaly,
    AskAccess,
    CloseUsage,
    Contact,
    Effect,
    NoteEvidence,
    OpenUsage,
    ReopenUsage,
    SetMeasured,
    SetPaused,
    SetProgress,
)
from iot_bridge.material import note_used
from iot_bridge.messages import Message
from iot_bridge.noting import Notes
from iot_bridge.pipeline import Listener, Status
from iot_bridge.state import State
from iot_bridge.writing import Row, moment
from machines.models import Machine, UsageSession
from machines.services import starts, usage
from members.queries import person_of_card

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Draft:
    """What a batch will write when it is complete."""

    states: dict[int, State] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    progress: dict[int, int | None] = field(default_factory=dict)
    contact: dict[int, float] = field(default_factory=dict)
    anomalies: list[tuple[Listener, Anomaly]] = field(default_factory=list)
    answers: list[answering.Outgoing] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    tally: dict[tuple[str, str], int] = field(default_factory=dict)

    def copy(self) -> "Draft":
        """Return a copy that the original's later changes do not touch."""
        return Draft(
            dict(self.states),
            list(self.rows),
            dict(self.progress),
            dict(self.contact),
            list(self.anomalies),
            list(self.answers),
            self.notes.copy(),
            dict(self.tally),
        )


class DatabaseStore:
    """Effects on uses are carried out at once, inside the caller's transaction; the rest waits for `flush`."""

    def __init__(self, states: dict[int, State], counters: Counters) -> None:
        self._states, self._counters = states, counters
        self.draft = Draft()
        self.answers: list[answering.Outgoing] = []  # committed, to be sent

    # -- the pipeline's side -----------------------------------------------------------------------------------

    def state(self, device: Listener) -> State:
        return self.draft.states.get(device.id) or self._states[device.id]

    def keep(self, device: Listener, state: State) -> None:
        self.draft.states[device.id] = state

    def seen(self, message: Message) -> bool:
        drafted = (row.message for row in self.draft.rows if row.message.topic == message.topic)
        return any(other.digest == message.digest for other in drafted) or (
            message.digest in queries.recent_digests(message.topic[: writing.TOPIC_LENGTH])
        )

    def record(self, device: Listener | None, message: Message, status: Status, reason: str) -> None:
        self.draft.rows.append(Row(device.id if device else None, message, status, reason))
        if reason:
            self.draft.tally[status.value, reason] = self.draft.tally.get((status.value, reason), 0) + 1
        if device is not None:
            self.draft.notes.heard[device.id] = message.received_at
            if status is Status.REJECTED:
                self.draft.notes.reject(device.id, reason)

    def note_clock(self, device: Listener, offset: float) -> None:
        self.draft.notes.clocks[device.id] = offset

    def propose(self, found: Found, at: float) -> None:
        self.draft.notes.propose(found, at)

    def apply(self, device: Listener, effect: Effect) -> None:
        EFFECTS[type(effect)](self, device, effect)

    # -- the transaction's side --------------------------------------------------------------------------------

    def flush(self, *, facts: bool) -> None:
        """Write the draft; the caller commits, then calls `committed`. Progress and contact may wait."""
        draft = self.draft
        if draft.rows:
            writing.insert_messages(draft.rows)
            draft.rows = []
        writing.update_states(draft.states.items())
        if facts:
            for machine_id in draft.progress.keys() | draft.contact.keys():
                self._facts(machine_id)
            noting.write(draft.notes)
            draft.progress, draft.contact, draft.notes = {}, {}, Notes()

    def has_facts(self) -> bool:
        """Tell whether progress, contact or health still waits to be written."""
        return bool(self.draft.progress or self.draft.contact or self.draft.notes)

    def _facts(self, machine_id: int) -> None:
        machine, draft = Machine(pk=machine_id), self.draft
        if machine_id in draft.progress:
            usage.set_progress(machine, draft.progress[machine_id])
        if machine_id in draft.contact:
            usage.note_contact(machine, moment(draft.contact[machine_id]))

    def committed(self) -> None:
        self._states.update(self.draft.states)
        self._counters.add(self.draft.tally)
        for device, anomaly in self.draft.anomalies:
            log.warning("%s: %s %s", device.source, anomaly.code, anomaly.detail)
        self.answers += self.draft.answers
        self.draft = Draft(progress=self.draft.progress, contact=self.draft.contact, notes=self.draft.notes)

    def discard(self) -> None:
        self.draft = Draft()

    # -- effects -----------------------------------------------------------------------------------------------

    def _session(self, device: Listener, key: str) -> UsageSession | None:
        return UsageSession.objects.filter(source=device.source, natural_key=key).first()

    def _open(self, device: Listener, effect: OpenUsage) -> None:
        usage.open_usage(
            Machine.objects.get(pk=device.machine_id),
            source=device.source,
            natural_key=effect.key,
            started_at=moment(effect.started_at),
            job_name=effect.job_name,
            estimated=effect.estimated,
            evidence_at=moment(effect.evidence_at),
            member=person_of_card(effect.card) if effect.card else None,
        )

    def _ask(self, device: Listener, effect: AskAccess) -> None:
        question = starts.Question(device.source, effect.boot, effect.seq, effect.card, effect.late)
        said = starts.ask_by_badge(device.machine_id, question, moment(effect.at))
        if message := answering.answer(device, effect.seq, said):
            self.draft.answers.append(message)

    def _close(self, device: Listener, effect: CloseUsage) -> None:
        session = self._session(device, effect.key)
        if session is not None:
            usage.close_usage(
                session,
                ended_at=moment(effect.ended_at),
                outcome=effect.outcome,
                estimated=effect.estimated,
                energy_wh=effect.energy_wh,
                paused_seconds=effect.paused_seconds,
            )
            note_used(session, effect.used, effect.used_before)

    def _reopen(self, device: Listener, effect: ReopenUsage) -> None:
        session = self._session(device, effect.key)
        if session is not None:
            usage.reopen_usage(session, evidence_at=moment(effect.evidence_at))

    def _note(self, device: Listener, effect: NoteEvidence) -> None:
        session = self._session(device, effect.key)
        if session is not None:
            usage.note_evidence(session, at=moment(effect.at))

    def _paused(self, device: Listener, effect: SetPaused) -> None:
        session = self._session(device, effect.key)
        if session is not None:
            usage.set_paused_seconds(session, effect.seconds)

    def _energy(self, device: Listener, effect: AddEnergy) -> None:
        usage.add_energy(Machine(pk=device.machine_id), effect.watt_hours)

    def _measured(self, device: Listener, effect: SetMeasured) -> None:
        usage.set_measured(Machine(pk=device.machine_id), effect.state, moment(effect.since))

    def _progress(self, device: Listener, effect: SetProgress) -> None:
        self.draft.progress[device.machine_id] = effect.percent

    def _contact(self, device: Listener, effect: Contact) -> None:
        self.draft.contact[device.machine_id] = effect.at

    def _anomaly(self, device: Listener, effect: Anomaly) -> None:
        self.draft.anomalies.append((device, effect))


EFFECTS: dict[type, Callable[..., None]] = {
    OpenUsage: DatabaseStore._open,
    CloseUsage: DatabaseStore._close,
    ReopenUsage: DatabaseStore._reopen,
    NoteEvidence: DatabaseStore._note,
    SetPaused: DatabaseStore._paused,
    AddEnergy: DatabaseStore._energy,
    SetMeasured: DatabaseStore._measured,
    SetProgress: DatabaseStore._progress,
    Contact: DatabaseStore._contact,
    AskAccess: DatabaseStore._ask,
    Anomaly: DatabaseStore._anomaly,
}
