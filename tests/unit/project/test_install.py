"""What `make` installs, with which Python, and what `pip install .` gives: as far as that can be
tried without a network.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def install(root):
    spec = importlib.util.spec_from_file_location("install", root / "envs/install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(root, tmp_path):
    """Makefile and lock in a folder of their own, with an awkward name."""
    folder = tmp_path / "my projet's dir"
    shutil.copytree(root / "make", folder / "make")
    shutil.copytree(root / "envs", folder / "envs")
    shutil.copy2(root / "Makefile", folder)
    return folder


def make(folder, *words):
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHON", "MAKEFLAGS")
    }
    done = subprocess.run(
        ["make", *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def fake(folder, version: str):
    """A program that claims to be a Python of some version, and notes what it is asked to do."""
    path = folder / "its python's"
    suits = int(version not in ("3.11", "3.12", "3.13"))
    lines = [
        "#!/bin/sh",
        f'[ "$1 $2" = "-P -c" ] && exit {suits}',
        f'[ "$1" = --version ] && echo "Python {version}.0" && exit',
        "exit 3",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_a_python_that_is_named_must_be_of_a_version_that_works(clone, version):
    python = fake(clone, version)
    code, text = make(clone, ".venv/.installed", f"PYTHON={python}")
    assert code != 0
    assert (
        f"citymrio needs Python 3.11, 3.12 or 3.13 with venv; PYTHON={python} is none (Python "
        f"{version}.0)." in text
    )
    assert not (clone / ".venv").exists()


def test_a_python_that_is_no_program_is_refused_by_name(clone):
    code, text = make(clone, ".venv/.installed", "PYTHON=/no where's/python3")
    assert code != 0
    assert "PYTHON=/no where's/python3 is none" in text


def test_a_python_of_a_good_version_is_used_whatever_its_path(clone):
    code, text = make(clone, ".venv/.installed", f"PYTHON={fake(clone, '3.12')}")
    assert code != 0  # it cannot make an environment
    assert "Making .venv with Python 3.12.0" in text


def test_an_environment_of_another_python_is_not_installed_into(clone):
    (clone / ".venv/bin").mkdir(parents=True)
    fake(clone, "3.9").rename(clone / ".venv/bin/python")
    code, text = make(clone, ".venv/.installed", f"PYTHON={sys.executable}")
    assert code != 0
    assert ".venv is of another Python. Remove it" in text


def test_packages_are_counted_and_come_as_wheels(install, root):
    for name in ("run", "development"):
        lock = (root / f"envs/{name}.lock").read_text(encoding="utf-8")
        assert (
            install.wanted(lock)
            == sum("==" in line and not line.startswith((" ", "#")) for line in lock.splitlines())
            > 80
        )
    assert (
        install.wanted(
            "a==1 \\\n    --hash=x\nb-c==2 ; python_version < '3.12'\n# d==3\n    # via e==4\n"
        )
        == 2
    )
    assert install.PACKAGES[1:4] == ["--require-hashes", "--only-binary", ":all:"]


@pytest.mark.slow
def test_an_installation_says_how_far_it_is_and_only_a_failure_prints_pips_words(
    install, tmp_path, monkeypatch, capsys
):
    program = tmp_path / "pip.py"
    program.write_text(
        "import sys, time\n"
        "for n in range(25):\n    print(f'Collecting p{n}', flush=True)\n    time.sleep(0.02)\n"
        "print('ERROR: no space')\nsys.exit('fail' in sys.argv)\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(install, "PIP", [sys.executable, str(program)])
    monkeypatch.setattr(install, "PAUSE", 0.05)
    install.pip([], 25)
    said = capsys.readouterr()
    assert said.out.splitlines() == ["  10 of 25 packages at hand", "  20 of 25 packages at hand"]
    assert said.err == ""
    with pytest.raises(SystemExit, match="pip failed; .* Fix: "):
        install.pip(["fail"], 25)
    assert "ERROR: no space" in capsys.readouterr().err


def test_what_is_installed_is_compiled_but_for_the_tests_of_packages(install, tmp_path):
    for name in (
        "a/__init__.py",
        "a/part.py",
        "a/tests/__init__.py",
        "a/tests/test_part.py",
        "a/template.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{{ template }} {" if "template" in name else "x = 1\n")
    install.compiled(str(tmp_path))
    assert sorted(path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc")) == [
        "__init__",
        "part",
    ]


@pytest.fixture
def library(root, tmp_path):
    """What the library is built from, in a folder of its own."""
    clone = tmp_path / "a clone"
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (clone / "scripts").mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, clone)
    shutil.copytree(
        root / "scripts/citymrio",
        clone / "scripts/citymrio",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return clone


@pytest.mark.slow
def test_pip_install_of_a_clone_gives_the_library_with_its_data(root, library, tmp_path):
    clone = library
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        "site",
        ".",
    ]
    done = subprocess.run(
        [*command, "--disable-pip-version-check"], cwd=clone, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    site = clone / "site"
    for path in (root / "scripts/citymrio").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert (site / "citymrio" / path.relative_to(root / "scripts/citymrio")).is_file(), path
    (metadata,) = site.glob("citymrio-*.dist-info/METADATA")
    vendored = {path.name for path in (root / "scripts/citymrio").rglob("*.LICENSE.txt")}
    assert {path.name for path in (metadata.parent / "licenses").rglob("*") if path.is_file()} == {
        "LICENSE",
        *vendored,
    }
    assert re.search(
        r"^License-Expression: MIT AND .*OFL-1.1", metadata.read_text(encoding="utf-8"), flags=re.M
    )
    program = "import citymrio, citymrio.entropy; print(citymrio.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(site / "citymrio/__init__.py"), done.stderr


#: Estimates three cities with what comes in any case.
CORE = """
import citymrio as cm, pandas as pd
goods, cities = ["food", "steel"], ["a", "b", "c"]
table = cm.ProvinceTable(pd.DataFrame([[10, 5], [5, 30]], goods, goods), pd.DataFrame({"households": [40, 15]}, goods), [5, 30])
added = pd.DataFrame({"food": [30, 10, 5], "steel": [5, 10, 30]}, cities)
found = cm.estimate_cities(table, {"value_added": added}, distances=pd.DataFrame(1.0, cities, cities))
print(round(found.x["a"]["food"], 6), bool((abs(found.L @ found.Y.sum(axis=1)) > 0).all()))
"""
#: Imports every module of the library and names what it came from.
EVERY_MODULE = """
import importlib, pkgutil, sys, citymrio
found = [entry.name for entry in pkgutil.walk_packages(citymrio.__path__, "citymrio.", onerror=lambda name: None)]
for name in found:
    importlib.import_module(name)
