"""What was altered, cut off, removed or made from other inputs since it was made is found and made
again, whatever its date.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from checkout import Checkout, whole_outputs

pytestmark = pytest.mark.slow

TARGETS = ("all", "mrio_table")


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory) -> Checkout:
    """A finished run in a checkout of its own; every test leaves it as it was."""
    checkout = finished.copy(tmp_path_factory.mktemp("damage") / "checkout")
    assert checkout.jobs(*TARGETS) == set()
    return checkout


def plan(checkout: Checkout, *arguments: str, **options) -> tuple[set[str], str]:
    """Rules that a run would do, and what is said; nothing may change."""
    before = whole_outputs(checkout.results())
    code, text = checkout.run(*TARGETS, "--dry-run", *arguments, **options)
    assert code == 0, text
    assert whole_outputs(checkout.results()) == before
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", text, flags=re.M | re.S)
    return ({line.split()[0] for line in table[1].splitlines()} if table else set()), text


def remade(text: str, name: str) -> bool:
    return any(name in line and "Made again" in line for line in text.splitlines())


def alter(path: Path) -> None:
    """Other bytes, the same size, an old date."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, (1e9, 1e9))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def metadata(name: str) -> str:
    """Snakemake's record of an output."""
    return f".snakemake/metadata/{urlsafe_b64encode(f'results/tiny/{name}'.encode()).decode()}"


#: What is damaged at once, the rule that makes it: from the end of the run to its beginning, so
#: that no other damage of the same time rebuilds it. The start of a run names up to three files
#: that were altered, and three that are missing.
DAMAGES = {
    "what people read": [
        ("summary.txt", alter, "summary"),
        ("provenance.json", alter, "provenance"),
        ("report/regions.html", Path.unlink, "table_pages"),
        ("figures/fig3.png", alter, "fig3"),
        ("figures/figS7.pdf", Path.unlink, "figS7"),
    ],
    "tables": [
        ("tables/regions.csv", alter, "groups"),
        ("tables/variants.csv", empty, "variants"),
        ("mrio/Z.parquet", cut, "mrio_table"),
    ],
    "the nested table": [
        ("nested/mrio.nc", cut, "nest"),
        ("variants/joint_gravity/headline.csv", alter, "variant_footprints"),
    ],
    "cities": [
        ("cities/P04/split.nc", Path.unlink, "cities"),
        ("cities/P02/diagnostics.csv", alter, "cities"),
        ("variants/joint_gravity/nested.nc", cut, "variant"),
        ("validation/true_footprints.nc", empty, "true_footprints"),
    ],
    "provinces": [("provinces/trade.nc", alter, "province_trade")],
    "the dataset": [
        ("dataset/observations/P03.csv", alter, "dataset"),
        ("dataset/provinces/P01.nc", Path.unlink, "dataset"),
    ],
}


@pytest.mark.parametrize("name", ["groups", "dataset"])
def test_what_a_killed_job_took_away_with_its_record_is_made_again(run, tmp_path, name):
    """Snakemake removes the outputs of a job before it runs, the job its record."""
    record = run.results() / f"manifest/{name}.json"
    lost = [record, *(run.results() / path for path in json.loads(record.read_text())["made"])]
    for n, path in enumerate(lost):
        path.rename(tmp_path / str(n))
    try:
        rules, text = plan(run)
    finally:
        for n, path in enumerate(lost):
            shutil.rmtree(path, ignore_errors=True)
            (tmp_path / str(n)).rename(path)
    assert name in rules
    assert "was written and is now missing" in text


