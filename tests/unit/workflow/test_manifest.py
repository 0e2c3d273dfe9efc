"""Records of jobs: what was read and written, by content; what is not so any more is found whatever
its date.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from types import SimpleNamespace

import pytest

from citymrio.base.errors import DataError
from citymrio.workflow import loaded, manifest, versions
from citymrio.workflow.manifest import Digests, Record, find_faults, read_records
from citymrio.workflow.verify import drop_old_pages, set_aside


@pytest.fixture
def country(tmp_path, monkeypatch):
    """A run of two jobs: `one` makes a table and a folder from a file outside, `two` a table from
    that table.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("1\n")
    do(
        "one",
        ["data.csv"],
        {"a.csv": "a\n", "folder/x.csv": "x\n", "folder/deep/y.csv": "y\n"},
        ["a.csv", "folder"],
    )
    do("two", ["results/r/a.csv"], {"tables/b.csv": "b\n"})
    return tmp_path / "results/r"


def job(name, inputs, outputs, params=("p",)):
    return SimpleNamespace(
        rule=name,
        wildcards={},
        log=[f"results/r/logs/{name}.log"],
        input=inputs,
        output=outputs,
        params=list(params),
    )


def do(name, inputs, writes, made=None):
    """A job that writes files below results/r."""
    paths = [f"results/r/{path}" for path in made or writes]
    record = manifest.Job(job(name, inputs, paths))
    record.forget()
    for path, text in writes.items():
        target = f"results/r/{path}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w") as file:
            file.write(text)
    record.write()


def faults(**options):
    return [(fault.kind, fault.path) for fault in find_faults("results/r", Digests(), **options)]


def test_files_of_two_states_are_told_however_far_behind(country):
    do("three", ["results/r/tables/b.csv"], {"c.csv": "c\n"})
    assert manifest.unfinished("results/r", ["c.csv", "nowhere.csv"]) == []
    do("one", ["data.csv"], {"a.csv": "new\n", "folder/x.csv": "x\n"}, ["a.csv", "folder"])
    assert manifest.unfinished("results/r", ["c.csv"]) == ["a.csv"]
    assert manifest.unfinished("results/r", ["folder/x.csv"]) == []
    do("two", ["results/r/a.csv"], {"tables/b.csv": "new\n"})
    assert manifest.unfinished("results/r", ["c.csv"]) == ["tables/b.csv"]
    do("three", ["results/r/tables/b.csv"], {"c.csv": "c\n"})
    assert manifest.unfinished("results/r", ["c.csv"]) == []


@pytest.mark.parametrize("text", [None, "new\n"])
def test_what_a_killed_job_took_away_or_wrote_is_told(country, text):
    manifest.Job(job("one", ["data.csv"], ["results/r/a.csv", "results/r/folder"])).forget()
    assert manifest.unfinished("results/r", ["tables/b.csv"]) == []
    (country / "a.csv").unlink()
    if text:
        (country / "a.csv").write_text(text)
    assert manifest.unfinished("results/r", ["tables/b.csv"]) == ["a.csv"]


def test_pages_of_an_earlier_state_go_with_their_records_and_with_the_report(country):
    do("page", ["results/r/tables/b.csv"], {"report/start.html": "s\n", "summary.txt": "s\n"})
    do("other", ["data.csv"], {"explorer/index.html": "e\n"})
    (country / "report.html").write_text("r\n")
    later = time.time() + 60
    assert drop_old_pages("results/r", later) == []
    do("two", ["results/r/a.csv"], {"tables/b.csv": "new\n"})
    gone = ["report.html", "report/start.html", "summary.txt"]
    assert sorted(drop_old_pages("results/r", later)) == gone
    assert not any((country / name).exists() for name in gone)
    assert (country / "explorer/index.html").is_file()
    assert faults() == [] and "page" not in read_records(country)
    (country / "report.html").write_text("r\n")
    assert drop_old_pages("results/r", 0.0) == ["report.html"]  # others are newer


