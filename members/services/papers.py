"""The only writer of the ledger of agreements, and of the texts people sign. Nothing is ever changed or taken out."""

from datetime import date

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members import handlers, notifications
from members.models import Channel, ConsentEntry, Guardian, LegalText, Purpose, User
from members.queries import is_guardian_of, latest_text, standings
from members.services.audit import record
from members.services.keys import close_doors
from members.services.outbox import notify, notify_guardian
from members.standing import GUARDIAN, GUARDIANS, REQUIREMENTS, SELF, expiry, signatories

Act = ConsentEntry.Act


@transaction.atomic
def sign(
    *,
    actor: User | None,
    person: User,
    purpose: str,
    guardian: Guardian | None = None,
    signed_on: date | None = None,
    expires_on: date | None = None,
    channel: str = Channel.DESK,
) -> ConsentEntry:
    """Note that the person, or one of their guardians, signed the text of today; until the end of the season joined.

    Raises ValidationError (a day to come, nobody asks this signature) and PermissionDenied.
    """
    day = signed_on or timezone.localdate()
    entry = _entry(actor, person, purpose, Act.SIGNED, guardian, day, channel)
    entry.text = latest_text(purpose, person.preferred_language, day)
    entry.expires_on = expires_on or expiry(purpose, day)
    return _write(entry, actor)


@transaction.atomic
def refuse(
    *,
    actor: User | None,
    person: User,
    purpose: str,
    guardian: Guardian | None = None,
    on: date | None = None,
    channel: str = Channel.DESK,
) -> ConsentEntry:
    """Note that somebody was asked and said no: nobody needs to ask again, and an earlier yes is over.

    Raises as `sign`.
    """
    entry = _entry(actor, person, purpose, Act.REFUSED, guardian, on or timezone.localdate(), channel)
    _write(entry, actor)
    _take_effect(entry)
    return entry


@transaction.atomic
def withdraw(
    *,
    actor: User | None,
    person: User,
    purpose: str,
    guardian: Guardian | None = None,
    reason: str = "",
    channel: str = Channel.DESK,
) -> ConsentEntry:
    """Take an agreement back. It acts at once: CONSENT_WITHDRAWN_HANDLERS settle what depended on it, in this same
    transaction, and the others who answer for the person are told. Raises as `sign`."""
    entry = _entry(actor, person, purpose, Act.WITHDRAWN, guardian, timezone.localdate(), channel)
    entry.reason = reason.strip()[:200]
    _write(entry, actor)
    _take_effect(entry)
    _tell(entry, actor)
    return entry


@transaction.atomic
def publish_text(*, actor: User, purpose: str, bodies: dict[str, str]) -> list[LegalText]:
    """Publish a new version of a text, in the languages given (French always); earlier signatures stay valid.

    Raises ValidationError without French and PermissionDenied.
    """
    if not actor.has_perm("members.publish_texts"):
        raise PermissionDenied(_("You cannot publish the texts that people sign."))
    written = {language: body.strip() for language, body in bodies.items() if body.strip()}
    if settings.LANGUAGE_CODE not in written:
        raise ValidationError({settings.LANGUAGE_CODE: _("The text is needed in the language of the lab.")})
    newest = LegalText.objects.select_for_update().filter(purpose=purpose).order_by("-version").first()
    version = newest.version + 1 if newest else 1
    texts = [LegalText(purpose=purpose, version=version, language=code, body=body) for code, body in written.items()]
    for text in texts:
        text.full_clean()
        text.save()
    record(actor=actor, action="text.published", subject=f"text:{purpose}", detail={"version": version})
    return texts


def _entry(
    actor: User | None, person: User, purpose: str, act: str, guardian: Guardian | None, day: date, channel: str
) -> ConsentEntry:
    _refuse_stranger(actor, person, guardian)
    if day > timezone.localdate():
        raise ValidationError({"signed_on": _("This day is still to come.")})
    by = ConsentEntry.Signatory.GUARDIAN if guardian else ConsentEntry.Signatory.SELF
    _refuse_unasked(person, purpose, by, day)
    name = str(guardian) if guardian else person.get_full_name()
    return ConsentEntry(
        person=person,
        purpose=purpose,
        act=act,
        signatory=by,
        guardian=guardian,
        signatory_name=name,
        signed_on=day,
        channel=channel,
        recorded_by=actor,
    )


def _refuse_stranger(actor: User | None, person: User, guardian: Guardian | None) -> None:
    """The desk keeps papers for everybody; people sign for themselves, guardians with an account for their children."""
    if guardian and guardian.household_id != person.household_id:
        raise ValidationError(_("This parent or guardian is of another household."))
    if actor is None or actor.has_perm("members.manage_papers"):
        return
    if guardian is None and actor.pk == person.pk:
        return
    if guardian and guardian.account_id == actor.pk and is_guardian_of(actor, person):
        return
    raise PermissionDenied(_("Only the person, a parent or the desk can do this."))


def _refuse_unasked(person: User, purpose: str, by: str, day: date) -> None:
    """Refuse a signature that this age does not ask for: it would look like an agreement and be none.

    A child may sign ahead what they alone will sign one day; a parent never after it is theirs no more.
    """
    requirement = REQUIREMENTS[Purpose(purpose)]
    now = signatories(purpose, person.birth_date, day)
    asked = now if by == GUARDIAN else (*requirement.young, *requirement.grown)
    if by not in {GUARDIAN if one == GUARDIANS else one for one in asked}:
        who = _("the person") if by == SELF else _("a parent")
        words = {"what": Purpose(purpose).label, "who": who}
        raise ValidationError(_("For “%(what)s”, %(who)s is not asked to sign.") % words)


def _write(entry: ConsentEntry, actor: User | None) -> ConsentEntry:
    User.objects.select_for_update(no_key=True).get(pk=entry.person_id)
    entry.full_clean()
    entry.save()
    detail = {"purpose": entry.purpose, "by": entry.signatory, "guardian": entry.guardian_id}
    subject = f"user:{entry.person_id}"
    record(actor=actor, action=f"consent.{entry.act}", subject=subject, channel=entry.channel, detail=detail)
    return entry


def _take_effect(entry: ConsentEntry) -> None:
    """What is no longer agreed to stops: an account before 15 here, the rest in the rooms that built on it."""
    today = timezone.localdate()
    if standings(entry.person, today, [entry.purpose])[Purpose(entry.purpose)].allows:
        return
    if entry.purpose == Purpose.ACCOUNT:
        close_doors(entry.person)
    handlers.call("CONSENT_WITHDRAWN_HANDLERS", entry)


def _tell(entry: ConsentEntry, actor: User | None) -> None:
    """Tell the other guardians, and the person unless they did it themselves."""
    subject, body = notifications.withdrawn(entry)
    if actor is None or actor.pk != entry.person_id:
        notify(recipient=entry.person, subject=subject, body=body)
    others = Guardian.objects.filter(household=entry.person.household_id).exclude(pk=entry.guardian_id)
    for guardian in others.select_related("account") if entry.person.household_id else ():
        notify_guardian(guardian=guardian, child=entry.person, subject=subject, body=body)
