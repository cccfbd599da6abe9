from machines.models.access import Level, Qualification
from machines.models.park import LIVE_MEASURED, Machine, MachineCategory, Measured, Outage, Process
from machines.models.quiz import Choice, PaperSheet, Question, QuizAttempt, QuizMode
from machines.models.usage import Attribution, Outcome, UsageSession

__all__ = [
    "LIVE_MEASURED",
    "Attribution",
    "Choice",
    "Level",
    "Machine",
    "MachineCategory",
    "Measured",
    "Outage",
    "Outcome",
    "PaperSheet",
    "Process",
    "Qualification",
    "Question",
    "QuizAttempt",
    "QuizMode",
    "UsageSession",
]
