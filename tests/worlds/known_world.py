"""An invented multi-regional table with known truth, as `make truth` reads it."""

import numpy as np
import pandas as pd

CITIES, OUTSIDE, WIDTH = 5, 6, 6
NAMES = ["Farming", "Mining", "Machines", "Construction", "Trade", "Public services"]


def invented(seed=0, home=60.0, cities=CITIES, spread=0.0):
    """A balanced table of 5 cities and 6 outside regions with gravity and borders in its trade.

    `spread` is the log standard deviation of technology and final demand between regions: without,
    they are the same everywhere.
    """
    rng = np.random.default_rng(seed)
    count = cities + OUTSIDE
    lon = np.concatenate([rng.uniform(0, 8, cities), rng.uniform(60, 120, OUTSIDE)])
    lat = np.concatenate([rng.uniform(45, 52, cities), rng.uniform(-30, 50, OUTSIDE)])
    size = np.exp(rng.normal(0, 0.8, count))
    mix = np.exp(rng.normal(0, 0.4, (count, WIDTH)))
    technology = rng.uniform(0.2, 1.0, (WIDTH, WIDTH))
    technology *= 0.5 / technology.sum(axis=0)
    near = np.hypot(lon[:, None] - lon, lat[:, None] - lat) + 1.0
    affinity = (near / near.mean()) ** -0.9
    np.fill_diagonal(affinity, home / 4)
    tradable = np.array([1.0, 1.0, 1.0, 0.05, 0.2, 0.1])
    source = np.empty((WIDTH, count, count))
    for i in range(WIDTH):
        weight = affinity.copy()
        weight[~np.eye(count, dtype=bool)] *= tradable[i]
        weight = weight * (size * mix[:, i])[:, None]
        source[i] = weight / weight.sum(axis=0)
    final = (size[:, None] * np.array([1.0, 0.5, 2.0, 2.0, 3.0, 3.0]))[:, :, None] * np.array(
        [0.6, 0.2, 0.2]
    )
    technologies = np.broadcast_to(technology, (count, WIDTH, WIDTH))
    if spread:
        technologies = technologies * np.exp(rng.normal(0, spread, technologies.shape))
        technologies = technologies * (
            rng.uniform(0.2, 0.9, (count, 1, WIDTH)) / technologies.sum(axis=1, keepdims=True)
        )
        final = final * np.exp(rng.normal(0, spread, final.shape))
    a = np.einsum("irs,sij->risj", source, technologies).reshape(count * WIDTH, count * WIDTH)
    f = np.zeros((count, WIDTH, count, 4))
    f[..., :3] = np.einsum("irs,sik->risk", source, final)
    f[..., 3] = rng.normal(0, 0.002, (count, WIDTH, count)) * np.eye(count)[:, None]
    f = f.reshape(count * WIDTH, count * 4)
    x = np.linalg.solve(np.eye(len(a)) - a, f.sum(axis=1))
    z = a * x
    names = np.array([f"C{n}" for n in range(cities)] + [f"O{n}" for n in range(OUTSIDE)])
    regions = pd.DataFrame(
        {
            "region": names,
            "lon": lon,
            "lat": lat,
            "role": ["city"] * cities + ["outside"] * OUTSIDE,
            "province": ["P"] * cities + [""] * OUTSIDE,
        }
    )
    arrays = {
        "Z": z,
        "F": f,
        "x": x,
        "va": x - z.sum(axis=0),
        "countries": names,
        "sectors": np.array(NAMES),
    }
    return arrays, regions


def write(folder, arrays, name="world.npz"):
    np.savez(folder / name, **arrays)
    return folder / name
