"""Invented names: syllables no real gazetteer of the run's model country would hold."""

from __future__ import annotations

import numpy as np

ONSET = ("V", "Br", "K", "T", "M", "Dr", "L", "S", "N", "Pr", "R", "F", "G", "Th", "B", "Gl", "Tr", "H", "J", "Kv")
VOWEL = ("a", "e", "i", "o", "u", "ae", "ei", "ou", "ia")
MIDDLE = ("l", "r", "n", "lv", "rd", "nt", "sk", "m", "rth", "ld", "v", "z", "str", "mb", "ks", "rn")
CITY_END = ("a", "en", "is", "or", "um", "eth", "avar", "ond", "ik", "osta", "elle", "urn", "ast", "iva", "oth")
PROVINCE_END = ("ia", "avia", "oria", "unde", "esk", "altia", "enor", "ovia", "andis")
LOCAL = str.maketrans({"a": "á", "e": "ě", "i": "î", "o": "ø", "u": "ů", "s": "š", "n": "ñ", "t": "ŧ"})


def invent(count: int, rng: np.random.Generator, *, province: bool = False) -> list[str]:
    """`count` different names."""
    names: list[str] = []
    ends = PROVINCE_END if province else CITY_END
    while len(names) < count:
        parts = [ONSET[rng.integers(len(ONSET))], VOWEL[rng.integers(len(VOWEL))], MIDDLE[rng.integers(len(MIDDLE))]]
        if rng.random() < 0.35:
            parts += [VOWEL[rng.integers(5)], MIDDLE[rng.integers(5)]]
        name = "".join(parts) + ends[rng.integers(len(ends))]
        if name not in names:
            names.append(name)
    return names


def local(name: str) -> str:
    """The name in the country's own spelling."""
    return name[0] + name[1:].translate(LOCAL)