def with_old_date(path, text):
    path.write_text(text)
    os.utime(path, (0, 0))


def test_a_run_that_is_as_its_jobs_left_it_has_no_fault(country):
    assert faults() == []
    assert sorted(read_records(country)) == ["one", "two"]


def test_an_output_that_was_altered_is_found_though_it_has_the_same_size_and_an_old_date(country):
    with_old_date(country / "tables/b.csv", "c\n")
    assert faults() == [("altered", "tables/b.csv")]


def test_an_output_that_was_cut_off_does_not_make_those_stale_that_read_it(country):
    (country / "a.csv").write_text("")
    assert faults() == [("altered", "a.csv")]


@pytest.mark.parametrize("name", ["tables/b.csv", "folder/deep/y.csv", "a.csv"])
def test_an_output_that_is_gone_is_found(country, name):
    (country / name).unlink()
    assert faults() == [("missing", name)]


@pytest.mark.parametrize("lost", ["a.csv", "folder/deep/y.csv"])
def test_an_output_that_is_gone_with_its_record_is_found_by_who_read_it(country, lost):
    do("three", ["results/r/a.csv", "results/r/folder/deep/y.csv"], {"c.csv": "c\n"})
    manifest.Job(job("one", ["data.csv"], ["results/r/a.csv", "results/r/folder"])).forget()
    (country / lost).unlink()
    (fault,) = [fault for fault in find_faults("results/r", Digests()) if fault.kind == "missing"]
    assert fault.path == lost
    assert fault.made[-1] == lost.partition("/")[0]


def test_a_file_that_its_job_no_longer_makes_is_not_missed_by_who_once_read_it(country):
    do("three", ["results/r/folder/x.csv"], {"c.csv": "c\n"})
    (country / "folder/x.csv").unlink()
    do("one", ["data.csv"], {"a.csv": "a\n", "folder/deep/y.csv": "y\n"}, ["a.csv", "folder"])
    assert faults() == []


def test_a_file_that_was_added_to_a_folder_makes_the_folder_anew(country):
    (country / "folder/z.csv").write_text("z\n")
    (fault,) = find_faults("results/r", Digests())
    assert (fault.kind, fault.path, fault.made) == ("altered", "folder/z.csv", ("folder",))


def test_a_part_of_the_results_may_be_a_link_to_another_disk(country, tmp_path):
    (country / "folder").rename(tmp_path / "disk")
    (country / "folder").symlink_to(tmp_path / "disk")
    assert faults() == []
    (tmp_path / "disk/again").symlink_to(country / "folder")  # a link to what holds it
    assert faults() == []
    (tmp_path / "disk/x.csv").write_text("y\n")
    assert faults() == [("altered", "folder/x.csv")]


def test_a_file_without_a_record_is_unknown_but_logs_timings_and_hidden_files_are_not(country):
    for name in ("logs/one.log", "benchmarks/one.tsv", "report.html", ".hidden", "tables/c.csv"):
        (country / name).parent.mkdir(exist_ok=True)
        (country / name).write_text("c\n")
    assert faults() == [("unknown", "tables/c.csv")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rule": "two"}'])
def test_outputs_whose_record_is_damaged_are_unknown_and_the_record_is_named(country, text):
    (country / "manifest/two.json").write_text(text)
    assert faults() == [("unknown", "tables/b.csv"), ("unread", "manifest/two.json")]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("outputs", value)
            for value in ([], "x", None, {"a.csv": 1}, {"../b.csv": "x"}, {"/etc/passwd": "x"})
        ),
        *(("made", value) for value in ("x", [None], {}, ["../../x"], ["/x"], ["folder/../../x"])),
        *(("wildcards", value) for value in (None, [], {"province": None})),
        *(("inputs", value) for value in ("x", None, [1])),
        *((key, None) for key in ("external", "params", "version", "rule", "run", "kernel")),
        ("surplus", "x"),
    ],
)
def test_a_misshapen_record_counts_as_none_whatever_it_holds(country, key, value):
    path = country / "manifest/two.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    assert sorted(read_records(country)) == ["one"]
    assert ("unread", "manifest/two.json") in faults()
    assert all(
        not name.startswith(("..", "/"))
        for fault in find_faults("results/r", Digests())
        for name in fault.made
    )


