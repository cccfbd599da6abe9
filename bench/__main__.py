"""`python -m bench [names]`: run the benchmarks that bench/ holds and print one JSON line a figure.

A benchmark is a module with `run() -> Iterable[dict]`; it starts the services it needs from tests.services.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Iterable

import bench
from tests.services import ServiceMissing

Run = Callable[[], Iterable[dict]]


def benchmarks() -> dict[str, Run]:
    """Return the benchmarks by name."""
    names = [module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")]
    modules = {name: importlib.import_module(f"bench.{name}") for name in names}
    return {name: module.run for name, module in modules.items() if hasattr(module, "run")}


def figures(name: str, run: Run) -> bool:
    """Print the figures of one benchmark; return whether each kept its floor (`"ok": false` says it did not)."""
    kept = True
    for figure in run():
        print(json.dumps({"bench": name, **figure}, default=str), flush=True)
        kept = kept and figure.get("ok") is not False
    return kept


def main(names: list[str]) -> int:
    known = benchmarks()
    unknown = sorted(set(names) - known.keys())
    if unknown:
        print(f"No benchmark named {', '.join(unknown)}; there are: {', '.join(sorted(known))}.", file=sys.stderr)
        return 2
    try:
        kept = [figures(name, known[name]) for name in names or sorted(known)]
    except ServiceMissing as missing:
        print(f"Not run: {missing}.", file=sys.stderr)
        return 1
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
