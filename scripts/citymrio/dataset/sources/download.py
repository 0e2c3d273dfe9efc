"""One file from the web: its addresses in turn, not more bytes than it has, not longer than it may take, whole or not at all."""

from __future__ import annotations

import hashlib
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from ...base.labels import write_atomic

#: Seconds until an address answers, and without a byte.
SILENCE = (15.0, 30.0)
#: A download may take this many seconds, and as many more as its bytes need at this many bytes a second.
GRACE, SLOWEST = 60.0, 20_000
#: Times that every address is tried which may answer another time.
ROUNDS = 2
#: Bytes that are asked for at a time.
PIECE = 1 << 16


class Unsuitable(Exception):
    """What came from an address is not the file; it will not be another time either."""


class Broken(Exception):
    """A download was cut or took too long."""


#: How a network fails; a full disk is none of these.
NETWORK = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, ConnectionError, TimeoutError, ssl.SSLError)


def download(addresses: Sequence[str], target: str | Path, size: int, checksum: str, failed: Counter | None = None) -> list[str]:
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
        Counts for every host how often it could not be reached; after twice it is left out. Kept from file to file by the caller.

    Returns
    -------
    list of str
        Empty, or what came of every attempt.
    """
    failed = Counter() if failed is None else failed
    problems, given_up = [], set()
    for attempt in range(ROUNDS):
        for address in addresses:
            host = urlsplit(address).netloc
            if address in given_up or failed[host] > 1:
                continue
            if attempt:
                time.sleep(1.0)
            try:
                write_atomic(target, lambda part, address=address: _receive(address, part, size, checksum))
            except Unsuitable as error:
                given_up.add(address)
                problems.append(f"{host}: {error}")
            except (Broken, *NETWORK) as error:
                failed[host] += isinstance(error, requests.ConnectionError)
                problems.append(f"{host}: {_in_words(error)}")
            else:
                return []
    return list(dict.fromkeys(problems)) or ["its hosts could not be reached before"]


def _receive(address: str, part: str, size: int, checksum: str) -> None:
    """Write what an address gives to the file `part`, and stop as soon as it cannot be the right file."""
    end = time.monotonic() + GRACE + size / SLOWEST
    digest, received = hashlib.sha256(), 0
    headers = {"Accept-Encoding": "identity"}  # bytes as they are, so that they can be counted
    with requests.get(address, stream=True, timeout=SILENCE, headers=headers) as answer, open(part, "wb") as file:
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise Broken(f"answers {answer.status_code} {answer.reason}")
        if answer.status_code != 200:
            raise Unsuitable(f"answers {answer.status_code} {answer.reason}")
        while piece := answer.raw.read1(PIECE):
            received += len(piece)
            if received > size:
                raise Unsuitable(f"sends more than the {size} bytes of the file")
            if time.monotonic() > end:
                raise Broken(f"takes too long: {received} of {size} bytes after {GRACE + size / SLOWEST:.0f} s")
            digest.update(piece)
            file.write(piece)
    if received < size:
        raise Broken(f"ends after {received} of {size} bytes")
    if digest.hexdigest() != checksum:
        raise Unsuitable("gives another file of this size (its sha256 differs)")


def _in_words(error: Exception) -> str:
    if isinstance(error, Broken):
        return str(error)
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)):
        return f"no answer within {SILENCE[0]:.0f} s, or no byte within {SILENCE[1]:.0f} s"
    return f"cannot be reached, or cut the line ({type(error).__name__})"
