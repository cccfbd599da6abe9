"""Invented reports of faults."""

from typing import Any

import factory
from django.core.files.base import ContentFile

from machines.models import FaultReport
from tests.factories.cms import photo_bytes
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory


class FaultFactory(factory.django.DjangoModelFactory):
    """A report nobody has answered; `photo=` takes bytes."""

    class Meta:
        model = FaultReport

    machine = factory.SubFactory(MachineFactory)
    reported_by = factory.SubFactory(MemberFactory)
    what = factory.Sequence(lambda number: f"Elle fait un bruit {number}")
    dangerous = False

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> FaultReport:
        photo = kwargs.pop("photo", None)
        report = model_class(*args, **kwargs)
        if photo:
            report.photo.save("", ContentFile(photo), save=False)
        report.save()
        return report


def upload(content: bytes | None = None, name: str = "photo.jpg", **wanted: Any) -> ContentFile:
    """Return a file as a form hands it over: a phone's photograph unless its bytes are given."""
    return ContentFile(photo_bytes(**wanted) if content is None else content, name=name)
