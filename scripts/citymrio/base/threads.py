"""Threads: BLAS held to one, and independent parts (provinces) spread over several, with the same
bytes whatever their number.

BLAS threads only wait for one another in small products (ten times slower on a busy machine), and
their number changes the last digits.
"""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import ThreadpoolController

#: Whether this thread holds BLAS to one thread already: finding the libraries again takes longer
#: than a small problem.
_HELD = threading.local()


#: The libraries that are loaded, found once.
_controller = functools.cache(ThreadpoolController)


def blas_threads(count: int) -> AbstractContextManager:
    """Hold BLAS to `count` threads within the block."""
    return _controller().limit(limits=count, user_api="blas")


def one_blas_thread(function: Callable) -> Callable:
    """Run `function` with BLAS held to one thread."""

    @functools.wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        if getattr(_HELD, "one", False):
            return function(*args, **kwargs)
        with blas_threads(1):
            _HELD.one = True
            try:
                return function(*args, **kwargs)
            finally:
                _HELD.one = False

    return limited


def ordered_map(
    function: Callable[[int], Any], items: Iterable[int], threads: int
) -> Iterator[Any]:
    """``map`` over `threads` threads, results in order; never more than one finished result waits
    per thread.

    Examples
    --------
    >>> list(ordered_map(lambda k: k * k, range(4), threads=2))
    [0, 1, 4, 9]
    """
    items = list(items)
    if threads <= 1 or len(items) <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        pending = [pool.submit(function, item) for item in items[:threads]]
        for k in range(len(items)):
            result = pending.pop(0).result()
            if k + threads < len(items):
                pending.append(pool.submit(function, items[k + threads]))
            yield result
