"""One BLAS thread: for many small products, and for the same bytes everywhere.

BLAS threads only wait for one another in small products (ten times slower on a busy machine), and their number changes the
last digits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread(function: Callable) -> Callable:
    """Run `function` with BLAS held to one thread."""

    @functools.wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
