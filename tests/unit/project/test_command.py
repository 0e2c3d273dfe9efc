"""The command `citymrio`: every subcommand is there, says what it takes, and starts no numerical
library to say so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import import_module

import pytest

from citymrio import __main__ as command

HEAVY = {"cvxpy", "matplotlib", "numpy", "pandas", "scipy", "xarray", "yaml"}


def test_help_lists_every_command_and_imports_nothing_heavy(root):
    program = (
        "import sys; from citymrio.__main__ import main\ntry:\n    "
        "main(['-h'])\nfinally:\n    print(sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root / "scripts", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    text, loaded = done.stdout.rsplit("\n[", 1)
    assert all(f"    {name} " in text for name in command.COMMANDS)
    assert not any(f"'{name}'" in loaded for name in HEAVY)


@pytest.mark.parametrize("name", command.COMMANDS)
def test_a_command_says_what_it_takes(name, capsys):
    with pytest.raises(SystemExit) as end:
        command.main([name, "-h"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: citymrio {name} ")


def test_words_and_exit_status_are_those_of_the_command(root, tmp_path, capsys):
    assert command.main(["run-name", str(root / "config/tiny.yaml")]) == 0
    assert capsys.readouterr().out == "tiny\n"
    (tmp_path / "mine.yaml").write_text("rn: mine\n", encoding="utf-8")
    assert command.main(["run-name", str(tmp_path / "mine.yaml")]) == 1
    assert "unknown key 'rn': did you mean 'run'?" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["tables"], ["check"], ["template", "a", "b"]])
def test_a_wrong_word_is_refused_with_the_usage(words, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(words)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: citymrio ")


def test_the_entry_point_of_the_package_is_this_command(root):
    scripts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "scripts"
    ]
    module, _, function = scripts["citymrio"].partition(":")
    assert getattr(import_module(module), function) is command.main


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("entropy.py --estimate nothere", "--estimate and --config: give both"),
        ("entropy.py --estimate nothere --config config/tiny.yaml", "nothere/dataset/regions.csv"),
        ("entropy.py --problems none", "--problems none: no such problem; there are: "),
        ("entropy.py --solvers none", "--solvers none: ['none'] unknown; there are: "),
        ("joint_reading.py nothere", "nothere/provinces/mrio.nc: cannot be read"),
        ("value_of_data.py --kinds none", "--kinds none: ['none'] unknown; there are: "),
    ],
)
def test_a_benchmark_refuses_wrong_words_in_one_message(root, words, said):
    """They ended in a traceback, or wrote an empty table."""
    script, *rest = words.split()
    done = subprocess.run(
        [sys.executable, root / "tests/benchmarks" / script, *rest],
        cwd=root,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root / "scripts")},
        check=False,
    )
    assert done.returncode and said in done.stderr and "Traceback" not in done.stderr
