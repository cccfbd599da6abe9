"""What a hundred open pages ask for at once is worked out once, by each process, and kept for a moment."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings


class Shared:
    """Values by key, each as old as `LIVE_SHARED_SECONDS` at most; whoever asks meanwhile waits for the same one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the value of a key, made by `make` when there is none or it is too old. Keys must be few."""
        with self._lock:
            made_at, value = self._kept.get(key, (0.0, None))
            if not made_at or time.monotonic() - made_at >= settings.LIVE_SHARED_SECONDS:
                value = make()
                self._kept[key] = (time.monotonic(), value)
            return value
