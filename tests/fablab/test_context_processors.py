"""What every page may name costs nothing until it is named."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from fablab.context_processors import lab
from place.models import LabSettings, OpeningPeriod


@pytest.mark.django_db
def test_nothing_is_read_until_asked(django_assert_num_queries) -> None:
    LabSettings.objects.update_or_create(pk=1, defaults={"name": "La Ruche"})
    with django_assert_num_queries(0):
        context = lab(RequestFactory().get("/"))
    with django_assert_num_queries(1):
        names = [context["lab"].name, str(context["lab"])]
    assert names == ["La Ruche", "La Ruche"]


@pytest.mark.django_db
def test_closed_is_falsy_and_open_tells_until_when() -> None:
    OpeningPeriod.objects.all().delete()
    assert not lab(RequestFactory().get("/"))["open_now"]
    now = timezone.now()
    OpeningPeriod.objects.create(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1), label="Labo")
    assert lab(RequestFactory().get("/"))["open_now"].ends_at == now + timedelta(hours=1)
