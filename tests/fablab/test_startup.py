"""A wrong variable or an empty database is one sentence, in every command and in the servers."""

import os
import subprocess
import sys

import pytest

from tests.services import ROOT


def run(*command: str, **variables: str) -> subprocess.CompletedProcess:
    kept = {key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**kept, **variables}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("foo", "only sqlite:// and postgres:// are supported."),
        ("postgress://user:secret@host/name", "only sqlite:// and postgres:// are supported."),
        ("sqlite://", "a database in memory cannot be shared by the site and the bridge; name a file."),
        ("sqlite:///:memory:", "a database in memory cannot be shared by the site and the bridge; name a file."),
    ],
)
def test_wrong_database_is_one_sentence_without_its_password(value, sentence):
    found = run("manage.py", "check", DATABASE_URL=value)
    assert (found.returncode, found.stderr) == (2, f"DATABASE_URL: {sentence}\n")


def test_certificate_that_is_not_there_is_one_sentence():
    found = run("manage.py", "check", MQTT_CA_FILE="/nowhere/ca.pem")
    assert (found.returncode, found.stderr) == (2, "MQTT_CA_FILE: '/nowhere/ca.pem' is not a file.\n")


@pytest.mark.parametrize("server", ["fablab.wsgi", "fablab.asgi"])
def test_server_says_the_sentence_too(server):
    found = run("-c", f"import {server}", DEBUG="maybe")
    assert (found.returncode, found.stderr) == (1, "DEBUG: 'maybe' is neither true nor false (use 1 or 0).\n")


def test_database_without_tables_says_what_to_run(tmp_path):
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    found = run("manage.py", "create_api_token", "ines", DATABASE_URL=url, DEBUG="1")
    sentence = "The database is not ready (no such table: members_user); run: manage.py migrate\n"
    assert (found.returncode, found.stderr) == (1, sentence)


@pytest.mark.parametrize(
    ("variables", "required"),
    [
        ({"DEBUG": "1"}, False),
        ({"DEBUG": "0", "SECRET_KEY": "x"}, True),
        ({"DEBUG": "1", "MFA_REQUIRED": "1"}, True),
        ({"DEBUG": "0", "SECRET_KEY": "x", "MFA_REQUIRED": "no"}, False),
    ],
)
def test_a_second_sign_in_step_is_required_outside_development_unless_said(variables, required):
    asked = "from fablab.settings import dev; print(dev.MFA_REQUIRED, dev.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN)"
    found = run("-c", asked, **variables)
    assert found.stdout == f"{required} {variables['DEBUG'] == '1'}\n"
