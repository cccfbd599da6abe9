"""A quiz played together: names that are nobody's, what comes after what, what the room knew. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from workshops.models.games import LiveGame

State = LiveGame.State
ANIMALS = (
    "Castor", "Chouette", "Cigale", "Coccinelle", "Écureuil", "Flamant", "Fourmi", "Gecko", "Girafe", "Hérisson",
    "Huppe", "Koala", "Libellule", "Loutre", "Lynx", "Mésange", "Otarie", "Panda", "Pingouin", "Poulpe", "Renard",
    "Salamandre", "Tortue", "Triton",
)  # fmt: skip
COLOURS = ("corail", "cerise", "émeraude", "indigo", "lavande", "olive", "orange", "safran", "saphir", "turquoise")
OFFERED = 6
MOST_PLAYERS = 60


def names_to_choose(taken: Collection[str], dice: Random) -> list[str]:
    """Return some names that are free: animals and colours, so that nobody writes one, their own least of all."""
    free = [name for animal in ANIMALS for colour in COLOURS if (name := f"{animal} {colour}") not in taken]
    return dice.sample(free, min(OFFERED, len(free)))


def is_drawn_name(name: str) -> bool:
    """Tell whether a name is one of ours."""
    animal, _space, colour = name.partition(" ")
    return animal in ANIMALS and colour in COLOURS


def next_step(state: str, current: int, questions: int) -> tuple[State, int]:
    """Return what follows: join, ask, show, ask the next, and over after the last one was shown."""
    if state == State.LOBBY:
        return State.ASKING, 0
    if state == State.ASKING:
        return State.SHOWN, current
    if state == State.SHOWN and current + 1 < questions:
        return State.ASKING, current + 1
    return State.OVER, current


@dataclass(frozen=True, slots=True)
class Bar:
    """An answer and how many gave it, for the big screen."""

    letter: str
    text: str
    count: int
    percent: int
    right: bool


def bars(question: Mapping, counts: Mapping[str, int]) -> list[Bar]:
    """Return the answers of a question with how many gave each."""
    total = sum(counts.values())
    return [
        Bar(letter, text, counts.get(letter, 0), round(100 * counts.get(letter, 0) / total) if total else 0,
            letter == question["right"])
        for letter, text in question["choices"]
    ]  # fmt: skip


def room_score(questions: Sequence[Mapping], counts: Mapping[int, Mapping[str, int]]) -> tuple[int, int]:
    """Return how many answers of the whole room were right, and how many there were: nobody is ranked."""
    right = sum(counts.get(number, {}).get(one["right"], 0) for number, one in enumerate(questions))
    return right, sum(sum(given.values()) for given in counts.values())
