#!/usr/bin/env python
"""The project's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fablab.settings.dev")
    from fablab.startup import run

    sys.exit(run(sys.argv))


if __name__ == "__main__":
    main()
