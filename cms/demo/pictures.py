"""Pictures of the projects, drawn here with the colours of the site: flat shapes, thick ink, no photograph."""

from collections.abc import Callable
from io import BytesIO

from django.core.files.images import ImageFile
from PIL import Image, ImageDraw

from cms.licences import Licence
from cms.models import LabImage

WIDTH, HEIGHT, FINER = 1200, 900, 2  # drawn twice as large, then brought down: smooth edges
PAPER, INK, CARD = "#fbf6ec", "#1f1b2e", "#ffffff"
TERRACOTTA, SAFFRON, LAGOON = "#c0412a", "#f2a900", "#0b7472"
TERRA_2, SAFFRON_2, LAGOON_2, WOOD = "#fbe4dc", "#fdf0cf", "#dff1ee", "#e3b778"
LINE = 12
Box = tuple[float, float, float, float]


class Canvas:
    """Draws in pixels of the finished picture."""

    def __init__(self, ground: str) -> None:
        self.image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), ground)
        self.pen = ImageDraw.Draw(self.image)

    def plate(self, box: Box, fill: str | None, radius: float = 0, line: int = LINE) -> None:
        self.pen.rounded_rectangle(self._finer(box), radius * FINER, fill, INK if line else None, line * FINER)

    def disc(self, x: float, y: float, radius: float, fill: str | None, line: int = LINE) -> None:
        box = self._finer((x - radius, y - radius, x + radius, y + radius))
        self.pen.ellipse(box, fill, INK if line else None, line * FINER)

    def shape(self, points: list[tuple[float, float]], fill: str, line: int = LINE) -> None:
        finer = [(x * FINER, y * FINER) for x, y in points]
        self.pen.polygon(finer, fill)
        if line:
            self.pen.line([*finer, finer[0], finer[1]], INK, line * FINER, joint="curve")

    def stroke(self, points: list[tuple[float, float]], colour: str = INK, line: int = LINE) -> None:
        self.pen.line([(x * FINER, y * FINER) for x, y in points], colour, line * FINER, joint="curve")

    def png(self) -> BytesIO:
        """Return the picture in few colours: some twenty kilobytes."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).quantize(48)
        out = BytesIO()
        small.save(out, "PNG", optimize=True)
        out.seek(0)
        return out

    @staticmethod
    def _finer(box: Box) -> tuple[float, ...]:
        return tuple(side * FINER for side in box)


def key_ring(canvas: Canvas) -> None:
    canvas.disc(600, 470, 380, SAFFRON_2, 0)
    canvas.disc(600, 170, 96, None, 26)
    canvas.plate((400, 240, 800, 800), TERRACOTTA, 48)
    canvas.disc(600, 300, 30, SAFFRON_2)
    _facade(canvas, (455, 370, 745, 745))


def facade_drawing(canvas: Canvas) -> None:
    canvas.plate((230, 110, 970, 800), CARD, 24)
    _facade(canvas, (420, 210, 780, 700))
    canvas.plate((130, 680, 720, 770), SAFFRON, 10)
    for mark in range(160, 720, 40):
        canvas.stroke([(mark, 690), (mark, 715 if mark % 80 else 735)], line=6)
    canvas.shape([(1000, 250), (1050, 220), (900, 640), (850, 690), (856, 620)], LAGOON)


def pencil_box(canvas: Canvas) -> None:
    for x, top, colour in ((430, 150, TERRACOTTA), (540, 90, LAGOON), (650, 180, SAFFRON), (750, 120, TERRACOTTA)):
        canvas.plate((x, top + 80, x + 64, 620), colour)
        canvas.shape([(x, top + 86), (x + 32, top), (x + 64, top + 86)], WOOD)
    canvas.plate((330, 440, 870, 820), WOOD, 8)
    _teeth(canvas, 330, 440, 820)
    _teeth(canvas, 834, 440, 820)
    canvas.disc(600, 640, 90, SAFFRON_2)
    canvas.shape([(600, 570), (660, 690), (540, 690)], TERRACOTTA)


def flat_panels(canvas: Canvas) -> None:
    for box in ((110, 130, 520, 430), (110, 490, 520, 790), (680, 130, 1090, 430), (680, 490, 900, 790)):
        canvas.plate(box, WOOD, 6)
        for x in range(int(box[0]) + 40, int(box[2]) - 40, 76):
            canvas.plate((x, box[1] - 22, x + 38, box[1] + 12), WOOD, 0, 8)
    canvas.disc(1010, 640, 80, TERRA_2)
    canvas.stroke([(1010, 520), (1010, 600)], TERRACOTTA, 16)
    canvas.disc(1010, 640, 18, TERRACOTTA)


def pouch(canvas: Canvas) -> None:
    canvas.plate((200, 250, 1000, 760), LAGOON, 70)
    canvas.plate((200, 250, 1000, 350), SAFFRON, 50)
    for x in range(250, 960, 36):
        canvas.stroke([(x, 284), (x + 14, 316)], line=8)
    canvas.plate((880, 268, 1060, 332), CARD, 26)
    _cicada(canvas, 600, 540)


def heat_press(canvas: Canvas) -> None:
    canvas.plate((180, 640, 1020, 760), INK, 20)
    canvas.plate((240, 560, 960, 640), SAFFRON_2, 10)
    canvas.plate((420, 520, 780, 572), LAGOON, 8)
    canvas.plate((240, 250, 960, 400), TERRACOTTA, 24)
    canvas.stroke([(600, 250), (600, 130), (900, 90)], line=40)
    for x in (380, 600, 820):
        canvas.stroke([(x, 430), (x - 22, 455), (x + 22, 480), (x, 505)], TERRACOTTA, 10)


def _facade(canvas: Canvas, box: Box) -> None:
    left, top, right, bottom = box
    canvas.plate(box, CARD)
    width, height = (right - left) / 3, (bottom - top) / 4
    for row in range(4):
        for column in range(3):
            x, y = left + column * width + width * 0.24, top + row * height + height * 0.24
            door = (row, column) == (3, 1)
            size = (width * 0.52, height * (0.76 if door else 0.5))
            canvas.plate((x, y, x + size[0], y + size[1]), TERRACOTTA if door else LAGOON_2, 4, 8)


def _teeth(canvas: Canvas, x: int, top: int, bottom: int) -> None:
    for y in range(top + 36, bottom - 40, 76):
        canvas.plate((x, y, x + 36, y + 38), SAFFRON_2, 0, 8)


def _cicada(canvas: Canvas, x: float, y: float) -> None:
    canvas.shape([(x - 14, y - 60), (x - 190, y + 120), (x - 60, y + 130)], LAGOON_2)
    canvas.shape([(x + 14, y - 60), (x + 190, y + 120), (x + 60, y + 130)], LAGOON_2)
    canvas.plate((x - 46, y - 110, x + 46, y + 150), SAFFRON, 46)
    for eye in (-40, 40):
        canvas.disc(x + eye, y - 100, 24, TERRACOTTA, 8)


DRAWINGS: dict[str, tuple[str, Callable[[Canvas], None]]] = {
    "key_ring": (PAPER, key_ring),
    "facade_drawing": (LAGOON_2, facade_drawing),
    "pencil_box": (TERRA_2, pencil_box),
    "flat_panels": (SAFFRON_2, flat_panels),
    "pouch": (TERRA_2, pouch),
    "heat_press": (LAGOON_2, heat_press),
}


def picture(*, title: str, draw: str) -> LabImage:
    """Draw a picture and keep it among the site's images; `title` says in words what it shows."""
    ground, paint = DRAWINGS[draw]
    canvas = Canvas(ground)
    paint(canvas)
    file = ImageFile(canvas.png(), name=f"{draw.replace('_', '-')}.png")
    return LabImage.objects.create(title=title, file=file, credit="CAN Lab, dessin", licence=Licence.CC_ZERO)
