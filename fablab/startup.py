"""Start the command line so that a wrong setting or a missing database is one sentence, not a traceback."""

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError

from fablab.settings.environment import SettingError


def run(argv: list[str]) -> int:
    """Run one management command; return its exit code (2 for a wrong setting, 1 for an unreachable database)."""
    try:
        execute_from_command_line(argv)
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    except ImproperlyConfigured as error:
        return _explain_configuration(error)
    except OperationalError as error:
        print(f"DATABASE_URL: the database cannot be used ({_first_line(error)}).", file=sys.stderr)
        return 1
    return 0


def _explain_configuration(error: ImproperlyConfigured) -> int:
    print(f"Configuration: {_first_line(error)}", file=sys.stderr)
    return 2


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
