"""The pages of booking say no before the tap, not after."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from booking.models import Reservation
from tests.factories.booking import ReservationFactory, wall
from tests.factories.members import AdultFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now", "opened")]


def confirm_page(client, member, machine, start: float, end: float):
    client.force_login(member)
    query = urlencode({"debut": wall(start).isoformat(), "fin": wall(end).isoformat()})
    return client.get(f"{reverse('booking:confirm', args=[machine.slug])}?{query}")


def test_a_time_that_is_free_is_offered_for_confirmation(client, member, machine):
    page = confirm_page(client, member, machine, 14, 15)
    assert page.context["problems"] == []
    assert b"<form" in page.content.partition(b"<main")[2]


def test_an_old_link_to_a_time_that_is_gone_says_so_and_offers_others(client, member, machine):
    ReservationFactory(machine=machine, starts_at=wall(14))
    page = confirm_page(client, member, machine, 14, 15)
    assert [problem.code for problem in page.context["problems"]] == ["overlap"]
    assert len(page.context["alternatives"]) == 3
    main = page.content.partition(b"<main")[2].partition(b"</main")[0].decode()
    assert main.count("<form") == 1  # to wait for it, not to book it
    assert reverse("booking:wait", args=[machine.slug]) in main
    assert Reservation.objects.filter(member=member).count() == 0


def test_an_end_before_its_start_is_no_time(client, member, machine):
    page = confirm_page(client, member, machine, 15, 14)
    assert "too_short" in [problem.code for problem in page.context["problems"]]


def test_the_tap_on_a_time_just_taken_is_a_conflict(client, member, machine):
    ReservationFactory(machine=machine, starts_at=wall(14))
    client.force_login(member)
    body = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat()}
    assert client.post(reverse("booking:confirm", args=[machine.slug]), body).status_code == 409


def book_for(client, actor, member, machine) -> int:
    client.force_login(actor)
    body = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat()}
    return client.post(f"{reverse('booking:confirm', args=[machine.slug])}?pour={member.pk}", body).status_code


def test_the_team_books_for_somebody_and_it_is_written_as_of_the_desk(client, member, machine):
    assert book_for(client, StaffFactory(roles=["desk"]), member, machine) == 302
    made = Reservation.objects.get()
    assert (made.member, made.channel) == (member, "desk")


def test_the_page_says_for_whom_it_is_when_it_is_for_somebody_else(client, member, machine):
    client.force_login(StaffFactory(roles=["desk"]))
    query = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat()}
    page = f"/machines/{machine.slug}/reserver/confirmer/"
    for_them, for_oneself = client.get(page, {**query, "pour": member.pk}), client.get(page, query)
    assert f"Pour {member.short_name}" in for_them.content.decode()
    assert "Pour " not in for_oneself.content.decode()


def test_one_member_books_for_no_other(client, member, machine):
    assert book_for(client, AdultFactory(), member, machine) == 404
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("forged", [{"member": "1"}, {"price": "0"}, {"level": "3"}, {"waive": "overlap"}, {"id": "1"}])
def test_a_field_that_our_page_does_not_have_books_and_moves_nothing(client, member, machine, forged):
    client.force_login(member)
    other = ReservationFactory(machine=machine, starts_at=wall(16))
    mine = ReservationFactory(machine=machine, member=member, starts_at=wall(17))
    sent = {"debut": wall(14).isoformat(), "fin": wall(15).isoformat(), **forged}
    for address in (
        reverse("booking:confirm", args=[machine.slug]),
        reverse("booking:move_confirm", args=[mine.pk]),
    ):
        assert client.post(address, sent).status_code == 302
    assert client.post(reverse("booking:move_confirm", args=[other.pk]), sent).status_code == 404
    assert sorted(Reservation.objects.values_list("starts_at", flat=True)) == [wall(16), wall(17)]


def test_a_move_onto_a_taken_time_is_refused_and_the_old_one_stands(client, member, machine):
    client.force_login(member)
    ReservationFactory(machine=machine, starts_at=wall(16))
    mine = ReservationFactory(machine=machine, member=member, starts_at=wall(14))
    sent = {"debut": wall(16).isoformat(), "fin": wall(17).isoformat()}
    assert client.post(reverse("booking:move_confirm", args=[mine.pk]), sent).status_code == 409
    mine.refresh_from_db()
    assert (mine.starts_at, mine.sequence) == (wall(14), 0)
