"""Raw files: checked, whole or absent, all faults at once; downloads tried against a server of our
own.
"""

from __future__ import annotations

import functools
import http.server
import threading

import pytest
from china_world import write_sources

from citymrio.base.errors import DataError
from citymrio.config.models import Dataset
from citymrio.dataset.sources.retrieve import read_sources, retrieve, verify

ROLES = {"a/one.bin": ("provincial_io", "13"), "two.bin": ("national_io", "")}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    (folder / "a").mkdir(parents=True)
    (folder / "a/one.bin").write_bytes(b"one" * 500)
    (folder / "two.bin").write_bytes(b"two" * 500)
    write_sources(tmp_path / "list.csv", folder, ROLES)
    return folder


@pytest.fixture
def dataset(tmp_path, raw):
    return Dataset(
        kind="china",
        raw_dir=str(raw),
        sources=str(tmp_path / "list.csv"),
        downloads=str(tmp_path / "down"),
    )


@pytest.fixture
def online(tmp_path, raw):
    """The same files behind a local web address; no raw_dir."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(raw))
    )
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    write_sources(tmp_path / "list.csv", raw, ROLES, url=f"http://127.0.0.1:{server.server_port}/")
    yield Dataset(
        kind="china", sources=str(tmp_path / "list.csv"), downloads=str(tmp_path / "down")
    )
    server.shutdown()
    server.server_close()


def files(folder) -> list[str]:
    return (
        sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        if folder.exists()
        else []
    )


def test_files_of_raw_dir_are_used_where_they_lie(dataset, raw):
    assert retrieve(dataset) == [raw / "a/one.bin", raw / "two.bin"]


def test_missing_truncated_and_altered_files_are_named_at_once_with_url_and_checksum(
    dataset, raw, tmp_path
):
    (raw / "a/one.bin").write_bytes(b"one" * 100)
    (raw / "two.bin").write_bytes(b"twx" * 500)
    with pytest.raises(DataError) as error:
        retrieve(dataset)
    text = str(error.value)
    assert "2 of 2 raw files cannot be used" in text
    assert (
        "one.bin has 300 bytes (truncated); expected 1500 [sha256 " in text
        and "https://example.org/two.bin" in text
    )
    assert "two.bin has been altered" in text
    (raw / "two.bin").unlink()
    (raw / "a/one.bin").write_bytes(b"")
    with pytest.raises(DataError, match=r"one.bin is empty .*two.bin is missing"):
        verify(read_sources(dataset.sources), raw)


def test_a_file_shared_with_another_run_is_found_where_it_lies(dataset, raw, tmp_path):
    text = (tmp_path / "list.csv").read_text().splitlines()
    text = [text[0] + ",found_at", *(line + ",../other/two.bin" for line in text[1:])]
    (tmp_path / "list.csv").write_text("\n".join(text))
    (tmp_path / "other").mkdir()
    (raw / "two.bin").rename(tmp_path / "other/two.bin")
    assert retrieve(dataset)[1].resolve() == tmp_path / "other/two.bin"


def test_downloads_are_checked_and_not_repeated(online, tmp_path, raw):
    assert online.raw_folder == tmp_path / "down/list"
    assert [p.read_bytes() for p in retrieve(online)] == [b"one" * 500, b"two" * 500]
    for path in (raw / "a/one.bin", raw / "two.bin"):
        path.unlink()
    assert files(tmp_path / "down") == ["list/a/one.bin", "list/two.bin"]
    retrieve(online)  # nothing is left on the server: what is there and intact is kept


def test_the_mirrors_of_a_list_are_tried_when_its_address_fails(online, tmp_path, raw):
    lines = (tmp_path / "list.csv").read_text().splitlines()
    at = lines[0].split(",").index("url")
    moved = [line.split(",") for line in lines[1:]]
    mirrors = [fields[at] for fields in moved]
    for fields in moved:
        fields[at] = fields[at].replace("http://127.0.0.1", "http://127.0.0.1:9/not-there#")
    rows = [
        f"{','.join(fields)},http://127.0.0.1:9/x {mirror}"
        for fields, mirror in zip(moved, mirrors, strict=True)
    ]
    (tmp_path / "list.csv").write_text("\n".join([f"{lines[0]},mirrors", *rows]))
    assert [path.read_bytes() for path in retrieve(online)] == [b"one" * 500, b"two" * 500]


def test_a_raw_folder_that_is_not_there_is_one_short_message_whatever_the_list_asks_for(
    dataset, tmp_path
):
    with pytest.raises(DataError) as error:
        retrieve(dataset.model_copy(update={"raw_dir": str(tmp_path / "nowhere")}))
    assert str(error.value).count("nowhere") == 1
    assert "there is no such folder" in str(error.value) and len(str(error.value)) < 300


def test_of_many_missing_files_three_are_named_and_the_rest_counted(root, tmp_path):
    with pytest.raises(
        DataError, match=r"37 of 37 raw files cannot be used: .*; and 34 more\. Fix:"
    ) as error:
        verify(read_sources(root / "config/sources/china2012.csv"), tmp_path)
    assert str(error.value).count("is missing") == 3


@pytest.mark.filterwarnings("ignore")
def test_an_altered_download_leaves_nothing_behind_and_is_named(online, tmp_path, raw):
    (raw / "two.bin").write_bytes(b"twx" * 500)
    with pytest.raises(
        DataError, match=r"1 of 2 .*two.bin could not be downloaded .*from http://127.0.0.1"
    ):
        retrieve(online)
    assert files(tmp_path / "down") == ["list/a/one.bin"]


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("a/one.bin", "../one.bin", "row 2, column 'file' is '../one.bin'; expected a path below"),
        ("two.bin", "a/one.bin", "appears twice"),
        (",1500,", ",many,", "column 'bytes' is 'many'"),
        ("https://", "file://", "column 'url' is 'file://"),
        ("sha256", "md5", "column 'sha256' is missing"),
        ("terms", "terms,mirror", "column 'mirror' is unknown; expected file, role, province"),
    ],
)
def test_a_wrong_sources_list_is_refused(tmp_path, raw, old, new, message):
    path = tmp_path / "list.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DataError, match=message):
        read_sources(path)


def test_a_mirror_that_is_no_address_is_refused(tmp_path, raw):
    path = tmp_path / "list.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text(
        "\n".join(
            [f"{head},mirrors", *(f"{row},https://a.org/x file:///etc/passwd" for row in rows)]
        )
    )
    with pytest.raises(
        DataError,
        match=r"rows 2, 3\b.*, column 'mirrors' is .*expected http\(s\) addresses, separated by blanks",
    ):
        read_sources(path)


def test_the_shipped_list_names_every_file_once_with_its_role(root):
    table = read_sources(root / "config/sources/china2012.csv")
    assert table.role.value_counts().to_dict() == {
        "provincial_io": 31,
        "national_io": 1,
        "inventory_provinces": 1,
        "inventory_nation": 1,
        "emissions_cities": 1,
        "value_added_cities": 1,
        "population_cities": 1,
    }
    hosts = table.mirrors.str.findall(r"https://([^/ ]+)/")
    assert all(
        len(set(found)) == 2 and url.split("/")[2] not in found
        for url, found in zip(table.url, hosts, strict=True)
    )
    assert (
        table.url.str.startswith("https://").all()
        and table.province[table.role == "provincial_io"].nunique() == 31
    )


def test_a_download_that_was_edited_by_hand_is_kept_aside_and_said(online, tmp_path, raw, capsys):
    one, two = retrieve(online)
    for text in (b"mine", b"mine again"):
        one.write_bytes(text)
        assert retrieve(online)[0].read_bytes() == b"one" * 500
    assert (one.parent / "one.bin.1").read_bytes() == b"mine"
    assert (one.parent / "one.bin.2").read_bytes() == b"mine again"
    assert (
        "a/one.bin was not the file of the list (edited?): it is kept as one.bin.1"
        in capsys.readouterr().err
    )
    two.write_bytes(b"mine")
    (raw / "two.bin").unlink()
    with pytest.raises(DataError, match=r"two.bin could not be downloaded"):
        retrieve(online)
    assert two.read_bytes() == b"mine"  # nothing came that could take its place
    assert files(tmp_path / "down/list") == ["a/one.bin", "a/one.bin.1", "a/one.bin.2", "two.bin"]


def test_a_folder_in_the_place_of_a_file_is_kept_aside_and_a_file_in_the_place_of_a_folder_refused(
    online, tmp_path
):
    (tmp_path / "down/list/two.bin").mkdir(parents=True)
    (tmp_path / "down/list/two.bin/mine").touch()
    (tmp_path / "down/list/a").touch()
    with pytest.raises(DataError, match=r"down/list/a: is not a folder\. Fix: move away the file"):
        retrieve(online)
    (tmp_path / "down/list/a").unlink()
    assert retrieve(online)[1].read_bytes() == b"two" * 500
    assert files(tmp_path / "down/list") == ["a/one.bin", "two.bin", "two.bin.1/mine"]


@pytest.mark.parametrize(
    "name", [".", "./", "./x", "a//x", "x/", "n" * 300, "a/" + "é" * 150, "a\u200bb"]
)
def test_a_name_that_no_file_can_have_is_refused_with_its_row(tmp_path, raw, name):
    path = tmp_path / "list.csv"
    path.write_text(path.read_text().replace("two.bin", name, 1))
    with pytest.raises(
        DataError,
        match=r"row 3, column 'file' is .*expected a path below the raw folder, plainly written",
    ):
        read_sources(path)


@pytest.mark.parametrize(
    "value", ["\N{SUPERSCRIPT TWO}", "1_000", "0", "9" * 5000, "\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_a_size_that_is_no_number_of_bytes_is_refused_with_its_row(tmp_path, raw, value):
    path = tmp_path / "list.csv"
    path.write_text(path.read_text().replace(",1500,", f",{value},", 1))
    with pytest.raises(DataError, match=r"row 2, column 'bytes' is .*expected a number of bytes"):
        read_sources(path)


@pytest.mark.parametrize(
    "address",
    ["http://[::1", "http://a:b/x", "http://a:99999/x", "http://", "http:///x", "http://:80/x"],
)
def test_an_address_that_leads_nowhere_is_refused_with_its_row(tmp_path, raw, address):
    path = tmp_path / "list.csv"
    path.write_text(path.read_text().replace("https://example.org/two.bin", address, 1))
    with pytest.raises(DataError, match=r"row 3, column 'url' is .*expected an http\(s\) address"):
        read_sources(path)


def test_a_file_that_is_the_folder_of_another_is_refused(tmp_path, raw):
    path = tmp_path / "list.csv"
    path.write_text(path.read_text().replace("two.bin", "a", 1))
    with pytest.raises(DataError, match="'a' is a file and the folder of others"):
        read_sources(path)
