"""What the API answers, for its description (docs/contract.md §4); the calls write their answers themselves."""

from datetime import datetime
from typing import Any, Literal

from ninja import Schema

from booking.models import Kind, State
from machines.models import Attribution, Outcome, Process
from members.models import Channel


class AlternativeOut(Schema):
    machine: str
    starts_at: datetime
    ends_at: datetime


class NextStepOut(Schema):
    label: str
    url: str


class ProblemOut(Schema):
    code: str
    message: str
    detail: dict[str, Any]
    next_step: NextStepOut | None
    alternatives: list[AlternativeOut]


class Problems(Schema):
    """Every reason of a refusal, in the order of the rules."""

    problems: list[ProblemOut]


class Detail(Schema):
    """Why a call was not understood or not allowed; a list names the fields."""

    detail: str | list[Any]


class MachineOut(Schema):
    slug: str
    name: str
    process: Process
    state: Literal["free", "reserved", "in_use", "paused", "down", "offline", "closed"]
    state_since: datetime | None
    busy_until: datetime | None
    next_free_at: datetime | None
    level_required: int
    min_age: int
    min_age_alone: int


class SlotOut(Schema):
    starts_at: datetime
    ends_at: datetime
    available: bool
    problems: list[str]


class BlockOut(Schema):
    machine: str
    starts_at: datetime
    ends_at: datetime
    kind: Kind
    mine: bool


class OpeningOut(Schema):
    starts_at: datetime
    ends_at: datetime
    kind: str


class ReservationOut(Schema):
    id: int
    machine: str
    member: int | None
    kind: Kind
    starts_at: datetime
    ends_at: datetime
    state: State
    channel: Channel
    any_of_kind: bool | None = None
    material: str | None = None


class UsageOut(Schema):
    id: int
    machine: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    source: str
    job_name: str
    estimated: bool
    energy_wh: float | None
    member: int | None
    reservation: int | None
    attribution: Attribution


class MachinePage(Schema):
    items: list[MachineOut]
    next: str | None


class SlotPage(Schema):
    items: list[SlotOut]
    next: str | None


class CalendarOut(Schema):
    items: list[BlockOut]
    openings: list[OpeningOut]
    next: str | None


class ReservationPage(Schema):
    items: list[ReservationOut]
    next: str | None


class UsagePage(Schema):
    items: list[UsageOut]
    next: str | None


Answers = dict[int, Any]
NOT_UNDERSTOOD: Answers = {422: Detail}
NOT_FOUND: Answers = {404: Detail}
SIGNED_IN_ONLY: Answers = {401: Problems, 403: Detail | Problems}
REFUSED: Answers = {**SIGNED_IN_ONLY, **NOT_FOUND, 409: Problems, 422: Problems | Detail}
