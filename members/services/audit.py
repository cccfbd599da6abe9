"""The only writer of the log."""

from typing import Any

from members.models import AuditEntry, Channel, User


def record(
    *,
    actor: User | None,
    action: str,
    subject: str,
    channel: str = Channel.ONLINE,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one line to the log; `subject` is `model:id`."""
    return AuditEntry.objects.create(actor=actor, action=action, subject=subject, channel=channel, detail=detail or {})
