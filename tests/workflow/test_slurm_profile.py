"""profiles/slurm where there is no Slurm: what it asks for, and placeholders. On a real one: tests/cluster."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.slow

PLACEHOLDERS = re.compile(r"^( +)# (slurm_(?:partition|account): <\w+>)$", flags=re.M)


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
    code, text = dry_run(hash_taken_away, "--default-resources", "slurm_partition=short", "slurm_account=ecology")
    assert code == 0, text


def test_a_comparison_in_an_expression_is_no_placeholder(workflow):
    code, text = dry_run(workflow, "--default-resources", "runtime=10 if attempt < 2 else 60")
    assert code == 0, text
