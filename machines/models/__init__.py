from machines.models.access import (
    Level,
    LevelName,
    OpenBadge,
    PracticeObservation,
    Qualification,
    QualificationWaiver,
)
from machines.models.faults import FaultReport, FaultState
from machines.models.materials import Allowed, MachineMaterial
from machines.models.park import (
    LIVE_MEASURED,
    Declared,
    Machine,
    MachineCategory,
    MachinePool,
    Measured,
    Outage,
    Process,
    Supervision,
)
from machines.models.presence import PresenceCheck
from machines.models.quiz import Choice, PaperSheet, Question, QuizAttempt, QuizMode
from machines.models.starts import PowerOrder, StartChannel, StartRequest
from machines.models.ties import MachineTie
from machines.models.usage import Attribution, Outcome, UsageSession

__all__ = [
    "LIVE_MEASURED",
    "Allowed",
    "Attribution",
    "Choice",
    "Declared",
    "FaultReport",
    "FaultState",
    "Level",
    "LevelName",
    "Machine",
    "MachineCategory",
    "MachineMaterial",
    "MachinePool",
    "MachineTie",
    "Measured",
    "OpenBadge",
    "Outage",
    "Outcome",
    "PaperSheet",
    "PowerOrder",
    "PracticeObservation",
    "PresenceCheck",
    "Process",
    "Qualification",
    "QualificationWaiver",
    "Question",
    "QuizAttempt",
    "QuizMode",
    "StartChannel",
    "StartRequest",
    "Supervision",
    "UsageSession",
]