def test_a_job_whose_input_changes_while_it_runs_is_refused_whatever_its_size_and_date(
    country, tmp_path
):
    path = tmp_path / "data.csv"
    record = manifest.Job(job("one", ["data.csv"], ["results/r/a.csv"]))
    os.utime(path)  # touched: its content is the same
    record.refuse_changes()
    stat = path.stat()
    path.write_text("2\n")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(
        DataError,
        match=r"^data\.csv: was changed while the job ran\. Fix: run the same command again",
    ):
        record.refuse_changes()


def test_a_job_whose_code_is_not_what_was_loaded_is_refused(country, tmp_path, monkeypatch):
    path = tmp_path / "module.py"
    path.write_text("x = 1\n")
    monkeypatch.setitem(loaded.LOADED, os.path.realpath(path), manifest.sha256_of(path))
    manifest.Job(job("one", ["module.py"], ["results/r/a.csv"])).refuse_changes()
    path.write_text("x = 2\n")  # before the job began, and after the interpreter had loaded it
    with pytest.raises(DataError, match=r"^module\.py: was changed while the job ran"):
        manifest.Job(job("one", ["module.py"], ["results/r/a.csv"])).refuse_changes()


def test_the_kernel_of_a_job_that_computes_with_numpy_is_recorded(country, tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "kernel", lambda: "openblas Haswell")
    (stamp,) = (path for path in versions.stamps(["numpy"]) if path.name == "numpy")
    do("three", [str(stamp)], {"c.csv": "c\n"})
    assert {name: record.kernel for name, record in read_records(country).items()} == {
        "one": "",
        "two": "",
        "three": "openblas Haswell",
    }


def test_an_input_from_outside_that_is_another_one_with_an_old_date_makes_its_job_stale(
    country, tmp_path
):
    with_old_date(tmp_path / "data.csv", "2\n")
    assert faults() == [("stale", "one")]


def test_a_job_that_was_not_done_again_after_the_one_before_it_is_stale(country):
    do("one", ["data.csv"], {"a.csv": "new\n", "folder/x.csv": "x\n"}, ["a.csv", "folder"])
    assert ("stale", "two") in faults()


def test_a_run_that_was_copied_to_another_name_is_said(country):
    country.rename(country.with_name("s"))
    kinds = {fault.kind for fault in find_faults("results/s", Digests())}
    assert kinds == {"moved"}


def test_what_another_folder_made_with_other_params_is_unsure(country):
    """Snakemake believes its own record here of what it made before."""
    own = manifest.read_records(manifest.OWN / "results/r")
    assert own == manifest.read_records("results/r") != {}
    assert faults(own=own) == []
    job = next(iter(own))
    own[job] = dataclasses.replace(own[job], params=manifest.params_digest([repr("q")]))
    assert faults(own=own) == [("unsure", job)]
    del own[job]
    assert faults(own=own) == [("elsewhere", job)]


def test_a_job_refuses_an_input_that_its_job_did_not_write(country):
    (country / "a.csv").write_text("b\n")
    with pytest.raises(
        DataError,
        match=r"^results/r/a\.csv: is not what rule one wrote: .* Fix: run the same command again",
    ):
        manifest.Job(job("two", ["results/r/a.csv"], ["results/r/tables/b.csv"]))


def test_a_job_that_is_killed_leaves_no_record(country):
    record = manifest.Job(job("two", ["results/r/a.csv"], ["results/r/tables/b.csv"]))
    record.forget()
    assert faults() == [("unknown", "tables/b.csv")]


