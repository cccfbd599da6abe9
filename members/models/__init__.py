from members.models.access import AccessCard, ApiToken, CalendarSecret
from members.models.household import Guardian, Household, Neighbourhood, PickUpPerson, QuotientBand
from members.models.membership import DuesEntry, Membership
from members.models.outbox import AuditEntry, Message
from members.models.papers import ConsentEntry, LegalText, Purpose
from members.models.partners import Partner
from members.models.people import Channel, Gender, JoinRequest, User

__all__ = [
    "AccessCard",
    "ApiToken",
    "AuditEntry",
    "CalendarSecret",
    "Channel",
    "ConsentEntry",
    "DuesEntry",
    "Gender",
    "Guardian",
    "Household",
    "JoinRequest",
    "LegalText",
    "Membership",
    "Message",
    "Neighbourhood",
    "Partner",
    "PickUpPerson",
    "Purpose",
    "QuotientBand",
    "User",
]
