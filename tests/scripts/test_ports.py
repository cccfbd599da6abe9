import socket

import pytest

from scripts import ports
from tests.services import free_port


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_asked_port_is_taken_as_it_is():
    port = free_port()
    assert ports.chosen({"PORT": str(port)}, "PORT", 8000) == port


def test_asked_port_that_is_taken_is_refused_by_name(taken_port):
    with pytest.raises(ports.PortError, match=f"^PORT: port {taken_port} cannot be used, it is taken.$"):
        ports.chosen({"PORT": str(taken_port)}, "PORT", 8000)


def test_without_wish_the_next_free_port_is_given(taken_port):
    given = ports.chosen({}, "PORT", taken_port)
    assert given > taken_port
    assert ports.refusal(given) == ""


def test_web_and_broker_never_share_a_port():
    port = free_port()
    with pytest.raises(ports.PortError, match="the web server has it"):
        ports.chosen({"MQTT_PORT": str(port)}, "MQTT_PORT", 1883, taken=port)
    assert ports.chosen({}, "MQTT_PORT", port, taken=port) != port


@pytest.mark.parametrize("wrong", ["0", "65536", "-1", "80a", "8000.0"])
def test_what_is_no_port_is_one_sentence(wrong):
    with pytest.raises(ports.PortError, match="is not a port"):
        ports.chosen({"PORT": wrong}, "PORT", 8000)