def test_a_file_that_another_job_writes_now_belongs_to_that_job(country):
    do("three", [], {"a.csv": "three\n"})
    assert read_records(country)["one"].made == ("folder",)
    assert faults() == [("stale", "two")]
    (country / "folder/x.csv").unlink()
    assert ("missing", "folder/x.csv") in faults()


def test_records_of_the_same_work_have_the_same_bytes(country, tmp_path):
    first = {path.name: path.read_bytes() for path in (country / "manifest").iterdir()}
    do(
        "one",
        ["data.csv"],
        {"a.csv": "a\n", "folder/x.csv": "x\n", "folder/deep/y.csv": "y\n"},
        ["a.csv", "folder"],
    )
    do("two", ["results/r/a.csv"], {"tables/b.csv": "b\n"})
    assert {path.name: path.read_bytes() for path in (country / "manifest").iterdir()} == first


@pytest.mark.parametrize(
    ("log", "run"),
    [
        ("results/r/logs/cities/P04.log", "results/r"),
        ("results/logs/logs/cities.log", "results/logs"),
        ("accounts/results/r/logs/nest.log", "accounts/results/r"),
        ("results/change/a-b/change.log", "results/change/a-b"),
    ],
)
def test_the_folder_of_a_run_is_that_above_its_logs(log, run):
    assert manifest.run_folder(log).as_posix() == run


def test_a_digest_is_taken_from_the_store_only_while_the_file_is_the_same(tmp_path):
    path, store = tmp_path / "a", tmp_path / "store.json"
    path.write_text("a")
    digests, taken = Digests(store), []
    digests.TICK = -1.0  # the file was written just now

    def make(name):
        taken.append(name)
        return manifest.sha256_of(name)

    first = digests.of(path, make)
    digests.save()
    again = Digests(store)
    assert again.of(path, make) == first and len(taken) == 1
    stat = path.stat()
    path.write_text("b")
    os.utime(
        path, ns=(stat.st_atime_ns, stat.st_mtime_ns)
    )  # size and time as before: the inode's own time tells
    assert Digests(store).of(path, make) == manifest.sha256_of(path) != first
    path.unlink()
    assert Digests(store).of(path, make) is None


def test_a_file_that_was_written_within_the_tick_of_the_clock_is_read_again(tmp_path):
    path = tmp_path / "a"
    path.write_text("a")
    digests = Digests(tmp_path / "store.json")
    digests.of(path)
    digests.save()
    assert not (tmp_path / "store.json").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 5}', '{"a": [1, 2, 3, 4]}', "null"])
def test_a_store_that_is_damaged_counts_as_empty(tmp_path, text):
    (tmp_path / "store.json").write_text(text.replace('"a"', json.dumps(str(tmp_path / "a"))))
    (tmp_path / "a").write_text("a")
    assert Digests(tmp_path / "store.json").of(tmp_path / "a") == manifest.sha256_of(tmp_path / "a")


def test_a_record_comes_back_as_it_was_written(country):
    record = read_records(country)["two"]
    dataclasses.replace(record, job="cities/P04").write(country)
    assert read_records(country)["cities/P04"] == dataclasses.replace(record, job="cities/P04")
    assert Record.read(country / "manifest/none.json", country) is None


def test_what_is_set_aside_has_no_record_and_is_no_fault(country):
    (country / "folder/mine.txt").write_text("mine")
    assert set_aside(country, ["folder/mine.txt"]).name == "set_aside_1"
    assert (country / "set_aside_1/folder/mine.txt").read_text() == "mine"
    assert faults() == []
    assert set_aside(country, ["folder", "tables/b.csv"]).name == "set_aside_2"
    assert (country / "set_aside_2/folder/deep/y.csv").read_text() == "y\n"
    assert {job: sorted(record.outputs) for job, record in read_records(country).items()} == {
        "one": ["a.csv"]
    }
    assert faults() == []
