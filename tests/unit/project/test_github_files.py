"""Continuous integration elsewhere runs what .ci/run runs, on the oldest and the newest Python that
is supported.
"""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def test_the_workflow_runs_the_script_on_the_supported_pythons():
    job = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"][
        "check"
    ]
    assert "bash .ci/run" in [step.get("run") for step in job["steps"]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tested = [word.rpartition(" ")[2] for word in project["classifiers"]]
    assert job["strategy"]["matrix"]["python"] == [tested[0], tested[-1]]
    assert project["requires-python"] == f">={tested[0]}"


def test_every_version_that_make_tests_has_a_job_whose_python_is_there():
    file = yaml.safe_load((ROOT / ".github/workflows/versions.yml").read_text(encoding="utf-8"))[
        "jobs"
    ]["versions"]
    jobs = {job["versions"]: job["python"] for job in file["strategy"]["matrix"]["include"]}
    makefile = (ROOT / "make/versions.mk").read_text(encoding="utf-8")
    assert list(jobs) == re.search(r"^VERSIONS \?= (.*)$", makefile, flags=re.M)[1].split()
    assert all(python == versions for versions, python in jobs.items() if versions[0].isdigit())
    assert file["steps"][-1]["run"] == "make test-versions VERSIONS=${{ matrix.versions }}"


def test_the_long_proofs_run_at_night_on_the_newest_python():
    text = (ROOT / ".github/workflows/nightly.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    steps = workflow["jobs"]["prove"]["steps"]
    assert "bash .ci/nightly" in [step.get("run") for step in steps]
    assert "schedule" in workflow[True]  # the key `on`, to YAML
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f'python-version: "{project["classifiers"][-1].rpartition(" ")[2]}"' in text


def test_issue_templates_say_what_they_are_for():
    templates = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.md"))
    assert templates
    for template in templates:
        _, head, body = template.read_text(encoding="utf-8").split("---\n", 2)
        assert set(yaml.safe_load(head)) == {"name", "about"}
        assert body.strip()
