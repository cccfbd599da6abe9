"""The only writers of people, their papers and keys, the outbox and the log."""

from members.services.audit import record
from members.services.cards import issue_card, print_card_again, revoke_card, try_code, unlock_card
from members.services.joining import accept_join, ask_to_join, decline_join
from members.services.keys import close_calendar, create_token, renew_calendar_secret, revoke_token
from members.services.memberships import accept_membership, add_dues, enrol, resign
from members.services.outbox import mark_told, notify, notify_guardian, send_message, send_outbox
from members.services.papers import publish_text, refuse, sign, withdraw
from members.services.people import (
    choose,
    create_member,
    deactivate_member,
    free_username,
    grantable_roles,
    readable_password,
    refuse_above,
    refuse_without_right,
    renew_password,
    role_labels,
    set_roles,
    update_member,
)

__all__ = [
    "accept_join",
    "accept_membership",
    "add_dues",
    "ask_to_join",
    "choose",
    "close_calendar",
    "create_member",
    "create_token",
    "deactivate_member",
    "decline_join",
    "enrol",
    "free_username",
    "grantable_roles",
    "issue_card",
    "mark_told",
    "notify",
    "notify_guardian",
    "print_card_again",
    "publish_text",
    "readable_password",
    "record",
    "refuse",
    "refuse_above",
    "refuse_without_right",
    "renew_calendar_secret",
    "renew_password",
    "resign",
    "revoke_card",
    "revoke_token",
    "role_labels",
    "send_message",
    "send_outbox",
    "set_roles",
    "sign",
    "try_code",
    "unlock_card",
    "update_member",
    "withdraw",
]
