"""P12: the agenda of a month, and a year of dates, with 200 series."""

from collections.abc import Iterable, Iterator

from bench._serving import Lab, labs, told

QUERIES = 2
# What is read, what it is compared with, how many times its time it may take.
TARGETS = {"month": ("the plain query", 1.2), "week, series of a year": ("the same, series of a month", 1.3),
    "year": ("django-scheduler", 0.25)}  # fmt: skip


def run() -> Iterable[dict]:
    for lab in labs():
        yield from _figures(lab)


def _figures(lab: Lab) -> Iterator[dict]:
    for name, figures in told(lab.start("bench._series")).items():
        beside, target = TARGETS[name]
        yield {
            "metric": f"P12 {name}, 200 series",
            "unit": f"time / {beside}",
            "database": lab.vendor,
            "value": figures["ratio"],
            "target": target,
            "ok": max(figures["ratio"], figures["cpu_ratio"]) <= target and figures["queries"] <= QUERIES,
            **figures,
        }
