// Who emits for whom: the flows into and out of a city, in tonnes, with sums that a table and a sentence can rest on.

const partners = (() => {
  const SHOWN = 10;

  /**
   * Flows of a city. direction: "in" (emitted anywhere for its consumption) or "out" (emitted here for consumption anywhere).
   * Returns {all, total, home, top: [{code, value}], others, count (places in others), province, elsewhere, unknown}: `total` is the sum
   * of home, top and others, and of home, province, elsewhere and unknown (not told apart where a page keeps the largest flows only).
   */
  function of(code, direction, method) {
    const all = direction === "in" ? data.flowsInto(code, method) : data.flowsOutOf(code, method);
    const total = sum(all.map((flow) => flow.value));
    const home = all.find((flow) => flow.code === code)?.value ?? null;
    const listed = all.filter((flow) => flow.code !== code && flow.code !== null);
    const top = listed.slice(0, SHOWN).filter((flow) => flow.value !== 0);
    const within = data.region(code).province;
    const inside = (flow) => within !== null && data.region(flow.code).province === within;
    const unknown = sum(all.filter((flow) => flow.code === null).map((flow) => flow.value));
    return {
      all,
      total,
      home,
      top,
      others: total - (home ?? 0) - sum(top.map((flow) => flow.value)),
      count: data.store.codes.length - top.length - 1,
      province: sum(listed.filter(inside).map((flow) => flow.value)),
      elsewhere: sum(listed.filter((flow) => !inside(flow)).map((flow) => flow.value)),
      unknown,
      shared: data.store.regions.some((row) => row.region !== code && row.province === within),
    };
  }

  /** Flows as arcs: from emitter to consumer, whichever way one looks. */
  const directed = (code, direction, flows) =>
    flows.map((flow) =>
      direction === "in"
        ? { origin: flow.code, destination: code, value: flow.value }
        : { origin: code, destination: flow.code, value: flow.value },
    );

  /** The parts of the bar: own city, others of its province, elsewhere. */
  function parts(code, found) {
    const colours = data.store.colours.flow;
    const row = data.region(code);
    return [
      { key: "own", label: words.name(row), value: found.home ?? 0, colour: colours.home },
      found.shared && {
        key: "province",
        label: words.say("part.province", { province: words.province(row) ?? words.say("part.its") }),
        value: found.province,
        colour: colours.province,
      },
      {
        key: "elsewhere",
        label: words.say(found.shared ? "part.provinces" : "part.regions"),
        value: found.elsewhere,
        colour: colours.elsewhere,
      },
      found.unknown !== 0 && { key: "unknown", label: words.say("part.unknown"), value: found.unknown, colour: "#bdbdb8" },
    ].filter(Boolean);
  }

  /** Each part of the bar in percent; together 100. */
  const shares = (code, found) => format.parts(parts(code, found).map((part) => part.value));

  /** "Of 100 t caused by ..., 12 are emitted in ...". */
  function sentence(code, direction, found) {
    const city = words.place(code);
    if (!(found.total > 0)) return words.say(`flows.${direction}.nothing`, { city });
    const each = shares(code, found).map((share) => (share === "<1%" ? words.say("less.than.one") : share.replace("%", "")));
    const told = parts(code, found).map(({ key, label }, i) =>
      words.say(`flows.part${["own", "province"].includes(key) ? `.${key}` : ""}`, {
        share: each[i],
        city,
        label: words.lower(label),
      }),
    );
    return words.say(`flows.${direction}.said`, { city, list: words.list(told) });
  }

  /** How often each supplier is among the largest, and the largest, where the ensemble is that of the view; the likeliest first, null without. */
  function chances(code, view) {
    if (!estimates.ranged(view)) return null;
    const listed = (data.store.rows.suppliers ?? []).filter((row) => String(row.region) === String(code));
    return listed.length ? listed : null;
  }

  return { of, directed, parts, shares, sentence, chances };
})();
