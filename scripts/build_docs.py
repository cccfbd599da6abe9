"""Build docs/*.md as plain HTML pages in docs/_build, and refuse links that lead nowhere."""

import re
import shutil
import sys
from pathlib import Path

from markdown_it import MarkdownIt

DOCS = Path(__file__).resolve().parents[1] / "docs"
BUILT = DOCS / "_build"
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1.05rem/1.6 sans-serif}}
table{{border-collapse:collapse}}td,th{{border:1px solid #bbb;padding:.3rem .6rem;text-align:left}}
code{{background:#f3f0ea;padding:0 .2em}}pre code{{display:block;padding:.6rem;overflow:auto}}</style></head>
<body>{body}</body></html>
"""


def pages() -> list[Path]:
    return sorted(path for path in DOCS.rglob("*.md") if BUILT not in path.parents)


def dead_links(page: Path) -> list[str]:
    """Return the links of a page to files that do not exist."""
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    return [f"{page.relative_to(DOCS)}: {target}" for target in targets if not (page.parent / target).exists()]


def build(page: Path) -> None:
    """Write one page; links to other pages of docs/ lead to their HTML."""
    text = page.read_text(encoding="utf-8")
    body = MarkdownIt("commonmark").enable("table").render(re.sub(r"\]\(([\w./-]+)\.md", r"](\1.html", text))
    target = BUILT / page.relative_to(DOCS).with_suffix(".html")
    target.parent.mkdir(parents=True, exist_ok=True)
    title = text.partition("\n")[0].lstrip("# ")
    target.write_text(PAGE.format(title=title, body=body), encoding="utf-8")


def main() -> int:
    dead = [line for page in pages() for line in dead_links(page)]
    if dead:
        print("Links that lead nowhere:", *dead, sep="\n  ")
        return 1
    shutil.rmtree(BUILT, ignore_errors=True)
    for page in pages():
        build(page)
    if (DOCS / "images").is_dir():
        shutil.copytree(DOCS / "images", BUILT / "images")
    print(f"{len(pages())} pages in docs/_build; begin at docs/_build/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
