"""What the screens of the desk show: reads only, a fixed number of queries."""

from desk.queries.board import Board, Coming, Sitting, Tile, board

__all__ = ["Board", "Coming", "Sitting", "Tile", "board"]