@pytest.mark.parametrize("damages", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named_and_its_job_is_done_again(
    run, damages: list[tuple[str, Callable[[Path], object], str]]
):
    whole = {run.results() / name: (run.results() / name).read_bytes() for name, _, _ in damages}
    for path, (_, damage, _) in zip(whole, damages, strict=True):
        damage(path)
    try:
        rules, text = plan(run)
        assert {rule for _, _, rule in damages} <= rules, text
        assert [name for name, _, _ in damages if not remade(text, name)] == [], text
    finally:
        for path, content in whole.items():
            path.write_bytes(content)


@pytest.mark.parametrize("damage", [empty, Path.unlink, cut], ids=lambda damage: damage.__name__)
def test_a_job_whose_record_is_lost_is_done_again(run, damage):
    places = (metadata("tables/scenarios.csv"), "results/tiny/manifest/scenarios.json")
    for place in places:
        path = run.folder / place
        whole = path.read_bytes()
        damage(path)
        try:
            rules, text = plan(run)
            assert "scenarios" in rules, text
            assert "footprint" not in rules, text
            assert (
                place.startswith(".snakemake")
                or remade(text, "tables/scenarios.csv")
                or remade(text, "tables/deficits.csv")
            ), text
        finally:
            path.write_bytes(whole)


def test_a_file_more_in_the_folder_of_the_dataset_makes_the_dataset_anew(run):
    extra = run.results() / "dataset/observations/P99.csv"
    assert not extra.exists()
    extra.write_text("quantity,sectors,value\n")
    try:
        rules, text = plan(run)
        assert "dataset" in rules
        assert (
            "results/tiny: dataset/observations/P99.csv: no job wrote that. It is set aside" in text
        )
    finally:
        extra.unlink()


def test_files_of_a_user_in_the_folder_of_the_dataset_are_set_aside_when_that_is_made_again(
    run, tmp_path
):
    copy = run.copy(tmp_path / "copy")
    whole, folder = whole_outputs(copy.results()), copy.results() / "dataset"
    (folder / "notes.txt").write_text("of mine")
    (folder / "mine/.hidden").mkdir(parents=True)
    (folder / "mine/.hidden/more.txt").write_text("more")
    (folder / "link").symlink_to("nowhere")
    for change in (
        [],
        ["--config", "dataset={size: tiny, seed: 5}"],
    ):  # made again for the files, and for another reason
        code, text = copy.run("results/tiny/dataset", *change, cores=1)
        assert code == 0, text
        (folder / "late.txt").write_text("late")
    first, second = copy.results() / "set_aside_1/dataset", copy.results() / "set_aside_2/dataset"
    assert (first / "notes.txt").read_text() == "of mine" and (first / "link").is_symlink()
    assert (first / "mine/.hidden/more.txt").read_text() == "more"
    assert [path.name for path in second.rglob("*")] == ["late.txt"]
    assert "dataset/late.txt: moved to results/tiny/set_aside_2" in text
    (folder / "late.txt").unlink()
    code, text = copy.run("all", cores=1)  # pages too, which did not show the other dataset
    made = {
        name: content
        for name, content in whole_outputs(copy.results()).items()
        if not name.startswith("set_aside")
    }
    assert made == whole
    assert not (copy.results() / "set_aside_3").exists()


@pytest.mark.parametrize("change", ["altered table", "other configuration"])
def test_no_report_is_made_of_what_a_run_would_make_again(run, change):
    table = run.results() / "tables/regions.csv"
    whole = table.read_bytes()
    if change == "altered table":
        table.write_bytes(whole.replace(b"0", b"1", 1))
    try:
        config = [] if change == "altered table" else ["--config", "groups={super_share: 0.2}"]
        code, text = run.run("all", "--report", "packed.zip", *config, cores=1)
    finally:
        table.write_bytes(whole)
    assert code == 1
    assert (
        "results/tiny is not what its configuration makes "
        f"({'tables' if change == 'altered table' else 'provenance'}" in text
    )
    assert (
        "no report is made of it. Fix: run the same command without --report first, or `make "
        "report`" in text
    )
    assert "Traceback" not in text
    assert not (run.folder / "packed.zip").exists()


def test_code_with_an_old_date_is_seen(run):
    path = run.folder / "scripts/citymrio/report/figures/fig3.py"
    whole = path.read_bytes()
    path.write_bytes(whole + b"# a comment\n")
    os.utime(path, (1e9, 1e9))
    try:
        rules, _ = plan(run)
        assert rules == {"fig3", "provenance", "summary", "start_page", "all"}
        code, said = run.verify()
        assert code == 1
        assert "fig3: read another version of scripts/citymrio/report/figures/fig3.py" in said
    finally:
        path.write_bytes(whole)


def test_a_run_that_is_whole_is_said_to_be(run):
    rules, text = plan(run)
    assert rules == set()
    assert "results/tiny:" not in text
    code, said = run.verify()
    assert (code, said.count("\n")) == (0, 1), said


def test_verify_names_what_is_wrong_and_changes_nothing(run):
    altered, gone, extra = (
        run.results() / name for name in ("tables/quota.csv", "figures/fig2.pdf", "tables/mine.csv")
    )
    whole = {path: path.read_bytes() for path in (altered, gone)}
    alter(altered)
    gone.unlink()
    extra.write_text("a\n1\n")
    before = whole_outputs(run.results())
    try:
        code, said = run.verify()
        assert code == 1
        assert "altered   tables/quota.csv: it is not what rule scenarios wrote" in said
        assert "missing   figures/fig2.pdf" in said
        assert "unknown   tables/mine.csv" in said
        assert whole_outputs(run.results()) == before
    finally:
        for path, content in whole.items():
            path.write_bytes(content)
        extra.unlink()


def test_what_a_removed_variant_left_is_named_at_the_start_and_by_verify(run):
    text = (run.folder / "config/tiny.yaml").read_text(encoding="utf-8")
    (run.folder / "fewer.yaml").write_text(
        re.sub(r"^  demand_proxy:.*\n", "", text, flags=re.M), encoding="utf-8"
    )
    (run.folder / "none.yaml").write_text(text[: text.index("variants:")], encoding="utf-8")
    _, said = plan(run, config="fewer.yaml")
    assert "variants/demand_proxy/nested.nc" in said
    assert "variants/joint_gravity" not in said
    assert "of an earlier state of the configuration" in said
    code, said = run.verify(config="fewer.yaml")
    assert code == 1
    assert "left over variants/demand_proxy/accuracy.csv" in said
    _, said = plan(run, config="none.yaml")
    assert "tables/variants.csv" in run.verify(config="none.yaml")[1]
    assert re.search(r"variants\.csv|and \d+ more: of an earlier state", said)


def test_results_of_another_run_are_not_taken_for_this_one(run):
    copy = run.results("other")
    shutil.copytree(run.results(), copy)
    text = (run.folder / "config/tiny.yaml").read_text(encoding="utf-8")
    (run.folder / "other.yaml").write_text(
        text.replace("run: tiny", "run: other"), encoding="utf-8"
    )
    try:
        code, said = run.verify(config="other.yaml")
        assert code == 1
        assert "made as results/tiny" in said
    finally:
        shutil.rmtree(copy)


@pytest.mark.night
def test_records_of_two_checkouts_are_the_same_bytes(two_runs):
    first, second = (
        {p.name: p.read_bytes() for p in (c.results() / "manifest").rglob("*.json")}
        for c in two_runs
    )
    assert len(first) > 30
    assert first == second


def test_what_is_damaged_is_made_again_as_it_was_and_no_more(run):
    """A damaged file of the dataset costs the dataset alone: what comes out of it again rebuilds
    nothing.
    """
    before = whole_outputs(run.results())
    alter(run.results() / "dataset/observations/P04.csv")
    cut(run.results() / "figures/fig3.pdf")
    assert run.jobs(*TARGETS) == {"dataset", "fig3", "provenance", "summary", "start_page"}
    assert whole_outputs(run.results()) == before
    assert run.jobs(*TARGETS) == set()


def test_a_job_refuses_an_input_that_was_altered_while_the_run_went_on(run):
    """The fault comes after the start: the script of a job before it makes it."""
    script = run.folder / "scripts/assessment/known_truth.py"
    whole = script.read_bytes()
    script.write_bytes(whole + b'    Path("results/tiny/tables/quota.csv").write_text("")\n')
    script.write_bytes(
        script.read_bytes().replace(
            b"from citymrio", b"from pathlib import Path\n\nfrom citymrio", 1
        )
    )
    code, text = run.run(*TARGETS, "--cores", "1")
    script.write_bytes(whole)
    assert code != 0
    assert (
        "tables/quota.csv: is not what rule scenarios wrote: it has been altered or truncated since"
        in text
    )
    assert "Traceback" not in text
    code, text = run.run(*TARGETS)
    assert code == 0, text
    assert plan(run)[0] == set()


def test_an_input_that_is_put_in_place_with_an_old_date_is_used(own_country):
    target = "results/mine/dataset"
    assert own_country.jobs(target, config="mine.yaml", run="mine") == {"dataset"}
    path = own_country.folder / "country/observations/P04.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:1], *reversed(lines[1:])]) + "\n")
    os.utime(path, (1e9, 1e9))
    assert own_country.jobs(target, config="mine.yaml", run="mine") == {"dataset"}
    assert own_country.jobs(target, config="mine.yaml", run="mine") == set()


def test_a_second_run_is_refused_even_where_it_would_find_nothing_to_do(run):
    """What the first one is still writing must not be judged, nor be called finished."""
    assert plan(run)[0] == set()
    with (run.folder / "results/.locks/tiny.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, text = run.run(*TARGETS)
        assert plan(run)[0] == set()  # a dry-run looks on
    assert code == 1 and "results/tiny cannot be locked: another run (process " in text, text
    assert "Nothing to be done" not in text and "Traceback" not in text


def test_a_run_says_at_its_end_that_a_file_was_edited_while_it_was_at_work(run):
    """The job that read the old one is not made again in the same run."""
    scripts = [run.folder / f"scripts/report/{name}.py" for name in ("summary", "headline")]
    texts = [script.read_text() for script in scripts]
    edit = "    open('scripts/report/headline.py', 'a').write('# edited')\n"
    scripts[0].write_text(texts[0] + edit)
    code, text = run.run(*TARGETS)
    assert code == 0, text
    assert "results/tiny: headline: not what the present files make; some were edited" in text
    for script, whole in zip(scripts, texts, strict=True):
        script.write_text(whole)
    code, text = run.run(*TARGETS)
    assert code == 0 and "not what the present files make" not in text, text


def test_a_run_without_cores_is_refused(run):
    code, text = run.run(*TARGETS, "--forcerun", "summary", cores=0)
    assert code == 1 and "--cores is 0: no job could ever start. Fix: give a number" in text, text


def test_two_checkouts_with_results_in_one_folder_are_kept_apart(tmp_path):
    checkouts = [Checkout.make(tmp_path / name) for name in ("one", "two")]
    (tmp_path / "disk").mkdir()
    for checkout in checkouts:
        (checkout.folder / "results").symlink_to(tmp_path / "disk")
    first = checkouts[0].start("results/tiny/dataset", cores=1)
    begin, lock = time.monotonic(), tmp_path / "disk/.locks/tiny.lock"
    while not (lock.is_file() and lock.read_text()):
        assert first.poll() is None and time.monotonic() - begin < 120
        time.sleep(0.02)
    first.send_signal(signal.SIGSTOP)
    jobs = psutil.Process(first.pid).children(
        recursive=True
    )  # else they finish, and the other has nothing to do
    for job in jobs:
        job.suspend()
    try:
        code, text = checkouts[1].run("results/tiny/dataset", cores=1)
    finally:
        for job in jobs:
            job.resume()
        first.send_signal(signal.SIGCONT)
    assert code != 0, text
    assert f"results/tiny cannot be locked: another run (process {first.pid} on " in text
    text, _ = first.communicate(timeout=300)
    assert first.returncode == 0, text
    # taking turns: the other checkout has no record of what the first one made, and makes it with
    # its own parameters; that of the first is no longer what it says
    assert "dataset" in checkouts[1].jobs(
        "results/tiny/dataset", "--config", "dataset={kind: synthetic, size: tiny, seed: 7}"
    )
    code, text = checkouts[0].run("results/tiny/dataset", "--dry-run")
    assert (
        "results/tiny: dataset: was made from another folder of the workflow, with other "
        "parameters. Made again" in text
    )
