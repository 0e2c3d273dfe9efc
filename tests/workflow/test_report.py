"""One file of HTML from a finished run: figures, tables, captions, rule graph, running times,
without the network.
"""

from __future__ import annotations

import base64
import csv
import html
import json
import re
import shutil

import pytest
from checkout import Checkout

from citymrio.report.columns import dictionary
from citymrio.report.figures.registry import FIGURES, caption
from citymrio.report.language import say
from citymrio.report.pages import SHOWN

#: Tables of a run beside a known table (`assessment.known_table`), and of `make validation`: the
#: tiny run has neither.
BESIDE = {
    "known_trade",
    "known_flows",
    "apart",
    "apart_scores",
    "left_out",
    "scores",
}
#: Tables of an ensemble.
BESIDE |= {column.table for column in dictionary() if column.table.startswith("uncertainty/")}

#: Tables of stressors beside CO2, which the tiny country has not.
BESIDE |= {name for name in SHOWN if name.startswith("stressor")}

pytestmark = pytest.mark.slow

#: Nothing listens there: a request would fail at once.
NOWHERE = dict.fromkeys(
    ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
    "http://127.0.0.1:9",
)


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory) -> Checkout:
    return finished.copy(tmp_path_factory.mktemp("report") / "checkout")


@pytest.fixture(scope="module")
def text(run) -> str:
    return reported(run)


def reported(run) -> str:
    """The report of a finished run."""
    path = run.folder / "report.html"
    words = ("--report", str(path), "--report-html-stylesheet-path", "report/style.css")
    code, said = run.run(*words, cores=1, variables=NOWHERE)
    if "AssetDownloadError" in said or "downloading..." in said:
        pytest.skip(
            "this Snakemake was installed without the files of its report (not from a wheel)"
        )
    assert code == 0, said
    return path.read_text(encoding="utf-8")


def part(text: str, name: str):
    """A value that the report holds as JSON, by the identifier of its script."""
    return json.loads(
        re.search(rf'<script id="{name}">\s*var \w+ = (.*?);\s*</script>', text, flags=re.S)[1]
    )


def content(result) -> bytes:
    return base64.b64decode(result["data_uri"].split("base64,", 1)[1])


def plain(fragment: str) -> str:
    words = re.sub(r"<[^>]+>", " ", fragment).replace("&gt;", ">").replace("&amp;", "&")
    return " ".join(words.split())


def test_every_figure_is_in_it_whole_with_its_caption_and_title(text, run):
    results = part(text, "results")
    for name in FIGURES:
        result = results[f"results/tiny/figures/{name}.png"]
        assert content(result) == (run.results() / f"figures/{name}.png").read_bytes()
        assert plain(result["caption"]) == caption(name)
        assert result["labels"]["shows"] == say(f"start.figure.{name}", "en")


def test_main_tables_are_in_it_as_a_page_and_as_the_file_with_a_caption(text, run):
    results = part(text, "results")
    for name, shown in SHOWN.items():
        if name in BESIDE:
            continue
        pair = [
            results[f"results/tiny/report/{name}.html"],
            results[f"results/tiny/tables/{name}.csv"],
        ]
        assert content(pair[0]) == (run.results() / f"report/{name}.html").read_bytes()
        assert content(pair[1]) == (run.results() / f"tables/{name}.csv").read_bytes()
        assert len({result["labels"]["as"] for result in pair}) == 2
        for result in pair:
            assert result["labels"]["table"] == shown.title
            assert len(plain(result["caption"]).split()) > 8


def test_every_column_of_every_table_is_in_the_dictionary_and_the_other_way_round(finished):
    written = {path.stem: path for path in (finished.results() / "tables").glob("*.csv")}
    listed = {
        table: [column for column in dictionary() if column.table == table]
        for table in {c.table for c in dictionary()}
    }
    assert set(written) == set(listed) - BESIDE
    for name, path in written.items():
        with path.open(encoding="utf-8", newline="") as table:
            columns = next(csv.reader(table))
        assert not [c for c in columns if not any(entry.holds(c) for entry in listed[name])], name
        assert not [
            entry.name for entry in listed[name] if not any(entry.holds(c) for c in columns)
        ], name


