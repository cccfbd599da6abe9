"""What is brought, from the form to the machine; and limits that several people share."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from booking.models import Reservation, State
from booking.services import arrive, move, settled
from machines.models import Allowed, Declared, Machine, MachineMaterial, Supervision
from machines.services.materials import remove_material, save_material
from members.models import Household
from place.services import call_off, put_on_duty
from tests.booking.acts import refused, take
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import MachineFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.place import DutyShiftFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]


@pytest.fixture
def laser() -> Machine:
    machine = MachineFactory(material_declared=Declared.ARRIVAL)
    for name, allowed in (("Carton", Allowed.YES), ("MDF", Allowed.ASK), ("PVC", Allowed.NO)):
        save_material(actor=None, material=MachineMaterial(machine=machine, name=name, allowed=allowed))
    return machine


def test_a_machine_has_a_material_once(laser) -> None:
    with pytest.raises(ValidationError):
        save_material(actor=None, material=MachineMaterial(machine=laser, name="carton"))


def test_what_is_said_is_kept_and_what_is_to_ask_waits(laser) -> None:
    assert take(laser, AdultFactory(), material="Carton").material == "Carton"
    assert take(laser, AdultFactory(), 15, 16, material="MDF").state == State.TO_CONFIRM
    assert refused(take, laser, AdultFactory(), 16, 17, material="PVC").codes == ["material_refused"]
    assert Reservation.objects.count() == 2


def test_a_forbidden_material_is_not_set_aside_by_anybody(laser, django_user_model) -> None:
    boss = django_user_model.objects.create_superuser("chef", password="x")
    asked = {"actor": boss, "waive": ["material_refused"], "waive_reason": "juste une fois", "material": "PVC"}
    assert refused(take, laser, AdultFactory(), **asked).codes == ["not_allowed"]


def test_a_move_keeps_the_material(laser) -> None:
    booking = take(laser, AdultFactory(), material="Carton")
    moved = move(actor=booking.member, reservation=booking, starts_at=wall(16), ends_at=wall(17))
    assert moved.material == "Carton"


def test_who_arrives_says_what_they_bring(laser) -> None:
    booking = take(laser, AdultFactory())
    here = {"actor": booking.member, "reservation": booking, "now": wall(14)}
    assert refused(arrive, **here).codes == ["material_refused"]
    assert refused(arrive, **here, material="PVC").codes == ["material_refused"]
    arrived = arrive(**here, material="MDF")
    assert (arrived.state, arrived.material) == (State.CHECKED_IN, "MDF")


def test_a_machine_without_a_list_asks_nobody(laser) -> None:
    for material in laser.materials.all():
        remove_material(actor=None, material=material)
    booking = take(laser, AdultFactory())
    assert arrive(actor=booking.member, reservation=booking, now=wall(14)).state == State.CHECKED_IN


def test_a_household_shares_the_week_whoever_of_it_books() -> None:
    machine, home = MachineFactory(household_weekly_minutes=120), Household.objects.create(name="Moulin")
    one, two = AdultFactory.create_batch(2, household=home)
    take(machine, one, 14, 15)
    assert take(machine, two, 15, 16).state == State.CONFIRMED
    assert refused(take, machine, one, 16, 17).codes == ["quota_reached"]
    assert take(machine, AdultFactory(), 16, 17).state == State.CONFIRMED


def test_young_people_are_counted_over_all_machines() -> None:
    machines = MachineFactory.create_batch(2, supervision=Supervision.YOUNG, minors_per_adult=1)
    DutyShiftFactory(starts_at=wall(8), ends_at=wall(20))
    take(machines[0], MemberFactory())
    assert refused(take, machines[1], MemberFactory()).codes == ["supervision_missing"]
    assert take(machines[1], AdultFactory()).state == State.CONFIRMED
    assert take(machines[0], MemberFactory(), 15, 16).state == State.CONFIRMED


def test_when_an_adult_is_called_off_who_booked_last_is_in_doubt() -> None:
    machines = MachineFactory.create_batch(2, supervision=Supervision.YOUNG, minors_per_adult=1)
    DutyShiftFactory(starts_at=wall(8), ends_at=wall(20))
    second = DutyShiftFactory(starts_at=wall(8), ends_at=wall(20))
    first, last, grown_up = (
        take(machines[0], MemberFactory()),
        take(machines[1], MemberFactory()),
        take(machines[1], AdultFactory(), 16, 17),
    )
    settled(lambda: call_off(actor=None, shift=second))
    found = [Reservation.objects.get(pk=one.pk) for one in (first, last, grown_up)]
    assert [one.state for one in found] == [State.CONFIRMED, State.TO_CONFIRM, State.CONFIRMED]
    settled(lambda: put_on_duty(actor=None, person=StaffFactory(), starts_at=wall(8), ends_at=wall(20)))
    assert Reservation.objects.get(pk=last.pk).state == State.CONFIRMED


def test_moving_ones_own_does_not_count_oneself_twice() -> None:
    machine = MachineFactory(supervision=Supervision.YOUNG, minors_per_adult=1)
    DutyShiftFactory(starts_at=wall(8), ends_at=wall(20))
    booking = take(machine, MemberFactory())
    later = wall(14) + timedelta(minutes=30)
    assert move(actor=booking.member, reservation=booking, starts_at=later, ends_at=wall(16)).starts_at == later


def test_whose_age_is_unknown_counts_as_young() -> None:
    machine = MachineFactory(supervision=Supervision.YOUNG, minors_per_adult=1)
    DutyShiftFactory(starts_at=wall(8), ends_at=wall(20))
    ReservationFactory(machine=MachineFactory(), member=MemberFactory(birth_date=None))
    assert "supervision_missing" in refused(take, machine, MemberFactory(birth_date=date(2013, 5, 17))).codes
