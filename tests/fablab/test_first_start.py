import pytest
from django.core.management import CommandError, call_command

from members.models import User
from place.models import LabSettings


@pytest.fixture
def answers(monkeypatch):
    for variable, value in {"NAME": "Atelier", "ADMIN": "boss", "ADMIN_PASSWORD": "Zorglub-2026"}.items():
        monkeypatch.setenv(f"FABLAB_{variable}", value)


def test_lab_and_administrator_are_made_from_the_environment(db, answers):
    call_command("first_start", verbosity=0)
    boss = User.objects.get(username="boss")
    assert (boss.is_superuser, boss.is_active, boss.check_password("Zorglub-2026")) == (True, True, True)
    assert LabSettings.objects.get().name == "Atelier"


def test_second_time_changes_nothing(db, answers, monkeypatch):
    call_command("first_start", verbosity=0)
    monkeypatch.setenv("FABLAB_ADMIN", "somebody")
    call_command("first_start", verbosity=0)
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["boss"]


def test_weak_password_is_refused_and_nothing_is_stored(db, answers, monkeypatch):
    monkeypatch.setenv("FABLAB_ADMIN_PASSWORD", "123")
    with pytest.raises(CommandError):
        call_command("first_start", verbosity=0)
    assert not User.objects.filter(username="boss").exists()


def test_without_terminal_or_variables_it_says_what_to_set(db, monkeypatch):
    monkeypatch.delenv("FABLAB_ADMIN", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="FABLAB_ADMIN"):
        call_command("first_start", verbosity=0)
