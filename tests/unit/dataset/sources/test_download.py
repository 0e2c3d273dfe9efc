"""Downloads from servers that hang, cut, send too much or the wrong file; another address stands behind each."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import threading
import time
from collections import Counter

import pytest

from citymrio.dataset.sources import download as module
from citymrio.dataset.sources.download import download

CONTENT = b"raw file " * 20_000
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()
ENDLESS = 100_000_000


class Server(http.server.BaseHTTPRequestHandler):
    """Its paths are the ways in which a server fails."""

    asked: Counter = Counter()
    sent = 0

    def log_message(self, *_):
        pass

    def do_GET(self):
        Server.asked[self.path] += 1
        getattr(self, self.path[1:].split(".")[0])()

    def _answer(self, content, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def good(self):
        self._answer(CONTENT)

    def lost(self):
        self._answer(b"not here", status=404)

    def busy(self):
        self._answer(b"later", status=503)

    def cut(self):
        self._answer(CONTENT[:1000], length=len(CONTENT))
        self.close_connection = True

    def short(self):
        self._answer(CONTENT[:1000])

    def wrong(self):
        self._answer(b"x" * len(CONTENT))

    def more(self):
        self.send_response(200)
        self.end_headers()
        Server.sent = 0
        try:
            while Server.sent < ENDLESS:
                self.wfile.write(CONTENT)
                Server.sent += len(CONTENT)
        except OSError:
            pass

    def silent(self):
        time.sleep(3)

    def trickle(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.1)
        except OSError:
            pass

    def once(self):
        self.busy() if Server.asked[self.path] == 1 else self.good()


@pytest.fixture
def server(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "SILENCE", (0.5, 0.5))
    monkeypatch.setattr(module, "GRACE", 1.0)
    monkeypatch.setattr(module, "SLOWEST", 10_000_000)
    monkeypatch.setattr(module, "ROUNDS", 1)
    Server.asked.clear()
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def fetch(target, *addresses, **options):
    return download(addresses, target, len(CONTENT), CHECKSUM, **options)


FAULTS = {
    "lost": "answers 404 Not Found",
    "busy": "answers 503 Service Unavailable",
    "cut": r"ends after 1000 of 180000 bytes|cut the line",
    "short": "ends after 1000 of 180000 bytes",
    "wrong": "gives another file of this size",
    "more": "sends more than the 180000 bytes",
    "silent": "no answer within",
    "trickle": r"takes too long: \d+ of 180000 bytes",
}


#: These wait for a server that is silent or slow.
SLOW = ("trickle", "silent")


@pytest.mark.parametrize("fault", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in FAULTS])
def test_a_bad_address_is_named_leaves_nothing_behind_and_the_next_one_is_tried(server, tmp_path, fault):
    target = tmp_path / "raw/file.bin"
    (problem,) = fetch(target, f"{server}/{fault}")
    assert problem.startswith("127.0.0.1:")
    assert re.search(FAULTS[fault], problem), problem
    assert list(target.parent.iterdir()) == []
    assert fetch(target, f"{server}/{fault}", f"{server}/good") == []
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


def test_a_server_that_sends_without_end_is_left_at_the_size_of_the_file(server, tmp_path):
    fetch(tmp_path / "file.bin", f"{server}/more")
    assert Server.sent < ENDLESS / 2


@pytest.mark.slow
def test_a_slow_server_is_left_at_the_deadline(server, tmp_path):
    begin = time.monotonic()
    fetch(tmp_path / "file.bin", f"{server}/trickle")
    assert time.monotonic() - begin < 5


def test_what_may_answer_another_time_is_tried_again_and_what_will_not_is_not(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROUNDS", 2)
    assert fetch(tmp_path / "a.bin", f"{server}/lost", f"{server}/once") == []
    assert Server.asked == {"/lost": 1, "/once": 2}


def test_a_host_that_cannot_be_reached_is_not_asked_for_every_file(server, tmp_path, monkeypatch):
    failed = Counter()
    nobody = "http://127.0.0.1:9/x"  # the port of discard: nobody listens
    for name in ("a", "b", "c"):
        assert fetch(tmp_path / name, nobody, f"{server}/good", failed=failed) == []
    assert failed == {"127.0.0.1:9": 2}
    assert fetch(tmp_path / "d", nobody, failed=failed) == ["its hosts could not be reached before"]


def test_a_downloaded_file_has_the_permissions_of_a_new_file(server, tmp_path):
    mask = os.umask(0o022)
    try:
        fetch(tmp_path / "file.bin", f"{server}/good")
    finally:
        os.umask(mask)
    assert (tmp_path / "file.bin").stat().st_mode & 0o777 == 0o644


def test_a_disk_that_refuses_is_not_taken_for_the_network(server, tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("citymrio.base.labels.os.fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        fetch(tmp_path / "file.bin", f"{server}/good")
    assert list(tmp_path.iterdir()) == []
