from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from booking.constraints import NoOverlap, is_overlap
from booking.models import NO_OVERLAP, Reservation, State
from machines.models import Machine
from tests.factories.booking import ReservationFactory, wall
from tests.factories.machines import MachineFactory


@pytest.fixture
def machine(db):
    return MachineFactory()


def overlaps(action) -> bool:
    """Tell whether the database refused an act because of the constraint; nothing else may stop it."""
    try:
        with transaction.atomic():
            action()
    except IntegrityError as error:
        if not is_overlap(error, NO_OVERLAP):
            raise
        return True
    return False


def at_hour(machine, start: float, end: float | None = None, **more) -> Reservation:
    end = start + 1 if end is None else end
    return ReservationFactory(machine=machine, starts_at=wall(start), ends_at=wall(end), **more)


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        (14, 16, True),
        (13, 14.5, True),
        (15.5, 17, True),
        (14.5, 15, True),
        (13, 17, True),
        (13, 14, False),
        (16, 17, False),
    ],
)
def test_an_insert_that_overlaps_is_refused(machine, start: float, end: float, refused: bool) -> None:
    at_hour(machine, 14, 16)
    assert overlaps(lambda: at_hour(machine, start, end)) is refused


def test_a_microsecond_is_enough(machine) -> None:
    first = at_hour(machine, 14)
    late = first.ends_at - timedelta(microseconds=1)
    asked = {"machine": machine, "starts_at": late, "ends_at": wall(16)}
    assert overlaps(lambda: ReservationFactory(**asked))
    assert not overlaps(lambda: ReservationFactory(**{**asked, "starts_at": first.ends_at}))


def test_other_machines_are_not_concerned(machine) -> None:
    at_hour(machine, 14)
    assert not overlaps(lambda: at_hour(MachineFactory(), 14))


@pytest.mark.parametrize("state", [State.CANCELLED, State.NO_SHOW])
def test_states_that_free_the_time_do_not_count(machine, state: str) -> None:
    at_hour(machine, 14, state=state)
    assert not overlaps(lambda: at_hour(machine, 14))


@pytest.mark.parametrize("state", ["held", "to_confirm", "confirmed", "checked_in", "done"])
def test_states_that_keep_the_time_count(machine, state: str) -> None:
    at_hour(machine, 14, state=state)
    assert overlaps(lambda: at_hour(machine, 14))


def test_saving_over_somebody_is_refused(machine) -> None:
    at_hour(machine, 14)
    mine = at_hour(machine, 16)
    mine.starts_at = mine.blocked_from = wall(14.5)
    assert overlaps(mine.save)


def test_saving_unchanged_or_shifted_onto_itself_is_allowed(machine) -> None:
    mine = at_hour(machine, 14, 16)
    assert not overlaps(mine.save)
    mine.starts_at = mine.blocked_from = wall(15)
    assert not overlaps(mine.save)


def test_update_and_bulk_update_are_refused(machine) -> None:
    at_hour(machine, 14)
    mine = at_hour(machine, 16)
    rows = Reservation.objects.filter(pk=mine.pk)
    assert overlaps(lambda: rows.update(starts_at=wall(14), blocked_from=wall(14)))
    mine.starts_at = mine.blocked_from = wall(14)
    assert overlaps(lambda: Reservation.objects.bulk_update([mine], ["starts_at", "blocked_from"]))


def test_moving_to_a_busy_machine_is_refused(machine) -> None:
    at_hour(machine, 14)
    mine = at_hour(MachineFactory(), 14)
    assert overlaps(lambda: Reservation.objects.filter(pk=mine.pk).update(machine=machine))


def test_bulk_create_is_refused_whole(machine) -> None:
    build = ReservationFactory.build_batch
    member = ReservationFactory().member
    rows = build(2, machine=machine, member=member, created_by=member)
    assert overlaps(lambda: Reservation.objects.bulk_create(rows))
    assert Reservation.objects.filter(machine=machine).count() == 0


def test_a_cancelled_booking_cannot_come_back_onto_somebody(machine) -> None:
    gone = at_hour(machine, 14, state=State.CANCELLED)
    at_hour(machine, 14)
    assert overlaps(lambda: Reservation.objects.filter(pk=gone.pk).update(state=State.CONFIRMED))


