"""A cache with a bound in bytes, for arrays that are dear to make."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Values by key; the least recently used are forgotten once the sizes sum to more than `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[Value, int]]) -> Value:
        """Return the value of key, made by `make` (value, size in bytes) if it is not held."""
        if (found := self.peek(key)) is not None:
            return found
        value, size = make()
        self.put(key, value, size)
        return value

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keep the value of key, whose size is in bytes, unless one is held."""
        with self._lock:
            if key not in self._values:
                self._values[key] = (value, size)
                self._held += size
            while self._held > self._most and len(self._values) > 1:
                self._held -= self._values.popitem(last=False)[1][1]

    def peek(self, key: Hashable) -> Value | None:
        """Return the value of key if it is held."""
        return self.peek_all([key])[0]

    def peek_all(self, keys: Iterable[Hashable]) -> list[Value | None]:
        """Return for each of the keys its value if it is held."""
        with self._lock:
            return [self._used(key) for key in keys]

    def _used(self, key: Hashable) -> Value | None:
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._held = 0

    def __len__(self) -> int:
        return len(self._values)
