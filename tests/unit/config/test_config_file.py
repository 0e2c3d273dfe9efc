"""Configuration files as they are written: what is refused while reading, and how several of them
make one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citymrio.__main__ import main
from citymrio.base.errors import ConfigError
from citymrio.config.loading import read_config, read_configs, read_overrides
from citymrio.config.models import load_config


@pytest.fixture
def written(tmp_path):
    def written(content: str | bytes, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def levels(count: int) -> str:
    """Nine aliases of nine aliases of ...: some bytes that are 9^count values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, count)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (levels(9), "more than 100000 values, through aliases"),
        ("a: &a [*a]\n", "more than 100000 values, through aliases"),
        (
            "a: &a {split: joint}\ncities: {<<: *a}\n",
            r"line 2: not plain YAML: a merge \('<<'\); write the keys out",
        ),
        (
            "run: a\ncities: {split: joint}\ncities: {theta: 1}\n",
            "line 3: .*key 'cities' appears twice",
        ),
        ("__use_yte__: true\nrun: ?'a' + 'b'\n", r"holds a template \(`__use_yte__`\)"),
        ("run: x\n".encode("utf-16"), "is not text in UTF-8"),
        ("run: x\n".encode("utf-16-le"), "not plain YAML: .*special characters are not allowed"),
        ("run: [x\n", "line 2: not plain YAML"),
        ("[" * 600, "not plain YAML"),
        ("#" * 1_000_001, "has 1000001 bytes; expected a configuration"),
        ('"\\x5f_use_yte__": true\nrun: x\n', r"holds a template \(`__use_yte__`\)"),
        ("__use_yte__: true\nrun: a\nrun: b\n", r"holds a template \(`__use_yte__`\)"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_one_message(written, content, message):
    with pytest.raises(ConfigError, match=message) as error:
        read_config(written(content))
    assert "Fix: " in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "written_as",
    [
        "010",
        "08",
        "-017",
        "0b11",
        "0x1f",
        "0o17",
        "1_000",
        "33:40",
        "190:20:30",
        "190:20:30.15",
        "1_0.5",
        "1_0e3",
    ]
    + ["2012-01-01", "2001-12-14t21:59:43.10-05:00", "!!int '010'"],
)
def test_numbers_that_yaml_reads_otherwise_than_people_are_refused(written_as, written):
    with pytest.raises(
        ConfigError,
        match="line 2: .* can be read in several ways; write a number in plain decimal digits",
    ):
        read_config(written(f"run: a\ndataset: {{seed: {written_as}}}\n"))
    with pytest.raises(
        ConfigError, match="--config dataset, line 1: .* can be read in several ways"
    ):
        read_overrides([f"dataset={{seed: {written_as}}}"])


def test_numbers_and_texts_that_mean_one_thing_are_read():
    words = (
        "[0, -3, 10, 0.5, 00.5, 1.0e-3, 1e3, '010', \"33:40\", a:10, 10:a, a_1, 1_a, 12:b, "
        "2012-1, .inf]"
    )
    values = read_overrides([f"x={words}"])["x"]
    assert values[:6] == [0, -3, 10, 0.5, 0.5, 0.001]
    assert values[6:-1] == ["1e3", "010", "33:40", "a:10", "10:a", "a_1", "1_a", "12:b", "2012-1"]


@pytest.mark.parametrize(
    "values", [{"run": 2012}, {"scenarios": {"key_sectors": [12]}}, {"variants": {2: {}}}]
)
def test_a_number_in_the_place_of_a_text_is_refused_with_the_fix(values):
    with pytest.raises(ConfigError, match="is (2012|12|2); expected text: put it in quotes"):
        load_config(values)


def test_a_template_that_snakemake_has_read_before_has_run_and_the_message_says_so_and_what_to_do_first(
    written,
):
    path = written("__use_yte__: true\n__definitions__: [print('ran')]\nrun: x\n")
    with pytest.raises(ConfigError) as before:
        read_configs([path])
    assert "already run" not in str(before.value)
    with pytest.raises(ConfigError, match="any code in it has already run") as after:
        read_configs([path], by_snakemake=True)
    for error in (before, after):
        assert f"`make check-data CONFIG={path}` looks at it and runs nothing in it" in str(
            error.value
        )


def test_a_word_about_templates_in_a_remark_is_no_template(written):
    assert read_config(written("run: x  # no __use_yte__\n")).run == "x"


def test_a_pipe_a_device_a_folder_and_nothing_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, kind in (
        (tmp_path / "pipe.yaml", "pipe"),
        (Path("/dev/zero"), "device"),
        (tmp_path, "folder"),
    ):
        with pytest.raises(ConfigError, match=f"is a {kind}; expected a file"):
            read_config(path)
    with pytest.raises(
        ConfigError,
        match="cannot be read .No such file or directory.*targets go before --configfile",
    ):
        read_config("mrio_table")


def test_a_configuration_can_be_given_by_its_keys():
    assert read_config({"run": "x", "cities": {"theta": 2.0}}).cities.theta == 2.0
    with pytest.raises(ConfigError, match="unknown key 'rum': did you mean 'run'"):
        read_config({"rum": "x"})
    with pytest.raises(ConfigError, match="config: is 5; expected keys and values. Fix: see "):
        read_config(5)


