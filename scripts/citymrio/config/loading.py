"""Configuration files as they are written: plain YAML (no tags, no templates, no key twice), then
the typed configuration.

The run (rules/common.smk) and `make check-data` read through the same functions, so that both
refuse and accept the same. ``citymrio run-name FILE`` prints the name of the run that a file
configures, or what is wrong with it.
"""

import argparse
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..base.errors import ConfigError
from ..base.files import file_fault
from .models import Config, load_config

FIX = "see config/README.md for the keys."
#: Bytes and values (aliases counted as often as they are used) that no configuration comes near.
MOST_BYTES, MOST_VALUES = 1_000_000, 100_000
#: The key by which Snakemake takes a file for a template and runs the code in it.
TEMPLATE = "__use_yte__"
#: What YAML 1.1 reads as other numbers than they look: 010 is 8, 33:40 is 2020, 1_000 is 1000;
#: dates and times are no texts.
AMBIGUOUS = re.compile(
    r"[-+]?(0[0-9_]+|0[bxo][0-9a-f_]+|[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?|[0-9][0-9.]*_[0-9_.]*(e[-+]?[0-9]+)?)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?",
    re.IGNORECASE,
)


class _PlainLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Safe YAML whose mappings have every key once; tags that would make Python objects are refused
    by SafeLoader.
    """

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None and _values(node, {}) > MOST_VALUES:
            raise yaml.constructor.ConstructorError(
                None, None, f"more than {MOST_VALUES} values, through aliases", node.start_mark
            )
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, "a merge ('<<'); write the keys out", key.start_mark
                )
            name = self.construct_object(key, deep=True)
            if not isinstance(name, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is a list or mapping", key.start_mark
                )
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{name}' appears twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        is_text = getattr(node, "style", None) and node.tag == "tag:yaml.org,2002:str"
        if isinstance(node, yaml.ScalarNode) and not is_text and AMBIGUOUS.fullmatch(node.value):
            read = f"'{node.value}' can be read in several ways"
            words = (
                f"{read}; write a number in plain decimal digits, and put a code, a path or "
                "a date in quotes"
            )
            raise yaml.constructor.ConstructorError(None, None, words, node.start_mark)
        return super().construct_scalar(node)


def _values(node: yaml.Node, known: dict[int, float]) -> float:
    """Values below a node, those of an alias as often as it is used; a node inside itself has no
    end.
    """
    if id(node) not in known:
        known[id(node)] = float("inf")
        parts = (
            [part for pair in node.value for part in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        known[id(node)] = 1 + (
            sum(_values(part, known) for part in parts) if isinstance(parts, list) else 0
        )
    return known[id(node)]


def _parse(text: str, where: str) -> Any:
    """A value in plain YAML."""
    try:
        return yaml.load(text, _PlainLoader)  # a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(
            f"not plain YAML: {problem}.",
            where=f"{where}{line}",
            fix="write keys and values; see config/README.md.",
        ) from None


def read_yaml(path: str | Path, *, by_snakemake: bool = False) -> dict[str, Any]:
    """The keys of a YAML file; `by_snakemake` says that Snakemake has read it before, and run the
    code of a template.

    Raises
    ------
    ConfigError
        The file is missing or no file, no YAML, holds a key twice, a tag or a template, or is no
        mapping.
    """
    file = Path(path)
    if (fault := file_fault(file)) is not None:
        fix = (
            "name the configuration file; targets go before --configfile, which takes every "
            "word after it as a file."
        )
        raise ConfigError(fault.message, where=fault.where, fix=fix)
    if (size := file.stat().st_size) > MOST_BYTES:
        raise ConfigError(f"has {size} bytes; expected a configuration.", where=str(file), fix=FIX)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(
            "is not text in UTF-8.", where=str(path), fix="save it as UTF-8."
        ) from None
    if re.search(rf"^[^#\n]*{TEMPLATE}", text, re.MULTILINE):
        raise _template(path, by_snakemake)
    value = _parse(text, str(path))
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        found = "empty" if value is None else f"a {type(value).__name__}"
        raise ConfigError(f"is {found}; expected keys and values.", where=str(path), fix=FIX)
    if TEMPLATE in value:  # written with escapes
        raise _template(path, by_snakemake)
    return value


def _template(path: str | Path, by_snakemake: bool) -> ConfigError:
    """The error of a file that is a template."""
    ran = (
        " Snakemake read it before this workflow could refuse it: any code in it has already run."
        if by_snakemake
        else ""
    )
    first = (
        f"before you run a file that is not yours, `make check-data CONFIG={path}` looks at "
        "it and runs nothing in it."
    )
    return ConfigError(
        f"holds a template (`{TEMPLATE}`), which is code.{ran}",
        where=str(path),
        fix=f"write the values out: templates are not read. And {first}",
    )


def read_overrides(entries: Iterable[str]) -> dict[str, Any]:
    """Keys that the command line gives, ``--config name=value ...``: every value plain YAML, no key
    twice.

    Raises
    ------
    ConfigError
        A value is not plain YAML, or a key is given twice with different values.
    """
    values: dict[str, Any] = {}
    for entry in entries:
        name, _, text = entry.partition("=")
        value = _parse(text, f"--config {name}")
        _refuse_twice(values, {name: value}, "")
        values = merged([values, {name: value}])
    return values


def _refuse_twice(first: Mapping[str, Any], second: Mapping[str, Any], prefix: str) -> None:
    for key, value in second.items():
        if key in first and isinstance(value, Mapping) and isinstance(first[key], Mapping):
            _refuse_twice(first[key], value, f"{prefix}{key}.")
        elif key in first and first[key] != value:
            raise ConfigError(
                f"key '{prefix}{key}' appears twice.", where="--config", fix="give it once."
            )


def merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Configurations over one another as Snakemake does it: sections are merged key by key,
    anything else is replaced.
    """
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            below = whole.get(key)
            if isinstance(value, Mapping):
                value = merged([below if isinstance(below, Mapping) else {}, value])
            whole[key] = value
    return whole


def read_configs(
    paths: Sequence[str | Path], overrides: Iterable[str] = (), *, by_snakemake: bool = False
) -> Config:
    """The configuration of several files, later ones over earlier ones, and of the command line
    over all of them.

    `by_snakemake` says that Snakemake has read the files before (:func:`read_yaml`).

    Raises
    ------
    ConfigError
        A file or value cannot be read, or the keys are not those of a configuration (all of them at
        once).
    """
    entries = list(overrides)
    values = merged(
        [*(read_yaml(path, by_snakemake=by_snakemake) for path in paths), read_overrides(entries)]
    )
    return load_config(
        values, source=" and ".join([*map(str, paths), *(["--config"] if entries else [])])
    )


def read_config(path: str | Path | dict[str, Any]) -> Config:
    """Read and validate a configuration: a file's, or one given by its keys as a dict.

    Raises
    ------
    ConfigError
        The file cannot be read, or its keys are not those of a configuration (all of them at once).
    """
    return read_configs([path]) if isinstance(path, str | Path) else load_config(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the name of the run."""
    parser = argparse.ArgumentParser(
        prog="citymrio run-name", description="Print the name of the run of a configuration."
    )
    parser.add_argument(
        "config", nargs="+", help="configuration files; a later one overrides an earlier one"
    )
    print(read_configs(parser.parse_args(arguments).config).run)
    return 0
