"""Workshops, their dates, who registers, who comes."""

from workshops.models.dates import Programme, ProgrammeBand, WorkshopSeries, WorkshopSession
from workshops.models.games import FreeQuiz, GameTotal, LiveGame, Player, PlayerAnswer
from workshops.models.offer import IdeaInterest, Workshop, WorkshopIdea, WorkshopPrice, WorkshopQuestion
from workshops.models.roll import Attendance, SessionFeedback
from workshops.models.seats import LIVE_STATUSES, ProgrammeEntry, Registration, RegistrationAnswer

__all__ = [
    "LIVE_STATUSES",
    "Attendance",
    "FreeQuiz",
    "GameTotal",
    "IdeaInterest",
    "LiveGame",
    "Player",
    "PlayerAnswer",
    "Programme",
    "ProgrammeBand",
    "ProgrammeEntry",
    "Registration",
    "RegistrationAnswer",
    "SessionFeedback",
    "Workshop",
    "WorkshopIdea",
    "WorkshopPrice",
    "WorkshopQuestion",
    "WorkshopSeries",
    "WorkshopSession",
]
