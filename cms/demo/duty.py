"""Who is on duty: at every opening of the coming months somebody of the team, so that young people can book."""

from datetime import timedelta

from cms.demo.stage import Stage
from place.clock import local
from place.models import DutyShift, OpeningPeriod

AHEAD = timedelta(days=150)


def load(stage: Stage) -> None:
    """Put the fab manager on duty on Fridays and Saturdays, the facilitator on the other days."""
    periods = OpeningPeriod.objects.filter(ends_at__gt=stage.moment(-14, "00:00"), starts_at__lt=stage.now + AHEAD)
    periods = periods.filter(off_calendar=False)
    DutyShift.objects.bulk_create(
        DutyShift(person=stage.people[_who(period)], starts_at=period.starts_at, ends_at=period.ends_at)
        for period in periods.order_by("starts_at", "pk")
    )


def _who(period: OpeningPeriod) -> str:
    return "fabmanager" if local(period.starts_at).isoweekday() in {5, 6} else "facilitator"
