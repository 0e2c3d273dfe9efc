"""The problems of the entropy benchmark: random data of the sizes of the China run, feasible by
construction.

Each function returns a model; margin-only problems also give what ipfn needs: the prior array, and
the margins with their axes.
"""

from __future__ import annotations

import numpy as np

from citymrio.entropy import EntropyModel

SECTORS, CATEGORIES = 42, 5
USES = SECTORS + CATEGORIES


def _cells(generator, cities, zero=0.15, noise=0.5):
    """A provincial table (sector x use), spread over cities of very different size: truth and prior
    (city, sector, use).
    """
    support = generator.random((SECTORS, USES)) > zero
    size = np.exp(generator.normal(0, 1.2, cities))
    table = np.exp(generator.normal(0, 2, (SECTORS, USES))) * support * 1e4
    use = np.exp(generator.normal(0, 1, (cities, USES))) * size[:, None]
    truth = table[None] * (use / use.sum(0))[:, None, :]
    prior = truth * np.exp(generator.normal(0, noise, truth.shape))
    return truth * np.exp(generator.normal(0, noise, truth.shape)), prior


def _margins(model, variable, truth, axes, prefix=""):
    for axis in axes:
        rows, target = variable.sum_over(axis), truth.sum(axis)
        full = np.flatnonzero(target)
        name = f"{prefix}sum over {axis}"
        model.equal(name, rows.pick(full), target.ravel()[full], labels=full.tolist())


def one_city(seed=1):
    """One city: sector x use with row and column totals."""
    truth, prior = _cells(np.random.default_rng(seed), 1)
    model = EntropyModel("one city")
    x = model.variable("table", prior[0])
    _margins(model, x, truth[0], (0, 1))
    return model, (prior[0], [(truth[0].sum(0), [1]), (truth[0].sum(1), [0])])


def joint(cities, seed=2):
    """All cities of a province: cells of the province, rows and columns of each city."""
    truth, prior = _cells(np.random.default_rng(seed), cities)
    model = EntropyModel(f"joint province of {cities} cities")
    x = model.variable("table", prior)
    _margins(model, x, truth, (0, 1, 2))
    return model, (prior, [(truth.sum(0), [1, 2]), (truth.sum(1), [0, 2]), (truth.sum(2), [0, 1])])


def layered(cities, seed=3):
    """Method, section 4: layers self, intra, rest, abroad; C1-C3 cells, C4 rows of each layer, C5
    and C6 columns.
    """
    generator = np.random.default_rng(seed)
    truth, prior = _cells(generator, cities)
    share = generator.dirichlet([2, 2, 4, 1], size=(cities, SECTORS))
    model = EntropyModel(f"layered province of {cities} cities")
    layers, truths = [], []
    for k, name in enumerate(("self", "intra", "rest", "abroad")):
        part = truth * share[:, :, k][:, :, None] * np.exp(generator.normal(0, 0.3, truth.shape))
        layers.append(model.variable(name, prior * share[:, :, k][:, :, None]))
        truths.append(part)
    support = np.flatnonzero(prior.sum(0))
    cells = [(layers[0].sum_over(0) + layers[1].sum_over(0), truths[0] + truths[1])]
    cells += [(layers[k].sum_over(0), truths[k]) for k in (2, 3)]
    for name, (rows, values) in zip(("C1", "C2", "C3"), cells, strict=True):
        model.equal(
            name, rows.pick(support), values.sum(0).ravel()[support], labels=support.tolist()
        )
    for layer, values in zip(layers, truths, strict=True):
        model.equal(f"C4 {layer.name}", layer.sum_over(2), values.sum(2).ravel())
    columns = sum((layer.sum_over(1) for layer in layers[1:]), layers[0].sum_over(1))
    model.equal("C5 C6", columns, sum(truths).sum(1).ravel())
    return model, None


