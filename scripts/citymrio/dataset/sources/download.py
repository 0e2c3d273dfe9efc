"""One file from the web: its addresses in turn, not more bytes than it has, not longer than it may
take, whole or not at all.

The time holds for all that a server sends: status, headers, redirects, sizes of chunks, the file.
"""

import hashlib
import signal
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from ...base.files import keep_aside
from ...base.labels import write_atomic

#: Seconds until an address answers, and without a byte.
SILENCE = (15.0, 30.0)
#: A download may take this many seconds, and as many more as its bytes need at this many bytes a
#: second.
GRACE, SLOWEST = 60.0, 20_000
#: Times that every address is tried which may answer another time.
ROUNDS = 2
#: Bytes that are asked for at a time.
PIECE = 1 << 16
#: Redirects that are followed.
REDIRECTS = 5


class Unsuitable(Exception):
    """What came from an address is not the file; it will not be another time either."""


class Broken(Exception):
    """A download was cut or took too long."""


#: How a network fails; a full disk is none of these.
NETWORK = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)


def download(
    addresses: Sequence[str],
    target: str | Path,
    size: int,
    checksum: str,
    failed: Counter,
) -> list[str]:
    """Bring a file from the first address that gives it.

    Parameters
    ----------
    addresses
        Where the file is, in the order in which they are tried.
    target
        Where it goes, with the permissions of a new file. It is there whole or not at all.
    size, checksum
        Bytes and sha256 of the file.
    failed
        Counts for every host how often it could not be reached; after twice it is left out. Kept
        from file to file by the caller.

    Returns
    -------
    list of str
        Empty, or what came of every attempt.
    """
    problems, given_up = [], set()
    for attempt in range(ROUNDS):
        for address in addresses:
            host = urlsplit(address).netloc
            if address in given_up or failed[host] > 1:
                continue
            if attempt:
                time.sleep(1.0)
            try:
                write_atomic(
                    target,
                    partial(_fetch, address, target=Path(target), size=size, checksum=checksum),
                )
            except Unsuitable as error:
                given_up.add(address)
                problems.append(f"{host}: {error}")
            except (Broken, *NETWORK) as error:
                failed[host] += isinstance(error, requests.ConnectionError)
                problems.append(f"{host}: {_in_words(error)}")
            else:
                return []
    return list(dict.fromkeys(problems)) or ["its hosts could not be reached before"]


class _Session(requests.Session):
    """Redirects are left to `_answer`: requests reads what they carry, whatever its size."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Break the block off after so many seconds, by the alarm of the system: whatever it waits for.
    Outside of the main thread, which alone hears it, there is no such limit.
    """

    def late(*_: Any) -> NoReturn:
        raise Broken(f"takes longer than {seconds:.0f} s")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _answer(session: requests.Session, address: str) -> requests.Response:
    """The answer of an address, or of where it redirects to, before its content is read."""
    for _ in range(REDIRECTS + 1):
        # bytes as they are, so that they can be counted
        answer = session.get(
            address, stream=True, timeout=SILENCE, headers={"Accept-Encoding": "identity"}
        )
        location = requests.Session.get_redirect_target(session, answer)
        if location is None:
            return answer
        answer.close()
        try:
            address = urljoin(address, location)
        except ValueError:
            raise Unsuitable(f"redirects to '{location[:200]}', which is no address") from None
    raise Unsuitable(f"redirects more than {REDIRECTS} times")


def _fetch(address: str, part: str, target: Path, size: int, checksum: str) -> None:
    """Write what an address gives to `part`, which will replace `target`; stop as soon as it cannot
    be the right file.
    """
    digest, received = hashlib.sha256(), 0
    with (
        _at_most(GRACE + size / SLOWEST),
        _Session() as session,
        open(part, "wb") as file,
        _answer(session, address) as answer,
    ):
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise Broken(f"answers {answer.status_code} {answer.reason}")
        if answer.status_code != 200:
            raise Unsuitable(f"answers {answer.status_code} {answer.reason}")
        while piece := answer.raw.read1(PIECE):
            received += len(piece)
            if received > size:
                raise Unsuitable(f"sends more than the {size} bytes of the file")
            digest.update(piece)
            file.write(piece)
    if received < size:
        raise Broken(f"ends after {received} of {size} bytes")
    if digest.hexdigest() != checksum:
        raise Unsuitable("gives another file of this size (its sha256 differs)")
    keep_aside(target)


def _in_words(error: Exception) -> str:
    if isinstance(error, Broken):
        return str(error)
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)):
        return f"no answer within {SILENCE[0]:.0f} s, or no byte within {SILENCE[1]:.0f} s"
    return f"cannot be reached, or cut the line ({type(error).__name__})"
