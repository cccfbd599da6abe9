"""The cutting plan of the pencil box, drawn in millimetres: five panels whose teeth fit into each other."""

THICKNESS, TOOTH = 3.0, 12.0  # of the plywood; of a tooth along its edge
WIDTH, HEIGHT = 84.0, 96.0  # outside measures of each side; the bottom is a square of WIDTH
GAP = 8.0
Point = tuple[float, float]


def pencil_box_svg() -> str:
    """Return the plan as SVG, hairline red: what laser cutters understand as a cut."""
    step = max(WIDTH, HEIGHT) + GAP
    panels = [_side(sticks_out=number % 2 == 0) for number in range(4)] + [_bottom()]
    paths = "".join(
        f'<path transform="translate({GAP + number % 3 * step:g} {GAP + number // 3 * step:g})" d="{_path(panel)}"/>'
        for number, panel in enumerate(panels)
    )
    width, height = GAP + 3 * step, GAP + 2 * step
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm"'
        f' viewBox="0 0 {width:g} {height:g}" fill="none" stroke="#f00" stroke-width="0.01">{paths}</svg>\n'
    )


def _side(*, sticks_out: bool) -> list[Point]:
    """Return a side: open top, toothed left and right edges, slots for the bottom along the lower edge."""
    right = _edge(HEIGHT, sticks_out=sticks_out)
    left = [(depth, along) for along, depth in reversed(right)]
    bottom = [(along, HEIGHT - depth) for along, depth in _edge(WIDTH, sticks_out=True)]
    outline = [(WIDTH - depth, along) for along, depth in right]
    outline += [point for point in reversed(bottom) if THICKNESS < point[0] < WIDTH - THICKNESS]
    return outline + left


def _bottom() -> list[Point]:
    """Return the bottom: the teeth of its four edges fill the slots of the sides."""
    edge = [(along, depth) for along, depth in _edge(WIDTH, sticks_out=False) if THICKNESS < along < WIDTH - THICKNESS]
    corner = (THICKNESS, THICKNESS)
    top = [corner, *edge]
    right = [(WIDTH - y, x) for x, y in top]
    return top + right + [(WIDTH - x, WIDTH - y) for x, y in top] + [(y, WIDTH - x) for x, y in top]


def _edge(length: float, *, sticks_out: bool) -> list[Point]:
    """Return the corners of a toothed edge as (along, depth): depth 0 sticks out, depth THICKNESS lets in."""
    count = round(length / TOOTH)
    points: list[Point] = []
    for number in range(count):
        depth = 0.0 if (number % 2 == 0) == sticks_out else THICKNESS
        points += [(number * length / count, depth), ((number + 1) * length / count, depth)]
    return points


def _path(points: list[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"
