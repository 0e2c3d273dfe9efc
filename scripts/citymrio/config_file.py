"""A configuration file as it is written: plain YAML (no tags, no key twice), then the typed configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .config import Config, load_config
from .errors import ConfigError
from .files import file_fault

FIX = "see config/README.md for the keys."


class _PlainLoader(yaml.SafeLoader):
    """Safe YAML whose mappings have every key once; tags that would make Python objects are refused by SafeLoader."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            try:
                hash(name)
            except TypeError:
                raise yaml.constructor.ConstructorError(None, None, "a key is a list or mapping", key.start_mark) from None
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key '{name}' stands there twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The keys of a YAML file.

    Raises
    ------
    ConfigError
        The file is missing, no YAML, holds a key twice or a tag, or is no mapping.
    """
    if (fault := file_fault(path)) is not None:
        raise ConfigError(fault.message, where=fault.where, fix="name the configuration file.")
    try:
        value = yaml.load(Path(path).read_text(encoding="utf-8"), _PlainLoader)  # a SafeLoader
    except UnicodeDecodeError:
        raise ConfigError("is not text in UTF-8", where=str(path), fix="save it as UTF-8.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(
            f"no plain YAML: {problem}", where=f"{path}{line}", fix="write keys and values; see config/README.md."
        ) from None
    if value is None:
        raise ConfigError("is empty; expected keys and values", where=str(path), fix=FIX)
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ConfigError(f"is a {type(value).__name__}; expected keys and values", where=str(path), fix=FIX)
    return value


def read_config(path: str | Path) -> Config:
    """Read and validate a configuration file.

    Raises
    ------
    ConfigError
        The file cannot be read, or its keys are not those of a configuration (all of them at once).
    """
    return load_config(read_yaml(path), source=str(path))
