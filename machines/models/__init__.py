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
from machines.models.stock import Consumable, StockMovement, Unit, Why
from machines.models.ties import MachineTie
from machines.models.upkeep import MachineMeter, MaintenanceTask, Measure, UpkeepPlan
from machines.models.usage import Attribution, Outcome, UsageSession

__all__ = [
    "LIVE_MEASURED",
    "Allowed",
    "Attribution",
    "Choice",
    "Consumable",
    "Declared",
    "FaultReport",
    "FaultState",
    "Level",
    "LevelName",
    "Machine",
    "MachineCategory",
    "MachineMaterial",
    "MachineMeter",
    "MachinePool",
    "MachineTie",
    "MaintenanceTask",
    "Measure",
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
    "StockMovement",
    "Supervision",
    "Unit",
    "UpkeepPlan",
    "UsageSession",
    "Why",
]
