"""Where the broker is, read from MQTT_URL. Knows no Django, so that the simulator starts light."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

LOCAL = "mqtt://127.0.0.1:1883"
"""Where a broker of this machine listens when MQTT_URL is empty."""
PLAIN_PORT, TLS_PORT = 1883, 8883


@dataclass(frozen=True, slots=True)
class Address:
    """A broker's address; its text never shows the password."""

    host: str
    port: int
    tls: bool = False
    username: str = ""
    password: str = ""
    ca_file: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_address(url: str, ca_file: str = "") -> Address:
    """Read `mqtt://user:pass@host:1883` or `mqtts://…:8883`; raises ValueError."""
    parts = urlsplit(url or LOCAL)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise ValueError(f"{parts.scheme}://{parts.hostname or ''} is not a broker address")
    tls = parts.scheme == "mqtts"
    port = parts.port or (TLS_PORT if tls else PLAIN_PORT)
    return Address(parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""), ca_file)
