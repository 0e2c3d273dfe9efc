"""profiles/slurm where there is no Slurm: what it asks for, groups, placeholders. On a real one:
tests/cluster.
"""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest
import yaml
from checkout import ROOT

pytestmark = pytest.mark.slow

PLACEHOLDERS = re.compile(r"^( +)# (slurm_(?:partition|account): <\w+>)$", flags=re.M)

#: Two Snakemake processes start a script on a node (MB), and count towards the limit of its job.
ON_A_NODE = 360
RULE = re.compile(
    r"^ *(?:rule|checkpoint) ?(\w*):\n.*?mem_mb=memory\w*\((\d+)\)", flags=re.M | re.S
)


def requests() -> dict[str, int]:
    """Rule -> MB that its first attempt requests; the rules of figures have no name in the file:
    they are ''.
    """
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.smk"))]
    return {name: int(megabytes) for text in texts for name, megabytes in RULE.findall(text)}


def peaks(results: Path) -> dict[str, float]:
    """Rule -> largest memory (MB) of its jobs in a run, as its benchmarks say."""
    found: dict[str, float] = {}
    for path in (results / "benchmarks").rglob("*.tsv"):
        rule = path.relative_to(results / "benchmarks").parts[0].removesuffix(".tsv")
        with open(path, encoding="utf-8", newline="") as table:
            memory = [
                float(row["max_rss"])
                for row in csv.DictReader(table, delimiter="\t")
                if row["max_rss"] not in ("-", "NA")
            ]
        found[rule] = max([found.get(rule, 0.0), *memory])
    return found


@pytest.fixture(scope="module")
def workflow(checkout, tmp_path_factory):
    return checkout(tmp_path_factory.mktemp("profile"))


@pytest.fixture
def hash_taken_away(workflow):
    """A checkout whose profile has the two placeholders as they are, without the hash."""
    path = workflow.folder / "profiles/slurm/config.yaml"
    text = path.read_text(encoding="utf-8")
    filled, number = PLACEHOLDERS.subn(r"\1\2", text, count=2)
    assert number == 2
    path.write_text(filled, encoding="utf-8")
    yield workflow
    path.write_text(text, encoding="utf-8")


def dry_run(workflow, *arguments):
    return workflow.run("--dry-run", "--profile", "profiles/slurm", *arguments)


def test_the_profile_as_it_is_needs_no_name_of_the_cluster(workflow):
    code, text = dry_run(workflow)
    assert code == 0, text
    assert re.search(r"^balance_provinces +1$", text, flags=re.M), text


def test_a_placeholder_left_in_is_one_message_before_anything_is_submitted(hash_taken_away):
    code, text = dry_run(hash_taken_away)
    assert code != 0
    assert text.count("is a placeholder") == 1
    assert "slurm_partition: <partition>, slurm_account: <account>" in text
    assert "docs/cluster.md" in text
    assert "Traceback" not in text


def test_a_placeholder_of_one_rule_is_refused_too(workflow):
    code, text = dry_run(workflow, "--set-resources", "cities:slurm_partition=<partition>")
    assert code != 0
    assert "slurm_partition: <partition> is a placeholder" in text


def test_names_on_the_command_line_stand_in_for_placeholders(hash_taken_away):
    code, text = dry_run(
        hash_taken_away, "--default-resources", "slurm_partition=short", "slurm_account=ecology"
    )
    assert code == 0, text


def test_a_comparison_in_an_expression_is_no_placeholder(workflow):
    code, text = dry_run(workflow, "--default-resources", "runtime=10 if attempt < 2 else 60")
    assert code == 0, text


def test_every_rule_requests_what_its_jobs_took_and_what_starts_them(finished):
    asked = requests()
    runs = [finished.results(), *(ROOT / "results" / name for name in ("synthetic", "china2012"))]
    taken = [(run.name, rule, peak) for run in runs for rule, peak in peaks(run).items()]
    assert {rule for _, rule, _ in taken} > {"cities", "variant", "fig1"}
    assert [row for row in taken if row[2] + ON_A_NODE > asked.get(row[1], asked[""])] == []


def test_31_provinces_are_a_handful_of_submissions_and_200_members_are_11(workflow):
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
    sizes = dict(size.split("=") for size in profile["group-components"])
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").glob("*.smk"))
    assert sizes.keys() <= set(re.findall(r'group:\n +"(\w+)"', rules))
    assert math.ceil(31 / int(sizes["cities"])) <= 5
    for members, blocks in ((200, 21), (3, 2)):
        asked = f"uncertainty={{members: {members}}}"
        code, text = dry_run(workflow, "uncertainty", "--config", asked)
        assert code == 0, text
        assert re.search(rf"^uncertainty_members +{blocks}$", text, flags=re.M), text
    assert math.ceil(21 / int(sizes["members"])) == 11