def test_results_stand_in_categories_and_groups(text):
    categories = part(text, "categories")
    assert sorted(categories) == ["1 Start here", "2 Figures", "3 Tables"]
    assert set(categories["2 Figures"]) == {
        "Paper, main text",
        "Paper, supplement",
        "Supply chains",
        "Accuracy",
    }
    groups = [*dict.fromkeys(shown.group for name, shown in SHOWN.items() if name not in BESIDE)]
    assert sorted(categories["3 Tables"]) == [f"{n} {group}" for n, group in enumerate(groups, 1)]


def test_the_report_begins_with_the_page_of_the_run_and_tables_with_regions(text, run):
    categories, results = part(text, "categories"), part(text, "results")
    (first,) = (path for found in categories["1 Start here"].values() for path in found)
    assert content(results[first]) == (run.results() / "report/start.html").read_bytes()
    assert first in part(text, "workflow-desc")
    listed = sorted(
        (
            tuple(results[path]["labels"].values())
            for path in categories["3 Tables"]["1 Cities and groups"]
        ),
        key=lambda labels: labels[:2],
    )
    assert [labels[1] for labels in listed[:4]] == [
        "Regions",
        "Regions",
        "Headline numbers",
        "Headline numbers",
    ]


def test_results_without_records_are_reported_and_taken_over(text, run, tmp_path):
    copy = Checkout.make(tmp_path / "clone")
    shutil.copytree(
        run.folder / "results", copy.folder / "results", copy_function=shutil.copy
    )  # with times of their own
    again = reported(copy)
    for name in ("categories", "results"):
        assert part(again, name) == part(text, name)
    code, said = copy.verify("--take-over")
    assert code == 0, said
    assert copy.jobs() == set()
    with (copy.folder / "config/tiny.yaml").open("a", encoding="utf-8") as config:
        config.write("scenarios: {demand_mode: cut}\n")
    code, said = copy.run("--dry-run")
    assert code == 0, said
    jobs = {*re.findall(r"^(\w+) +\d+$", said, flags=re.M)}
    assert {"scenarios", "headline", "start_page"} <= jobs
    assert not {"dataset", "nest", "footprint", "groups"} & jobs


def test_the_rule_graph_and_the_running_time_of_every_rule_are_in_it(text, run):
    ran = {job.split("/")[0] for job in run.logs()} - {"mrio_table", "dataset"}
    nodes = next(
        data["values"] for data in part(text, "rulegraph")["data"] if data["name"] == "node-data"
    )
    runtimes = part(text, "runtimes")["data"]["values"]
    assert {"balance_provinces", "cities", "nest", "footprint", "fig1", "summary"} <= ran
    assert ran <= {node["rule"] for node in nodes}
    assert ran <= {job["rule"] for job in runtimes}
    assert all(job["runtime"] >= 0 for job in runtimes)


def test_the_report_begins_with_what_the_run_is(text):
    assert "nested in the provincial table" in plain(part(text, "workflow-desc"))


def test_in_chinese_all_but_the_names_of_files_is_chinese(finished, tmp_path):
    run = finished.copy(tmp_path / "checkout")
    with (run.folder / "config/tiny.yaml").open("a", encoding="utf-8") as config:
        config.write("report: {language: zh}\n")
    code, said = run.run("all")
    assert code == 0, said
    text = reported(run)
    said = [plain(part(text, "workflow-desc")), *part(text, "categories")]
    for result in part(text, "results").values():
        labels = result["labels"]
        said += [plain(result["caption"]), *labels]
        said += [labels[name] for name in ("内容", "表", "页面", "形式") if name in labels]
    assert [words for words in said if not re.search("[\u4e00-\u9fff]", words)] == []


def test_it_asks_no_other_host_for_anything(text):
    head = text[: text.index('<script id="workflow-desc">')]
    assert not re.search(
        r"""<script[^>]*\ssrc=|<link[^>]*\shref=|@import\s+url""",
        re.sub(r"<script>.*?</script>", "", head, flags=re.S),
    )
    for result in part(text, "results").values():
        assert result["data_uri"].startswith("data:")
        if result["mime_type"] == "text/html":
            page = content(result).decode()
            assert "default-src 'none'" in html.unescape(page)
            assert [
                src[:40]
                for src in re.findall(r"""\bsrc\s*=\s*["']?([^"'\s>]*)""", page)
                if not src.startswith("data:")
            ] == []
            assert not re.search(r"""href\s*=\s*["']?(\w+:|//)""", page)


def test_making_it_leaves_nothing_to_run(text, run):
    assert text
    assert run.jobs() == set()