print(len(found), citymrio.__file__, "snakemake" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.night
def test_the_wheel_gives_the_core_and_its_extras_the_rest(root, library, tmp_path):
    """In an environment that has nothing else: what `pip install .` gives to somebody, and then its
    extras.
    """

    def run(*words):
        variables = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "PYTHONHOME")
        }
        done = subprocess.run(
            [*map(str, words)], cwd=tmp_path, env=variables, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def good(*words):
        code, text = run(*words)
        assert code == 0, text
        return text

    pip = ("-m", "pip", "--disable-pip-version-check", "--no-input")
    code, text = run(
        sys.executable, *pip, "download", "--no-deps", "--dest", tmp_path / "probe", "threadpoolctl"
    )
    if code:
        pytest.skip(f"no package index can be reached: {text.strip().splitlines()[-1]}")
    good(
        sys.executable,
        *pip,
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        tmp_path / "wheels",
        library,
    )
    (wheel,) = (tmp_path / "wheels").iterdir()
    good(sys.executable, "-m", "venv", tmp_path / "empty")
    python, citymrio = tmp_path / "empty/bin/python", tmp_path / "empty/bin/citymrio"
    good(python, *pip, "install", "--only-binary", ":all:", wheel)
    assert good(python, "-c", CORE).split() == ["40.0", "True"]
    code, text = run(citymrio, "template", "mydata")
    assert (code, "Traceback" in text) == (
        1,
        False,
    ) and "Fix: pip install citymrio[data]" in text, text
    good(python, *pip, "install", "--only-binary", ":all:", f"{wheel}[data,maps,mrio,report]")
    count, place, snakemake = good(python, "-c", EVERY_MODULE).split()
    modules = [
        path for path in (root / "scripts/citymrio").rglob("*.py") if path.name != "__init__.py"
    ]
    assert int(count) > len(modules)
    assert place.startswith(str(tmp_path / "empty"))
    assert snakemake == "False"
    said = good(citymrio, "template", "mydata")
    assert "citymrio check mydata/config.yaml" in said and "make " not in said
    assert "no fault" in good(citymrio, "check", "mydata/config.yaml")


def test_python_takes_no_module_from_the_folder_in_which_it_is_started(root):
    """A user's random.py there would be taken for Python's own: `-m` and `-c` never stand without
    `-P`.
    """
    files = [
        root / "Makefile",
        *(root / "make").glob("*.mk"),
        *(root / "scripts").rglob("*.py"),
        *(root / "envs").glob("*.py"),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    calls = re.findall(
        r"""(?:/python|\$\(PYTHON\)\)|sys\.executable\)?,|SUITS :=) +(\S+ \S+)""", text
    )
    modules = [words for words in calls if re.search(r"""["']?-[mc]\b""", words)]
    assert len(modules) > 15
    assert [words for words in modules if not re.match(r"""["']?-P\b""", words)] == []
