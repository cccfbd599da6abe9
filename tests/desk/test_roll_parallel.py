"""Several tablets at once: one row, one visit, whoever is first."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from desk import roll as acts
from place.models import Visit
from tests.factories.members import AdultFactory, StaffFactory
from tests.factories.workshops import RegistrationFactory, SessionFactory
from tests.workshops.test_parallel import all_at_once
from workshops.models import Attendance
from workshops.services import Conflict, Tap

pytestmark = [pytest.mark.parallel, pytest.mark.usefixtures("committed_db")]


def test_tablets_that_call_the_same_person_at_once_make_one_row_and_one_visit():
    desk, session = StaffFactory(roles=["desk"]), SessionFactory(starts_at=timezone.now() - timedelta(minutes=5))
    person = RegistrationFactory(session=session, member=AdultFactory()).member

    def tap(number: int):
        tap = Tap(key=f"k{number}", version=0)
        return lambda: acts.call(session=session, person=person, state="present", actor=desk, tap=tap).pk

    assert len(set(all_at_once([tap(number) for number in range(6)]))) == 1
    assert (Attendance.objects.count(), Visit.objects.count()) == (1, 1)


def test_two_who_let_somebody_go_at_once_end_the_visit_once():
    desk, session = StaffFactory(roles=["desk"]), SessionFactory(starts_at=timezone.now() - timedelta(minutes=5))
    row = acts.call(session=session, person=AdultFactory(), state="present", actor=desk)

    def leaves(number: int):
        tap = Tap(key=f"k{number}", version=1)
        return lambda: acts.let_go(attendance=row, leaving="freely", actor=desk, tap=tap).version

    results = Counter(
        "conflict" if isinstance(one, Conflict) else one for one in all_at_once([leaves(number) for number in range(4)])
    )
    assert results == {2: 1, "conflict": 3}
    assert Visit.objects.get().leaving == "freely"
