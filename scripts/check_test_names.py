"""Every name that a test asks one of our modules for is there: `services.recount` of a function that is gone is not.

The type checker leaves tests out; this finds what would else be found when the test is run.
"""

import ast
import importlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import django

ROOT = Path(__file__).resolve().parents[1]
OURS = {path.parent.name for path in ROOT.glob("*/__init__.py")}
Names = dict[str, ModuleType]


def problems(source: str) -> Iterator[str]:
    """Yield one line for each `module.name` of a file that does not exist, modules of ours alone."""
    yield from _in_scope(ast.parse(source), {})


def _in_scope(scope: ast.AST, around: Names) -> Iterator[str]:
    """Judge a file, a function or a lambda: what it names itself hides what was imported around it."""
    here = list(_own_nodes(scope))
    imported = dict(pair for node in here for pair in _imports(node))
    hidden = {name for node in here for name in _bound(node)} | imported.keys()
    names = {name: module for name, module in around.items() if name not in hidden}
    names |= {name: module for name, path in imported.items() if (module := _module(path)) is not None}
    for node in here:
        if isinstance(node, ast.Attribute):
            yield from _judged(node, names)
        elif _opens_scope(node):
            yield from _in_scope(node, names)


def _opens_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield what a scope holds, down to the functions inside it but not into them."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not _opens_scope(child):
            yield from _own_nodes(child)


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each name that an import gives, and the path of what it names."""
    if isinstance(node, ast.Import):
        for one in node.names:
            yield (one.asname, one.name) if one.asname else (one.name.partition(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom):
        for one in node.names:
            yield one.asname or one.name, f"{node.module}.{one.name}"


def _module(path: str) -> ModuleType | None:
    if path.partition(".")[0] not in OURS:
        return None
    try:
        return importlib.import_module(path) if find_spec(path) else None
    except ModuleNotFoundError:  # a class of a module, no module
        return None


def _judged(node: ast.Attribute, names: Names) -> Iterator[str]:
    module = _named(node.value, names)
    if module is not None and not hasattr(module, node.attr) and _module(f"{module.__name__}.{node.attr}") is None:
        yield f"{node.lineno}: {module.__name__} has no {node.attr}"


def _named(node: ast.expr, names: Names) -> ModuleType | None:
    """Return the module that an expression names."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    inner = _named(node.value, names) if isinstance(node, ast.Attribute) else None
    found = getattr(inner, node.attr, None) if isinstance(node, ast.Attribute) and inner else None
    return found if isinstance(found, ModuleType) and found.__name__.partition(".")[0] in OURS else None


def main() -> int:
    django.setup()
    found = [
        f"{path.relative_to(ROOT)}:{problem}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for problem in problems(path.read_text(encoding="utf-8"))
    ]
    print(*found, f"{len(found)} name(s) of tests that no module has", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
