"""Kinds of a dataset (`dataset.kind`), and the keys of the section `dataset` that only some of them
read.
"""

#: Kind -> keys that its source reads; keys of no kind have an effect in every run.
#: `dataset.sources` has a source for each kind.
KEYS: dict[str, tuple[str, ...]] = {
    "synthetic": ("size", "seed", "stressors"),
    "china": (
        "raw_dir",
        "sources",
        "classification",
        "unsplit",
        "downloads",
        "extras",
        "extras_sources",
        "extras_dir",
    ),
    "tables": ("raw_dir", "sources", "classification", "downloads", "observations"),
    "user": ("raw_dir",),
    "mrio": ("raw_dir",),
}
#: The kind whose multi-regional table is given (`dataset.mrio`): nothing is estimated.
GIVEN = "mrio"
#: Extra observations of kind `china` (`dataset.extras`): the roles of their files, each with a
#: reader in its source.
EXTRAS = ("power_plants", "investment")


def reads(kind: str, key: str) -> bool:
    """Whether a key of the section `dataset` has an effect with this kind; a kind that reads
    `downloads` can fetch its files.
    """
    return key in KEYS[kind] or not readers(key)


def readers(key: str) -> list[str]:
    """The kinds that read a key, none for a key that has an effect in every run."""
    return [kind for kind, keys in KEYS.items() if key in keys]
