"""Pages of booking: day → time → confirm, and my bookings. Nothing here needs JavaScript."""

from booking.views.confirm import confirm, move_confirm, wait
from booking.views.groups import group_book, groups, series, series_cancel
from booking.views.mine import answer, arrive, cancel, finish, mine
from booking.views.poster import poster
from booking.views.slots import move, slots

__all__ = [
    "answer",
    "arrive",
    "cancel",
    "confirm",
    "finish",
    "group_book",
    "groups",
    "mine",
    "move",
    "move_confirm",
    "poster",
    "series",
    "series_cancel",
    "slots",
    "wait",
]
