"""An invented multi-regional table with known truth, as `make truth` reads it."""

import numpy as np
import pandas as pd

CITIES, OUTSIDE, WIDTH = 5, 6, 6
NAMES = ["Farming", "Mining", "Machines", "Construction", "Trade", "Public services"]


def invented(seed=0, home=60.0):
    """A balanced table of 5 cities and 6 outside regions with gravity and borders in its trade."""
    rng = np.random.default_rng(seed)
    count = CITIES + OUTSIDE
    lon = np.concatenate([rng.uniform(0, 8, CITIES), rng.uniform(60, 120, OUTSIDE)])
    lat = np.concatenate([rng.uniform(45, 52, CITIES), rng.uniform(-30, 50, OUTSIDE)])
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
    final = (size[:, None] * np.array([1.0, 0.5, 2.0, 2.0, 3.0, 3.0]))[:, :, None] * np.array([0.6, 0.2, 0.2])
    a = np.einsum("irs,ij->risj", source, technology).reshape(count * WIDTH, count * WIDTH)
    f = np.zeros((count, WIDTH, count, 4))
    f[..., :3] = np.einsum("irs,sik->risk", source, final)
    f[..., 3] = rng.normal(0, 0.002, (count, WIDTH, count)) * np.eye(count)[:, None]
    f = f.reshape(count * WIDTH, count * 4)
    x = np.linalg.solve(np.eye(len(a)) - a, f.sum(axis=1))
    z = a * x
    names = np.array([f"C{n}" for n in range(CITIES)] + [f"O{n}" for n in range(OUTSIDE)])
    regions = pd.DataFrame(
        {
            "region": names,
            "lon": lon,
            "lat": lat,
            "role": ["city"] * CITIES + ["outside"] * OUTSIDE,
            "province": ["P"] * CITIES + [""] * OUTSIDE,
        }
    )
    arrays = {"Z": z, "F": f, "x": x, "va": x - z.sum(axis=0), "countries": names, "sectors": np.array(NAMES)}
    return arrays, regions


def write(folder, arrays, name="world.npz"):
    np.savez(folder / name, **arrays)
    return folder / name
