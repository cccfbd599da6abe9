"""The only writer of who is in a picture, and of whether it is shown: while everybody in it agrees, no longer."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cms.models import LabImage, PictureSubject
from members.models import ConsentEntry, Purpose, User
from members.queries import standings_of
from members.services import record


@transaction.atomic
def say_who_is_in(*, actor: User, image: LabImage, people: Iterable[User]) -> LabImage:
    """Name everybody who can be recognised in a picture; it is withheld unless all of them agree.

    Raises PermissionDenied.
    """
    if not (actor.has_perm("wagtailimages.add_image") and actor.has_perm("members.view_member_names")):
        raise PermissionDenied(_("You cannot say who is in a picture."))
    wanted = {person.pk: person for person in people}
    PictureSubject.objects.filter(image=image).exclude(person__in=wanted).delete()
    present = set(PictureSubject.objects.filter(image=image).values_list("person", flat=True))
    PictureSubject.objects.bulk_create(PictureSubject(image=image, person_id=pk) for pk in wanted if pk not in present)
    settle_pictures([image])
    record(actor=actor, action="picture.people", subject=f"image:{image.pk}", detail={"people": sorted(wanted)})
    return image


def settle_consent(entry: ConsentEntry) -> None:
    """Handler of CONSENT_WITHDRAWN_HANDLERS: pictures of the person leave the site with the agreement."""
    if entry.purpose == Purpose.PHOTO_WEB:
        settle_pictures(LabImage.objects.filter(subjects__person=entry.person))


def settle_all_pictures(now: datetime) -> int:
    """Bring every picture of somebody in line with today's agreements; return how many changed. Idempotent."""
    return settle_pictures(LabImage.objects.filter(subjects__isnull=False).distinct(), now)


@transaction.atomic
def settle_pictures(images: Iterable[LabImage], now: datetime | None = None) -> int:
    """Show or withhold each picture as its people agree today; return how many changed: three queries and a change."""
    found = list(LabImage.objects.filter(pk__in=[image.pk for image in images]).prefetch_related("subjects__person"))
    people = {subject.person_id: subject.person for image in found for subject in image.subjects.all()}
    stand = standings_of(list(people.values()), timezone.localdate(now), [Purpose.PHOTO_WEB])
    agreed = {pk for pk, held in stand.items() if held[Purpose.PHOTO_WEB].allows}
    changed = [image for image in found if image.withheld == _all_agree(image, agreed)]
    for image in changed:
        _turn(image)
    return len(changed)


def _all_agree(image: LabImage, agreed: set[int]) -> bool:
    return all(subject.person_id in agreed for subject in image.subjects.all())


def _turn(image: LabImage) -> None:
    """Withhold a picture, or show it again; the sizes already made are removed so that their addresses die."""
    image.withheld = not image.withheld
    LabImage.objects.filter(pk=image.pk).update(withheld=image.withheld)
    if image.withheld:
        for rendition in image.renditions.all():
            rendition.delete()
