"""Two taps and two answers at once, each in a connection of its own."""

import pytest
from django.core.exceptions import ValidationError

from machines.models import FaultReport, Outage
from machines.services.faults import report_fault, triage
from members.models import Message
from tests.factories.faults import FaultFactory
from tests.factories.machines import MachineFactory
from tests.factories.members import MemberFactory, StaffFactory
from tests.workshops.test_parallel import all_at_once

pytestmark = [pytest.mark.parallel, pytest.mark.usefixtures("committed_db")]


def test_the_same_report_tapped_many_times_at_once_is_kept_once():
    machine, person = MachineFactory(), MemberFactory()
    said = {"machine": machine, "reporter": person, "what": "Ça fume", "dangerous": True}
    found = all_at_once([lambda: report_fault(**said).pk] * 8)
    assert found == [FaultReport.objects.get().pk] * 8


def test_nobody_gets_more_than_five_open_reports_by_sending_them_at_once():
    machine, person = MachineFactory(), MemberFactory()
    said = {"machine": machine, "reporter": person, "dangerous": False}
    all_at_once([lambda number=number: report_fault(what=f"Bruit {number}", **said) for number in range(9)])
    assert FaultReport.objects.count() == 5


def test_a_report_answered_by_several_at_once_has_one_answer():
    report, team = FaultFactory(), StaffFactory.create_batch(3)
    answers = [("outage", "En panne"), ("dismissed", "Rien vu"), ("outage", "Cassée")] * 2
    acts = [
        lambda actor=team[number % 3], answer=answer: triage(
            actor=actor, report=report, decision=answer[0], note=answer[1]
        )
        for number, answer in enumerate(answers)
    ]
    found = all_at_once(acts)
    refused = [one for one in found if isinstance(one, ValidationError)]
    assert (len(refused), {one.error_list[0].code for one in refused}) == (5, {"decided"})
    report.refresh_from_db()
    assert Outage.objects.count() == (report.state == "outage")
    assert Message.objects.count() == 1
