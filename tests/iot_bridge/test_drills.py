"""Short fault drills, and whether their judge would see what goes wrong; `make faults` runs the whole ones."""

import sqlite3

import pytest

from tests.drills import faults
from tests.drills.judge import judge
from tests.drills.stand import stand
from tests.drills.stream import Box, Message

SHORT = 0.15
pytestmark = pytest.mark.django_db


@pytest.mark.mqtt
@pytest.mark.fault
@pytest.mark.parametrize("drill", [faults.bridge_killed, faults.broker_restarted, faults.flood])
def test_short_drill_loses_and_invents_nothing(committed_db, drill) -> None:
    with stand(committed_db.url, SHORT) as place:
        result = drill(place)
    assert result.held, result
    assert result.committed == result.sent > 0


class Said:
    """A stream that has been published."""

    def __init__(self, boxes: list[Box]) -> None:
        self.boxes = boxes
        self.sent: list[Message] = [message for box in boxes for message in box.messages()]

    def payloads(self) -> set[str]:
        return {message.payload for message in self.sent}


def test_judge_sees_what_is_lost_doubled_invented_and_wrong(tmp_path) -> None:
    said = Said([Box("a", 3)])
    first, second, _third = said.boxes[0].jobs
    path = tmp_path / "db.sqlite3"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE iot_bridge_machinemessage (payload, status, reason)")
        file.execute(
            "CREATE TABLE machines_usagesession (source, natural_key, started_at, ended_at, outcome, estimated)"
        )
        rows = [(message.payload.encode(), "applied", "") for message in said.sent[:-1]]
        file.executemany("INSERT INTO iot_bridge_machinemessage VALUES (?, ?, ?)", [*rows, rows[0]])
        uses = [
            ("native:a", first.key, "2026-01-01", None, None, 0),
            ("native:a", "b1/99", "2026-01-01", None, None, 0),
        ]
        file.executemany("INSERT INTO machines_usagesession VALUES (?, ?, ?, ?, ?, ?)", uses)
    result = judge(f"sqlite:///{path}", said)
    assert (result.sent, result.committed, result.lost) == (21, 20, 1)
    assert (result.twice, result.ghosts, result.wrong) == (1, 1, 2)  # the third job's end was lost: not judged
    assert [example for example in result.examples if second.key in example]
    assert not result.held
