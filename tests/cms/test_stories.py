"""What came of a session: the page shows what may be seen, and nothing of who does not agree."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from cms.models import SessionStory
from cms.services.pictures import say_who_is_in
from cms.services.stories import tell
from members import services as members
from place.clock import today
from tests.factories.cms import ImageFactory, ProjectFactory
from tests.factories.members import AdultFactory, StaffFactory, signed
from tests.factories.workshops import SessionFactory

pytestmark = pytest.mark.django_db


def shown(client: Client, session) -> list[str]:
    return [photo.title for photo in SessionStory.objects.get(session=session).shown_photos()]


def test_only_photographs_that_somebody_has_spoken_for_and_whose_people_agree_are_shown(client, boss, home):
    session, agrees, refuses = SessionFactory(), AdultFactory(), AdultFactory()
    signed(agrees, "photo_web", "self", signed_on=today())
    photos = {name: ImageFactory(title=name) for name in ("agreed", "refused", "unspoken", "hands")}
    photos["hands"].consent_note = "Que des mains"
    photos["hands"].save()
    say_who_is_in(actor=boss, image=photos["agreed"], people=[agrees])
    say_who_is_in(actor=boss, image=photos["refused"], people=[refuses])
    tell(actor=boss, session=session, photos=photos.values(), projects=[])
    assert shown(client, session) == ["agreed", "hands"]
    page = client.get(f"/seances/{session.pk}/").content.decode()
    assert page.count("<figure") == 2
    members.withdraw(actor=agrees, person=agrees, purpose="photo_web")
    assert shown(client, session) == ["hands"]


def test_projects_made_there_are_shown_once_published(client, boss, home):
    session = SessionFactory()
    known, draft = ProjectFactory(title="Lampe"), ProjectFactory(title="Secret", live=False)
    tell(actor=boss, session=session, photos=[], projects=[known, draft])
    page = client.get(f"/seances/{session.pk}/").content.decode()
    assert ("Lampe" in page, "Secret" in page) == (True, False)


def test_only_who_may_add_pictures_tells_a_session(home):
    with pytest.raises(PermissionDenied):
        tell(actor=StaffFactory(roles=["desk"]), session=SessionFactory(), photos=[ImageFactory()], projects=[])
    assert not SessionStory.objects.exists()


def test_the_screen_offers_photographs_and_keeps_those_that_are_linked(client, boss, home):
    session, photo, other = SessionFactory(), ImageFactory(), ImageFactory()
    url = f"/gestion/seances/{session.pk}/photos/"
    client.post(url, {"photos": [photo.pk]})
    form = client.get(url).context["form"]
    assert set(form.fields["photos"].queryset) == {photo, other}
    assert form.fields["photos"].initial == [photo.pk]
