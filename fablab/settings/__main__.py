"""`python -m fablab.settings`: say in one sentence which variable of the environment is wrong, or nothing."""

import os
import sys
from importlib import import_module

from fablab.settings.environment import SettingError


def main() -> int:
    """Return 2 when a variable is missing or malformed."""
    try:
        import_module(os.environ.get("DJANGO_SETTINGS_MODULE") or "fablab.settings.dev")
    except SettingError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
