"""Install the system programs that the tests drive, where we may; else say in one line what to install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDERS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
# program → Debian package
NEEDED = {"mosquitto": "mosquitto", "initdb": "postgresql", "chromium": "chromium", "xgettext": "gettext"}


def is_here(program: str) -> bool:
    if program == "initdb":
        return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which(program) is not None
    return shutil.which(program, path=FOLDERS) is not None


def missing() -> list[str]:
    """Return the programs that are not on this machine."""
    return [program for program in NEEDED if not is_here(program)]


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(programs: list[str]) -> None:
    """Install the Debian packages of some programs; what fails is found missing afterwards."""
    packages = [NEEDED[program] for program in programs]
    print("Installing", ", ".join(packages), "…", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Debian would start a system-wide broker and database at once; the tests start their own.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, stdout=subprocess.DEVNULL, check=False)
    finally:
        if ours:
            policy.unlink()


def ensure() -> list[str]:
    """Install what is missing where we may; return what is still missing, having said what to install."""
    lacking = missing()
    if lacking and may_install():
        install(lacking)
        lacking = missing()
    if lacking:
        packages = " ".join(NEEDED[program] for program in lacking)
        print(f"Missing: {', '.join(lacking)} (Debian: apt install {packages}).", file=sys.stderr)
    return lacking
