"""Configuration files as they are written: what is refused while reading, and how several of them make one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citymrio.base.errors import ConfigError
from citymrio.config.loading import main, read_config, read_configs, read_overrides
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
        ("a: &a {split: joint}\ncities: {<<: *a}\n", r"line 2: not plain YAML: a merge \('<<'\); write the keys out"),
        ("run: a\ncities: {split: joint}\ncities: {theta: 1}\n", "line 3: .*key 'cities' appears twice"),
        ("__use_yte__: true\nrun: ?'a' + 'b'\n", r"holds a template \(`__use_yte__`\)"),
        ("run: x\n".encode("utf-16"), "is not text in UTF-8"),
        ("run: x\n".encode("utf-16-le"), "not plain YAML: .*special characters are not allowed"),
        ("run: [x\n", "line 2: not plain YAML"),
        ("[" * 600, "not plain YAML"),
        ("#" * 1_000_001, "has 1000001 bytes; expected a configuration"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_one_message(written, content, message):
    with pytest.raises(ConfigError, match=message) as error:
        read_config(written(content))
    assert "Fix: " in str(error.value)
    assert len(str(error.value)) < 500


def test_a_pipe_a_device_a_folder_and_nothing_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, kind in ((tmp_path / "pipe.yaml", "pipe"), (Path("/dev/zero"), "device"), (tmp_path, "folder")):
        with pytest.raises(ConfigError, match=f"is a {kind}; expected a file"):
            read_config(path)
    with pytest.raises(ConfigError, match="cannot be read .No such file or directory.*targets go before --configfile"):
        read_config("mrio_table")


def test_a_byte_order_mark_of_utf8_and_short_aliases_are_read(written):
    text = "\ufeffrun: x\nvariants: {a: {cities: &c {theta: 2.0}}, b: {cities: *c}}\n"
    config = read_config(written(text))
    assert (config.run, config.with_variant("b").cities.theta) == ("x", 2.0)


def test_several_files_and_the_command_line_are_merged_as_snakemake_does_it(written):
    utils = pytest.importorskip("snakemake.utils")
    from citymrio.config.loading import merged

    parts = [{"a": {"b": 1, "c": {"d": 2}}, "e": [1]}, {"a": {"c": {"f": 3}}, "e": [2]}, {"a": 5}, {"a": {"g": 1}}]
    theirs: dict = {}
    for part in parts:
        utils.update_config(theirs, part)
    assert merged(parts) == theirs
    first = written("run: one\ncities: {theta: 2.0, split: joint}\n", "one.yaml")
    second = written("run: two\ncities: {theta: 3.0}\n", "two.yaml")
    config = read_configs([first, second], ["cities={demand: proxy}", "run=three"])
    assert (config.run, config.cities.split, config.cities.theta, config.cities.demand) == ("three", "joint", 3.0, "proxy")


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
    values = read_overrides(["dataset={raw_dir: null, year: 2017}", "dataset={seed: 1}", "cities={demand_tilt: true}"])
    assert values == {"dataset": {"raw_dir": None, "year": 2017, "seed": 1}, "cities": {"demand_tilt": True}}


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
    dataset = {name: f"~/{name}" for name in ("raw_dir", "sources", "classification", "downloads", "mrio")}
    config = load_config({"dataset": dataset, "provinces": {"trade_known": "~/t.csv"}, "cities": {"priors": "~/p.csv"}})
    assert [getattr(config.dataset, name) for name in dataset] == [f"/at/home/{name}" for name in dataset]
    assert (config.provinces.trade_known, config.cities.priors) == ("/at/home/t.csv", "/at/home/p.csv")
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
    assert main([str(written("run: mine\n"))]) == 0
    assert capsys.readouterr().out == "mine\n"
    assert main(["nowhere.yaml"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
