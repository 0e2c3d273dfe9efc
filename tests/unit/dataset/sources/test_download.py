"""Downloads from servers that hang, cut, send too much or the wrong file; another address stands
behind each.
"""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

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
        getattr(self, self.path.lstrip("/").split(".")[0].split("/")[0])()

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

    def _endless(self, begin, piece=b"0" * 100_000, pause=0.0, most=ENDLESS):
        """Bytes as they are, headers included, until the other side goes or `most` are sent."""
        Server.sent, self.close_connection = 0, True
        try:
            self.wfile.write(begin)
            while Server.sent < most:
                self.wfile.write(piece)
                Server.sent += len(piece)
                time.sleep(pause)
        except OSError:
            pass

    def _dripped(self, begin, piece=b"0"):
        self._endless(begin, piece, pause=0.05, most=100 * len(piece))

    def more(self):
        self._endless(b"HTTP/1.1 200 OK\r\n\r\n", CONTENT)

    def long_chunk_size(self):
        self._endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    def long_redirect(self):
        self._endless(b"HTTP/1.1 302 Found\r\nLocation: /good\r\n\r\n")

    def long_loss(self):
        self._endless(b"HTTP/1.1 404 Not Found\r\n\r\n")

    def drip_status(self):
        self._dripped(b"HTTP/1.1 200 ")

    def drip_header(self):
        self._dripped(b"HTTP/1.1 200 OK\r\nServer: ")

    def drip_headers(self):
        self._dripped(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n")

    def drip_chunk_size(self):
        self._dripped(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    def _redirect(self, where):
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def round(self):
        self._redirect("/round")

    def nowhere(self):
        self._redirect("http://[::1")

    def elsewhere(self):
        self._redirect("file:///etc/hostname")

    def moved(self):
        self._redirect("good")

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
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def fetch(target, *addresses, failed=None):
    counts = Counter() if failed is None else failed
    return download(addresses, target, len(CONTENT), CHECKSUM, counts)


FAULTS = {
    "lost": "answers 404 Not Found",
    "busy": "answers 503 Service Unavailable",
    "cut": r"ends after 1000 of 180000 bytes|cut the line",
    "short": "ends after 1000 of 180000 bytes",
    "wrong": "gives another file of this size",
    "more": "sends more than the 180000 bytes",
    "silent": "no answer within",
    "trickle": "takes longer than 1 s",
    "long_chunk_size": r"cut the line \(ProtocolError\)",
    "long_loss": "answers 404 Not Found",
    "round": "redirects more than 5 times",
    "nowhere": r"redirects to 'http://\[::1', which is no address",
    "elsewhere": r"cannot be reached, or cut the line \(InvalidSchema\)",
    **dict.fromkeys(
        ("drip_status", "drip_header", "drip_headers", "drip_chunk_size"),
        "takes longer than 1 s",
    ),
}


#: These wait for a server that is silent or slow.
SLOW = ("trickle", "silent", "drip_status", "drip_header", "drip_headers", "drip_chunk_size")


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in FAULTS]
)
def test_a_bad_address_is_named_leaves_nothing_behind_and_the_next_one_is_tried(
    server, tmp_path, fault
):
    target = tmp_path / "raw/file.bin"
    (problem,) = fetch(target, f"{server}/{fault}")
    assert problem.startswith("127.0.0.1:")
    assert re.search(FAULTS[fault], problem), problem
    assert list(target.parent.iterdir()) == []
    assert fetch(target, f"{server}/{fault}", f"{server}/good") == []
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("fault", ["more", "long_chunk_size", "long_redirect", "long_loss"])
def test_a_server_that_sends_without_end_is_left_at_the_size_of_the_file(server, tmp_path, fault):
    fetch(tmp_path / "file.bin", f"{server}/{fault}")
    assert Server.sent < ENDLESS / 2


def test_a_redirect_is_followed_without_what_it_carries(server, tmp_path):
    for name in ("moved", "long_redirect"):
        assert fetch(tmp_path / name, f"{server}/{name}") == []
        assert (tmp_path / name).read_bytes() == CONTENT


@pytest.mark.slow
@pytest.mark.parametrize("fault", SLOW)
def test_a_slow_server_is_left_at_the_deadline_whatever_it_is_slow_with(server, tmp_path, fault):
    begin = time.monotonic()
    fetch(tmp_path / "file.bin", f"{server}/{fault}")
    assert time.monotonic() - begin < 4  # a drip lasts 5 s


def test_through_a_proxy_the_limits_are_the_same(server, tmp_path, monkeypatch):
    monkeypatch.setenv(
        "http_proxy", server
    )  # it is asked for whole addresses, whose path begins with their scheme
    monkeypatch.setattr(Server, "http:", Server.more, raising=False)
    (problem,) = fetch(tmp_path / "file.bin", "http://example.org/x")
    assert problem == "example.org: sends more than the 180000 bytes of the file"


def test_a_thread_downloads_too(server, tmp_path):
    with ThreadPoolExecutor() as pool:
        found = pool.submit(fetch, tmp_path / "file.bin", f"{server}/good").result()
    assert found == [] and (tmp_path / "file.bin").read_bytes() == CONTENT


def test_what_may_answer_another_time_is_tried_again_and_what_will_not_is_not(
    server, tmp_path, monkeypatch
):
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
