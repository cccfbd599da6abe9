"""A habilitation is earned by a quiz and a practice, in either order, and signed by a trainer."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from machines.models import Level, Qualification
from machines.rules import months_after, months_before
from machines.services.access import end_unused, lift, name_levels, waive_for_a_day, withdraw
from machines.services.quiz import finish_attempt, start_attempt
from machines.services.training import observe
from machines.services.usage import attribute, open_usage
from tests.factories.machines import CategoryFactory, MachineFactory, QualificationFactory
from tests.factories.members import AdultFactory, MemberFactory, StaffFactory
from tests.factories.quiz import QuestionFactory, passed_quiz

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def trainer():
    return StaffFactory(roles=["facilitator"])


@pytest.fixture
def category(trainer):
    made = CategoryFactory(quiz_length=1, valid_months=12)
    QuestionFactory(category=made)
    QualificationFactory(member=trainer, category=made, level=Level.TRAINER)
    return made


def seen(trainer, member, category, level: int = 1, **more):
    return observe(actor=trainer, member=member, category=category, level=level, **{"passed": True, **more})


def test_a_quiz_then_a_practice_give_the_level_signed_by_who_watched(trainer, category) -> None:
    member = MemberFactory()
    passed_quiz(member, category=category)
    assert not Qualification.objects.filter(member=member).exists()
    seen(trainer, member, category)
    held = Qualification.objects.get(member=member)
    assert (held.level, held.granted_by, held.granted_on) == (1, trainer, TODAY)
    assert held.expires_on == months_after(12, TODAY)


def test_a_practice_then_a_quiz_give_it_too(trainer, category) -> None:
    member = MemberFactory()
    seen(trainer, member, category)
    assert not Qualification.objects.filter(member=member).exists()
    attempt = start_attempt(member=member, category=category, now=timezone.now())
    right = [question["right"] for question in attempt.questions]
    finish_attempt(attempt=attempt, answers=right)
    assert Qualification.objects.get(member=member).granted_by == trainer


def test_a_quiz_alone_or_a_practice_alone_opens_nothing(trainer, category) -> None:
    reader, maker = MemberFactory(), MemberFactory()
    passed_quiz(reader, category=category)
    seen(trainer, maker, category)
    assert not Qualification.objects.filter(member__in=[reader, maker]).exists()


def test_a_practice_that_went_wrong_opens_nothing_and_undoes_an_earlier_one(trainer, category) -> None:
    member = MemberFactory()
    seen(trainer, member, category, observed_on=TODAY - timedelta(days=3))
    seen(trainer, member, category, passed=False, remark="revoir la mise à niveau")
    passed_quiz(member, category=category)
    seen(trainer, MemberFactory(), category)
    assert not Qualification.objects.filter(member=member).exists()


def test_machines_without_a_quiz_ask_for_the_practice_alone(trainer) -> None:
    plain, member = CategoryFactory(quiz_length=0), MemberFactory()
    QualificationFactory(member=trainer, category=plain, level=Level.TRAINER)
    seen(trainer, member, plain)
    assert Qualification.objects.get(member=member).expires_on is None


def test_only_a_trainer_of_these_machines_signs_and_never_for_themselves(trainer, category) -> None:
    member, other = MemberFactory(), StaffFactory()
    QualificationFactory(member=other, category=CategoryFactory(), level=Level.TRAINER)
    expired = AdultFactory()
    QualificationFactory(member=expired, category=category, level=3, expires_on=TODAY - timedelta(days=1))
    for actor in (member, other, expired):
        with pytest.raises(PermissionDenied):
            seen(actor, MemberFactory(), category)
    with pytest.raises(ValidationError):
        seen(trainer, trainer, category)


def test_a_suspended_habilitation_is_not_earned_back_by_a_practice(trainer, category) -> None:
    member = MemberFactory()
    held = QualificationFactory(member=member, category=category, withdrawn_reason="imprudence")
    passed_quiz(member, category=category)
    seen(trainer, member, category)
    held.refresh_from_db()
    assert held.withdrawn_reason == "imprudence"
    lift(actor=StaffFactory(), qualification=held)
    assert held.withdrawn_reason == ""


def test_a_level_held_is_not_lowered_by_a_practice_of_a_lower_one(trainer, category) -> None:
    member = MemberFactory()
    QualificationFactory(member=member, category=category, level=2)
    passed_quiz(member, category=category)
    seen(trainer, member, category, level=1)
    assert Qualification.objects.get(member=member).level == 2


def test_a_practice_is_not_dated_in_the_future(trainer, category) -> None:
    with pytest.raises(ValidationError, match="observed_on"):
        seen(trainer, MemberFactory(), category, observed_on=TODAY + timedelta(days=1))


# --- for want of use ---


def test_what_nobody_used_for_as_long_as_the_category_says_ends_once() -> None:
    category = CategoryFactory(unused_months=6)
    machine, long_ago = MachineFactory(category=category), months_before(7, TODAY)
    idle, busy, recent = (
        QualificationFactory(category=category, granted_on=day) for day in (long_ago, long_ago, TODAY)
    )
    use = open_usage(machine, source="t", natural_key="1", started_at=timezone.now() - timedelta(days=30))
    attribute(use, member=busy.member, attribution="staff")
    assert (end_unused(timezone.now()), end_unused(timezone.now())) == (1, 0)
    ended = {one.pk for one in Qualification.objects.filter(lapsed_on__isnull=False)}
    assert ended == {idle.pk}
    assert recent.pk not in ended


def test_a_category_that_says_nothing_keeps_its_habilitations() -> None:
    QualificationFactory(granted_on=months_before(100, TODAY))
    assert end_unused(timezone.now()) == 0


# --- waivers and names ---


def test_a_waiver_needs_a_motive_a_day_to_come_and_the_right() -> None:
    category, member, facilitator = CategoryFactory(), MemberFactory(), StaffFactory(roles=["facilitator"])
    given = {"member": member, "category": category}
    for wrong in ({"day": TODAY, "motive": "  "}, {"day": TODAY - timedelta(days=1), "motive": "x"}):
        with pytest.raises(ValidationError):
            waive_for_a_day(actor=facilitator, **given, **wrong)
    with pytest.raises(PermissionDenied):
        waive_for_a_day(actor=StaffFactory(roles=["desk"]), **given, day=TODAY, motive="x")
    waive_for_a_day(actor=facilitator, **given, day=TODAY, motive="x")
    with pytest.raises(ValidationError):
        waive_for_a_day(actor=facilitator, **given, day=TODAY, motive="encore")


def test_the_lab_names_its_levels_and_takes_them_back(client) -> None:
    manager, held = StaffFactory(), QualificationFactory(level=1)
    name_levels(actor=manager, names={1: "Casque bleu"})
    client.force_login(held.member)
    assert "Casque bleu" in client.get("/compte/").content.decode()
    name_levels(actor=manager, names={1: " "})
    assert "Casque bleu" not in client.get("/compte/").content.decode()
    with pytest.raises(PermissionDenied):
        name_levels(actor=StaffFactory(roles=["facilitator"]), names={1: "x"})


def test_a_suspension_says_why(client) -> None:
    held = QualificationFactory()
    withdraw(actor=StaffFactory(), qualification=held, reason="imprudence")
    client.force_login(held.member)
    assert held.category.name not in client.get("/compte/passeport/").content.decode()
