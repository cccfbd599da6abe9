"""What the screens of the desk show: reads only, a fixed number of queries."""

from desk.queries.board import STALE, Board, Coming, Sitting, Tile, board

__all__ = ["STALE", "Board", "Coming", "Sitting", "Tile", "board"]
