"""The only writer of desk cards."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from members import cards
from members.models import AccessCard, Channel, User
from members.services.audit import record
from members.services.people import end_sessions, refuse_above


@transaction.atomic
def issue_card(*, actor: User, person: User) -> AccessCard:
    """Give a person a new card; an earlier one, and what it opened, ends. Raises PermissionDenied."""
    _may_hand_out(actor, person)
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    end_cards(person)
    card = AccessCard(user=person, issued_by=actor)
    card.digest = cards.qr_digest(cards.qr_token(card.nonce))
    card.save()
    record(actor=actor, action="card.issued", subject=f"user:{person.pk}", channel=Channel.DESK)
    return card


@transaction.atomic
def print_card_again(*, actor: User, card: AccessCard) -> AccessCard:
    """Note that the desk looks at a card's code once more. Raises PermissionDenied."""
    _may_hand_out(actor, card.user)
    record(actor=actor, action="card.printed", subject=f"user:{card.user_id}", channel=Channel.DESK)
    return card


@transaction.atomic
def revoke_card(*, actor: User, person: User) -> None:
    """End a person's card at once, and every session that is open. Raises PermissionDenied."""
    _may_hand_out(actor, person)
    end_cards(person)
    record(actor=actor, action="card.revoked", subject=f"user:{person.pk}", channel=Channel.DESK)


@transaction.atomic
def unlock_card(*, actor: User, card: AccessCard) -> None:
    """Let a card be used again after too many wrong codes. Raises PermissionDenied."""
    _may_hand_out(actor, card.user)
    AccessCard.objects.filter(pk=card.pk).update(failures=0)
    record(actor=actor, action="card.unlocked", subject=f"user:{card.user_id}", channel=Channel.DESK)


def try_code(card: AccessCard, code: str) -> bool:
    """Tell whether a code opens a card. A try is counted before it is judged: many at once are still five."""
    live = AccessCard.objects.filter(pk=card.pk, revoked_at=None)
    if not live.filter(failures__lt=cards.MOST_FAILURES).update(failures=F("failures") + 1):
        return False
    if not cards.is_code(card.nonce, code):
        return False
    live.update(failures=0)
    return True


def end_cards(person: User) -> None:
    """End a person's card and open sessions, as a part of another act."""
    if AccessCard.objects.filter(user=person, revoked_at=None).update(revoked_at=timezone.now()):
        end_sessions(person)


def _may_hand_out(actor: User, person: User) -> None:
    if actor.pk == person.pk:
        raise PermissionDenied(_("Somebody else of the team makes your card."))
    refuse_above(actor, person)