def trade(provinces=31, seed=4, room=None, cities=None):
    """Trade between provinces, sector by sector in one model, zero diagonal; `room`: a dominant
    place this close to (H).
    """
    generator = np.random.default_rng(seed)
    count = cities or provinces
    place = generator.random((count, 2))
    distance = np.linalg.norm(place[:, None] - place[None], axis=2) + 0.05
    prior = np.broadcast_to(
        np.where(np.eye(count), 0.0, 1 / distance), (SECTORS, count, count)
    ).copy()
    out, into = (np.exp(generator.normal(0, 1.5, (SECTORS, count))) for _ in range(2))
    total = np.maximum(out.sum(1), 1.2 * (out + into).max(1))
    for values in (out, into):  # close both sides to one total, so large that (H) holds
        values *= (total / values.sum(1))[:, None]
    excess = np.maximum((out + into) - 0.9 * total[:, None], 0)
    out, into = out - excess / 2 * (excess < out), into - excess / 2 * (excess < into)
    into *= (out.sum(1) / into.sum(1))[:, None]
    if room is not None:
        out[:, 0] = (into[:, 1:].sum(1)) * (1 - room)
        out[:, 1:] *= ((into.sum(1) - out[:, 0]) / out[:, 1:].sum(1))[:, None]
    model = EntropyModel(f"trade between {count} places")
    x = model.variable("trade", prior)
    model.equal("outflow", x.sum_over(2), out.ravel())
    model.equal("inflow", x.sum_over(1), into.ravel())
    return model, (prior, [(out, [0, 1]), (into, [0, 2])])


def mixed(seed=5):
    """Five cities with caps, soft totals and signed inventories."""
    generator = np.random.default_rng(seed)
    truth, prior = _cells(generator, 5)
    model = EntropyModel("five cities with caps, soft rows, signed entries")
    x = model.variable("table", prior)
    sign = np.where(generator.random((5, SECTORS)) < 0.4, -1.0, 1.0)
    stock = sign * np.exp(generator.normal(2, 1, (5, SECTORS)))
    stock_truth = stock * np.exp(generator.normal(0, 0.4, stock.shape))
    v = model.signed_variable("inventories", stock)
    support = np.flatnonzero(truth.sum(0))
    model.equal("cells", x.sum_over(0).pick(support), truth.sum(0).ravel()[support])
    model.equal("rows", x.sum_over(2) + v.each(), (truth.sum(2) + stock_truth).ravel())
    model.equal("inventories", v.sum_over(0), stock_truth.sum(0))
    totals = truth.sum((1, 2)) * np.exp(generator.normal(0, 0.1, 5))
    model.equal("city totals", x.sum_over((1, 2)), totals, soft=10.0)
    model.at_most("caps", x.each(), 1.3 * truth.ravel() + 1e-9 * (truth.ravel() == 0))
    return model, None


def badly_scaled(seed=6, decades=12):
    """Five cities whose sectors differ by twelve orders of magnitude, uniform prior."""
    generator = np.random.default_rng(seed)
    scale = 10 ** np.linspace(-decades / 2, decades / 2, SECTORS)[None, :, None]
    truth = (
        np.exp(generator.normal(0, 1, (5, SECTORS, USES)))
        * scale
        * (generator.random((5, SECTORS, USES)) > 0.15)
    )
    prior = (truth > 0).astype(float)
    model = EntropyModel("margins over twelve orders of magnitude")
    x = model.variable("table", prior)
    _margins(model, x, truth, (0, 1, 2))
    return model, (prior, [(truth.sum(0), [1, 2]), (truth.sum(1), [0, 2]), (truth.sum(2), [0, 1])])


PROBLEMS = {
    "one city 42 x 47": one_city,
    "joint 5 cities": lambda: joint(5),
    "joint 11 cities": lambda: joint(11),
    "joint 21 cities": lambda: joint(21),
    "layered 21 cities": lambda: layered(21),
    "layered 94 cities": lambda: layered(94),
    "trade 31 provinces x 42 sectors": trade,
    "caps, soft rows, signed entries": mixed,
    "margins over 12 orders of magnitude": badly_scaled,
    "trade of 21 cities, 1e-6 from infeasible": lambda: trade(cities=21, room=1e-6, seed=7),
}
