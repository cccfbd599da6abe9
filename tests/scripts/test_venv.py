import sys

import pytest

from scripts import venv


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with two locks and nothing installed; `installed` lists what venv.py would install."""
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name} 1")
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    monkeypatch.setattr(venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(venv, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    return tmp_path


@pytest.fixture
def commands(folder, monkeypatch):
    ran = []

    def run(command):
        ran.append(command)
        venv.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        venv.PYTHON.touch()

    monkeypatch.setattr(venv, "run", run)
    monkeypatch.setattr(venv.shutil, "which", lambda _name: None)
    return ran


def test_second_install_runs_nothing(commands):
    venv.main("base")
    assert len(commands) == 2
    venv.main("base")
    assert len(commands) == 2


def test_hashes_are_required(commands):
    venv.main("base")
    assert "--require-hashes" in commands[-1]


def test_new_time_of_the_lock_alone_changes_nothing(commands, folder):
    venv.main("base")
    (folder / "requirements" / "base.txt").touch()
    venv.main("base")
    assert len(commands) == 2


def test_changed_lock_makes_the_environment_afresh(commands, folder):
    venv.main("base")
    leftover = venv.VENV / "leftover"
    leftover.touch()
    (folder / "requirements" / "base.txt").write_text("base 2")
    venv.main("base")
    assert not leftover.exists()
    assert len(commands) == 4


def test_test_requirements_contain_the_running_ones(commands):
    venv.main("dev")
    venv.main("base")
    assert len(commands) == 2


def test_test_requirements_are_added_to_the_running_ones(commands):
    venv.main("base")
    venv.main("dev")
    assert len(commands) == 3


def test_symlink_is_left_as_it_is(commands, folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    venv.VENV.symlink_to(elsewhere)
    venv.main("dev")
    assert commands == []
    assert list(elsewhere.iterdir()) == []


def test_interrupted_install_is_done_again(commands, monkeypatch):
    venv.main("base")
    venv.stamp("base").unlink()
    venv.main("base")
    assert len(commands) == 3


def test_old_python_is_one_sentence(commands, monkeypatch):
    monkeypatch.setattr(venv, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=f"Python 3.11 or newer is needed; this one is {sys.version.split()[0]}"):
        venv.main("base")


def test_missing_venv_module_is_one_sentence(commands, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="python3 -m venv is missing"):
        venv.main("base")
