"""Start the command line so that a wrong setting or a missing database is one sentence, not a traceback."""

import gc
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError, ProgrammingError

from fablab.settings.environment import SettingError


def run(argv: list[str]) -> int:
    """Run one management command; return its exit code (2 for a wrong setting, 1 for an unreachable database)."""
    gc.set_threshold(50_000, 20, 20)  # migrating makes classes by the thousand: a fifth of its time was the collector's
    try:
        execute_from_command_line(argv)
    except SettingError as error:
        print(error, file=sys.stderr)
        return 2
    except ImproperlyConfigured as error:
        return _explain_configuration(error)
    except (OperationalError, ProgrammingError) as error:
        return _explain_database(error)
    return 0


def _explain_configuration(error: ImproperlyConfigured) -> int:
    print(f"Configuration: {_first_line(error)}", file=sys.stderr)
    return 2


def _explain_database(error: OperationalError | ProgrammingError) -> int:
    reason = _first_line(error)
    unknown = "does not exist" if isinstance(error, ProgrammingError) else "no such "
    if unknown in reason:
        print(f"The database is not ready ({reason}); run: manage.py migrate", file=sys.stderr)
    elif isinstance(error, OperationalError):
        print(f"DATABASE_URL: the database cannot be used ({reason}).", file=sys.stderr)
    else:
        raise error
    return 1


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