def test_buffers_belong_to_the_blocked_time(db) -> None:
    machine = MachineFactory(buffer_after_minutes=30)
    at_hour(machine, 14)
    assert overlaps(lambda: at_hour(machine, 15))
    assert not overlaps(lambda: at_hour(machine, 15.5))


def test_forms_get_a_sentence(machine) -> None:
    at_hour(machine, 14)
    double = ReservationFactory.build(machine=machine, member=None, created_by=None)
    with pytest.raises(ValidationError) as caught:
        double.validate_constraints()
    assert caught.value.error_dict["__all__"][0].code == "overlap"


def test_a_cancelled_row_is_no_concern_of_the_form(machine) -> None:
    at_hour(machine, 14)
    ReservationFactory.build(machine=machine, state=State.CANCELLED).validate_constraints()


@pytest.mark.parametrize("field", ["ends_at", "blocked_from", "blocked_until"])
def test_moments_stand_in_order(machine, field: str) -> None:
    mine = at_hour(machine, 14)
    wrong = {"ends_at": wall(14), "blocked_from": wall(14.5), "blocked_until": wall(14.5)}
    with pytest.raises(IntegrityError, match="reservation_ordered"), transaction.atomic():
        Reservation.objects.filter(pk=mine.pk).update(**{field: wrong[field]})


def test_the_constraint_describes_itself_for_migrations() -> None:
    (constraint,) = [one for one in Reservation._meta.constraints if isinstance(one, NoOverlap)]
    _path, args, kwargs = constraint.deconstruct()
    assert NoOverlap(*args, **kwargs) == constraint
    assert NoOverlap(*args, **{**kwargs, "group": "member"}) != constraint
    assert constraint != "something else"


def test_an_unknown_database_is_said_to_be_unknown() -> None:
    (constraint,) = [one for one in Reservation._meta.constraints if isinstance(one, NoOverlap)]

    class Elsewhere:
        class connection:  # noqa: N801 -- as the schema editor names it
            vendor = "oracle"

    with pytest.raises(NotImplementedError, match="oracle"):
        constraint._statements(Reservation, Elsewhere())


# --- tables that are made, rebuilt, and undone ---


def still_guarded() -> bool:
    machine = MachineFactory()
    mine = at_hour(machine, 14)
    refused = overlaps(lambda: at_hour(machine, 14.5))
    mine.delete()
    return refused


def test_a_table_rebuilt_for_a_field_keeps_the_guard(committed_db) -> None:
    note = models.CharField(max_length=20, null=True)
    note.set_attributes_from_name("note")
    with connection.schema_editor() as editor:
        editor.add_field(Reservation, note)
    assert still_guarded()
    shorter = models.CharField(max_length=40, blank=True)
    shorter.set_attributes_from_name("cancel_reason")
    shorter.model = Reservation
    with connection.schema_editor() as editor:
        editor.alter_field(Reservation, Reservation._meta.get_field("cancel_reason"), shorter)
    assert still_guarded()


def test_the_guard_can_be_removed_and_put_back(committed_db) -> None:
    (constraint,) = [one for one in Reservation._meta.constraints if isinstance(one, NoOverlap)]
    with connection.schema_editor() as editor:
        editor.execute("DELETE FROM booking_reservation")
        statement = constraint.remove_sql(Reservation, editor)
        if statement is not None:
            editor.execute(statement)
    assert not still_guarded()
    with connection.schema_editor() as editor:
        constraint.create_sql(Reservation, editor)
    assert still_guarded()


def test_rebuilding_the_parent_table_keeps_the_guard(committed_db) -> None:
    colour = models.CharField(max_length=20, default="")
    colour.set_attributes_from_name("colour")
    with connection.schema_editor() as editor:
        editor.add_field(Machine, colour)
        editor.remove_field(Machine, colour)
    assert still_guarded()


def test_the_migrations_of_booking_go_back_and_forth(committed_db) -> None:
    loader = MigrationLoader(connection)
    keys = sorted(key for key in loader.disk_migrations if key[0] == "booking")
    with connection.schema_editor() as editor:
        for key in reversed(keys):
            loader.get_migration(*key).unapply(loader.project_state(key, at_end=False), editor)
    assert "booking_reservation" not in connection.introspection.table_names()
    for key in keys:
        with connection.schema_editor() as editor:
            loader.get_migration(*key).apply(loader.project_state(key, at_end=False), editor)
    assert still_guarded()
