"""One file from the web: its addresses in turn, not more bytes than it has, not longer than it may
take, whole or not at all.

Both limits hold for all that a server sends: status, headers, redirects and what they carry, sizes
of chunks, the file.
"""

import hashlib
import io
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
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
#: Redirects that are followed; bytes beside those of the file, as many and a share of them
#: (headers, sizes of chunks).
REDIRECTS, BESIDE, SHARE = 5, 1 << 20, 0.1


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
    failed: Counter | None = None,
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
    failed = Counter() if failed is None else failed
    problems, given_up = [], set()
    for attempt in range(ROUNDS):
        for address in addresses:
            host = _host(address)
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


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:  # requests says what is wrong with it
        return address


class _Limits:
    """What is left of the time and of the bytes that a server has for a file of `size` bytes."""

    def __init__(self, size: int) -> None:
        self.size, self.came, self.seconds = size, 0, GRACE + size / SLOWEST
        self.end = time.monotonic() + self.seconds

    def time_left(self) -> float:
        if (left := self.end - time.monotonic()) <= 0:
            raise Broken(
                f"takes too long: {self.came} of {self.size} bytes after {self.seconds:.0f} s"
            )
        return left

    def add(self, came: int) -> None:
        self.came += came
        if self.came > self.size * (1 + SHARE) + BESIDE:
            raise Unsuitable(f"sends more than the {self.size} bytes of the file")


class _Measured(io.RawIOBase):
    """What comes from a socket, within limits."""

    def __init__(self, sock: Any, raw: io.RawIOBase, limits: _Limits) -> None:
        self.sock, self.raw, self.limits = sock, raw, limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self.sock.settimeout(min(SILENCE[1], self.limits.time_left()))
        try:
            came = self.raw.readinto(buffer)
        except TimeoutError:
            self.limits.time_left()
            raise
        self.limits.add(came or 0)
        return came

    def close(self) -> None:
        self.raw.close()
        super().close()


class _Adapter(requests.adapters.HTTPAdapter):
    """Connections, through a proxy or not, whose answers are measured from the first byte."""

    limits: _Limits

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*arguments, **options)
        plain = pool.ConnectionCls

        def answer(sock: Any, *arguments: Any, **options: Any) -> HTTPResponse:
            found = HTTPResponse(sock, *arguments, **options)
            found.fp = io.BufferedReader(_Measured(sock, found.fp.detach(), self.limits), PIECE)
            return found

        def connection(*arguments: Any, **options: Any) -> Any:
            made: Any = plain(*arguments, **options)
            made.response_class = answer
            return made

        pool.ConnectionCls = connection
        return pool


class _Session(requests.Session):
    """Redirects are left to `_answer`: requests reads what they carry, whatever its size."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _answer(session: requests.Session, address: str, limits: _Limits) -> requests.Response:
    """The answer of an address, or of where it redirects to, before its content is read."""
    for _ in range(REDIRECTS + 1):
        connect = min(SILENCE[0], limits.time_left())
        # bytes as they are, so that they can be counted
        answer = session.get(
            address,
            stream=True,
            timeout=(connect, SILENCE[1]),
            headers={"Accept-Encoding": "identity"},
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
    limits, adapter = _Limits(size), _Adapter()
    adapter.limits = limits
    digest, received = hashlib.sha256(), 0
    with _Session() as session, open(part, "wb") as file:
        for scheme in ("http://", "https://"):
            session.mount(scheme, adapter)
        with _answer(session, address, limits) as answer:
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
