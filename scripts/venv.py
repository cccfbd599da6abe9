"""Make `.venv` from the locked, hashed requirements, again only when these change.

    python3 scripts/venv.py base|dev

Runs before anything is installed: standard library only, and readable by older Pythons up to the version check.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_QUIET": "2", "PIP_ROOT_USER_ACTION": "ignore"}


def requirements(name):
    return ROOT / "requirements" / (name + ".txt")


def wanted(name):
    """Return the text of the stamp of an installed set: a hash of the locked file."""
    return hashlib.sha256(requirements(name).read_bytes()).hexdigest()


def stamp(name):
    return VENV / ("." + name + ".sha256")


def is_installed(name):
    """Tell whether a set of requirements, or one that contains it, stands in `.venv` as locked."""
    held = [each for each in ("base", "dev") if stamp(each).is_file() and stamp(each).read_text() == wanted(each)]
    return PYTHON.exists() and (name in held or (name == "base" and "dev" in held))


def is_outdated():
    """Tell whether `.venv` holds another lock than today's: it is then made afresh."""
    return any(stamp(name).is_file() and stamp(name).read_text() != wanted(name) for name in ("base", "dev"))


def make(uv):
    """Make an empty virtual environment."""
    if VENV.exists():
        shutil.rmtree(VENV)
    if uv:
        run([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)])
        return
    try:
        import ensurepip  # noqa: F401, PLC0415 -- Debian leaves it out of python3
    except ImportError:
        sys.exit("python3 -m venv is missing on this system (Debian: apt install python3-venv).")
    run([sys.executable, "-m", "venv", str(VENV)])


def install(name, uv):
    """Install one locked set, every file checked against its hash, and compile it once."""
    print("Installing the locked requirements (" + name + "), once: about a minute.", flush=True)
    stamp(name).unlink(missing_ok=True)
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--compile-bytecode"]
    else:
        command = [str(PYTHON), "-m", "pip", "install", "--compile"]
    run([*command, "--require-hashes", "-r", str(requirements(name))])
    stamp(name).write_text(wanted(name))


def run(command):
    environment = {**os.environ, **QUIET}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled at every start, the site takes twice as long
    code = subprocess.run(command, env=environment, check=False).returncode
    if code:
        sys.exit("This command failed (see above): " + " ".join(command[:6]) + " …")


def main(name):
    if sys.version_info < OLDEST:
        sys.exit(
            "Python 3.11 or newer is needed; this one is " + sys.version.split()[0] + " (try make PYTHON=python3.12)."
        )
    if VENV.is_symlink() or is_installed(name):
        return
    uv = shutil.which("uv")
    if not PYTHON.exists() or is_outdated():
        make(uv)
    install(name, uv)


if __name__ == "__main__":
    main(sys.argv[1])