def test_a_byte_order_mark_of_utf8_and_short_aliases_are_read(written):
    text = "\ufeffrun: x\nvariants: {a: {cities: &c {theta: 2.0}}, b: {cities: *c}}\n"
    config = read_config(written(text))
    assert (config.run, config.with_variant("b").cities.theta) == ("x", 2.0)


def test_several_files_and_the_command_line_are_merged_as_snakemake_does_it(written):
    utils = pytest.importorskip("snakemake.utils")
    from citymrio.config.loading import merged

    parts = [
        {"a": {"b": 1, "c": {"d": 2}}, "e": [1]},
        {"a": {"c": {"f": 3}}, "e": [2]},
        {"a": 5},
        {"a": {"g": 1}},
    ]
    theirs: dict = {}
    for part in parts:
        utils.update_config(theirs, part)
    assert merged(parts) == theirs
    first = written("run: one\ncities: {theta: 2.0, split: joint}\n", "one.yaml")
    second = written("run: two\ncities: {theta: 3.0}\n", "two.yaml")
    config = read_configs([first, second], ["cities={demand: proxy}", "run=three"])
    assert (config.run, config.cities.split, config.cities.theta, config.cities.demand) == (
        "three",
        "joint",
        3.0,
        "proxy",
    )


def test_every_file_is_read_strictly_and_the_message_names_it(written):
    good, bad = written("run: one\n", "one.yaml"), written("run: a\nrun: b\n", "two.yaml")
    with pytest.raises(ConfigError, match=r"two\.yaml, line 2"):
        read_configs([good, bad])
    with pytest.raises(ConfigError, match=r"one\.yaml and --config: unknown key 'cities.spilt'"):
        read_configs([good], ["cities={spilt: joint}"])


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["run=a", "run=b"], "--config: key 'run' appears twice"),
        (["cities={theta: 1}", "cities={theta: 2}"], r"key 'cities\.theta' appears twice"),
        (["cities={theta: 1, theta: 2}"], "--config cities, line 1: .*key 'theta' appears twice"),
        (["cities={theta: 1"], "--config cities, line 1: not plain YAML"),
    ],
)
def test_the_command_line_is_read_strictly_too(entries, message):
    with pytest.raises(ConfigError, match=message):
        read_overrides(entries)


def test_values_of_the_command_line_have_the_types_of_a_file():
    values = read_overrides(
        ["dataset={raw_dir: null, year: 2017}", "dataset={seed: 1}", "cities={demand_tilt: true}"]
    )
    assert values == {
        "dataset": {"raw_dir": None, "year": 2017, "seed": 1},
        "cities": {"demand_tilt": True},
    }


@pytest.mark.parametrize(
    "values",
    [
        {"cities": {"theta": True}},
        {"groups": {"clusters": False}},
        {"run": True},
        {"variants": {"a": {"cities": {"theta": True}}}},
    ],
)
def test_yes_and_no_are_no_numbers_and_no_names(values):
    with pytest.raises(ConfigError, match="YAML reads yes, no, on and off as true or false"):
        load_config(values)
    assert load_config({"cities": {"demand_tilt": True}}).cities.demand_tilt is True


def test_a_tilde_is_the_home_folder_in_every_path(monkeypatch):
    monkeypatch.setenv("HOME", "/at/home")
    dataset = {
        name: f"~/{name}" for name in ("raw_dir", "sources", "classification", "downloads", "mrio")
    }
    config = load_config(
        {
            "dataset": dataset,
            "provinces": {"trade_known": "~/t.csv"},
            "cities": {"priors": "~/p.csv"},
        }
    )
    assert [getattr(config.dataset, name) for name in dataset] == [
        f"/at/home/{name}" for name in dataset
    ]
    assert (config.provinces.trade_known, config.cities.priors) == (
        "/at/home/t.csv",
        "/at/home/p.csv",
    )
    assert load_config({"dataset": {"raw_dir": "a~b/~c"}}).dataset.raw_dir == "a~b/~c"


@pytest.mark.parametrize("path", ["", " ", "a\0b", "~nobody-of-this-name/raw"])
def test_a_path_that_is_none_is_refused(path):
    with pytest.raises(ConfigError, match="'dataset.raw_dir': the value is"):
        load_config({"dataset": {"raw_dir": path}})


def test_names_of_variants_that_are_names_of_files_are_accepted_and_others_refused():
    names = ["a.b", "a-b_c", "2", "A"]
    assert list(load_config({"variants": {name: {} for name in names}}).variants) == names
    for name in ("a b", "", ".", "..", ".a", "a/b", "-a", "a\n", "é", "x" * 101):
        with pytest.raises(ConfigError, match="variant .*: expected letters, digits"):
            load_config({"variants": {name: {}}})
    with pytest.raises(ConfigError, match="variant 'main': the main estimate has this name"):
        load_config({"variants": {"main": {}}})


def test_the_program_prints_the_run_or_one_message(written, capsys):
    assert main(["run-name", str(written("run: mine\n"))]) == 0
    assert capsys.readouterr().out == "mine\n"
    assert main(["run-name", "nowhere.yaml"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
