// The answer of the page: four sentences on a city, made from tables. A number that the ensemble ranges has its range beside it.

const answer = (() => {
  const MT = 1e-6;
  const SURE = 0.9;
  const NEAR = 0.1;
  const MOST = 4; // names in a sentence

  const level = () => format.number(100 * data.store.intervals.level, 0);

  /** " (77 to 148 in 90 of 100 draws)", of ends as they are written. */
  const bracketed = (ends) =>
    ends.low === ends.high
      ? words.say("brackets", { text: format.span(ends) })
      : words.say("range.said", { ...ends, n: level() });

  /** The same of numbers, "" without ends. */
  const range = (low, high) => (low === null || low === undefined ? "" : bracketed(format.ends(low, high)));

  /** The range of a column of regions.csv where the ensemble is that of the view. */
  function spread(row, key, view) {
    const { low, high } = estimates.ends(row, key, view);
    return range(low, high);
  }

  /** What the ranges beside numbers are, "" where the view has none. */
  const ranges = (view) => (estimates.ranged(view) ? words.say("ranges.note", { n: level() }) : "");

  function rank(key, row, view) {
    const own = measures.value(row, key, view);
    const values = data.store.regions.map((other) => measures.value(other, key, view)).filter((value) => value !== null);
    return { rank: 1 + values.filter((value) => value > own).length, count: values.length };
  }

  function footprint(row, view) {
    const own = { city: words.name(row), value: format.short(measures.value(row, "cba_mt", view)), year: data.store.run.year };
    const place = rank("cba_mt", row, view);
    const ranks = estimates.ranged(view) && row.cba_rank_low;
    const drawn = ranks
      ? words.say("answer.ranks", { ends: format.span({ low: row.cba_rank_low, high: row.cba_rank_high }) })
      : "";
    const said = [["answer.footprint", { ...own, range: spread(row, "cba_mt", view), ...place, ranks: drawn }]];
    if (row.emissions_status === "modelled") said.push(["answer.modelled", own]);
    if (estimates.ranged(view)) return said;
    const first = estimates.first();
    if (!data.store.intervals) return [...said, ["answer.norange", {}]];
    const value = first !== view && estimates.ranged(first) ? measures.value(row, "cba_mt", first) : row.ensemble_cba_mt;
    return [...said, ["answer.other", { value: format.short(value), range: range(row.cba_mt_low, row.cba_mt_high) }]];
  }

  /** Views whose numbers may stand beside those of a view: all whole methods where it is one of them, else itself alone. */
  const compared = (view) => (estimates.whole().includes(view) ? estimates.whole() : [view]);

  /** What of the footprint arises in the place itself, by the view and those beside it, Mt. */
  function home(row, view) {
    return compared(view).flatMap((by) => {
      const found = partners.of(row.region, "in", by);
      return found.home === null ? [] : [{ view: by, mt: found.home * MT, share: partners.shares(row.region, found)[0] }];
    });
  }

  function origin(row, view) {
    const city = words.name(row);
    const all = home(row, view);
    const own = all.find((one) => one.view === view);
    const said = [];
    const [least, most] = d3.extent(all, (one) => one.mt);
    if (own) {
      const values = {
        city,
        own: format.short(own.mt),
        ...format.ends(least, most),
        percent: own.share,
        methods: words.list(all.map((one) => words.lower(estimates.label(one.view)))),
      };
      const key = all.length < 2 ? "origin.one" : most - least > NEAR * most ? "origin.apart" : "origin.near";
      said.push([key, values]);
    }
    const drawn = estimates.ends(row, "own_mt", view);
    if (drawn.low !== null) {
      const ends = format.ends(drawn.low, drawn.high);
      said.push([ends.low === ends.high ? "origin.draws.same" : "origin.draws", { ...ends, n: level() }]);
    }
    return [...said, ...suppliers(row, view)];
  }

  /** The first of many names, and how many more there are. */
  const shortened = (names) =>
    names.length > MOST + 1 ? [...names.slice(0, MOST), words.say("others.count", { count: names.length - MOST })] : names;

  function suppliers(row, view) {
    const drawn = partners.chances(row.region, view);
    const { suppliers: count } = data.store.intervals ?? {};
    if (drawn) {
      const sure = drawn.filter((one) => one.p_supplier >= SURE).map((one) => words.place(one.supplier));
      if (!sure.length) return [["origin.nosure", { count }]];
      return [[sure.length === 1 ? "origin.sure.one" : "origin.sure", { names: words.list(shortened(sure)), count }]];
    }
    const largest = compared(view).map((by) => partners.of(row.region, "in", by).top[0]?.code);
    const [a, b] = largest.map((code) => code && words.place(code));
    if (!a) return [];
    return b && a !== b ? [["origin.largest.two", { a, b }]] : [["origin.largest", { a }]];
  }

  function person(row, view) {
    const of = (rows) =>
      (1e6 * sum(rows.map((one) => measures.value(one, "cba_mt", view)))) / sum(rows.map((one) => one.population));
    const own = measures.value(row, "per_capita_t", view);
    if (own === null) return [["person.none", {}]];
    const { regions } = data.store;
    const province = regions.filter((one) => one.province === row.province);
    const beside = [
      province.length > 1 && row.province && [words.province(row), of(province)],
      regions.length > 1 && [words.say("nation"), of(regions)],
    ].filter(Boolean);
    const compared = beside.map(([place, mean]) => {
      const ratio = own / mean;
      const key = ratio > 1.05 ? "above" : ratio < 0.95 ? "below" : "near";
      return words.say(`person.${key}`, {
        place,
        mean: format.short(mean),
        times: format.number(ratio, 1),
        percent: format.number(100 * ratio, 0),
      });
    });
    return [
      [
        "person",
        { value: format.short(own), range: spread(row, "per_capita_t", view), beside: compared.join(words.say("list.clause")) },
      ],
    ];
  }

  /** The four sentences, each as parts [key, values]. */
  const sentences = (row, view) => [footprint(row, view), origin(row, view), savings.sentence(row, view), person(row, view)];

  /** The same as text, for files. */
  const text = (row, view) =>
    sentences(row, view).map((parts) => parts.map(([key, values]) => words.say(key, values)).join(words.gap()));

  function build() {
    const element = h("div", { id: "answer" });
    function update({ city, method }) {
      const told = sentences(data.region(city), method).map((parts) =>
        h(
          "p",
          {},
          parts.flatMap(([key, values], i) => [i ? words.gap() : "", words.rich(key, values)]),
        ),
      );
      fill(element, told, h("p", { class: "note" }, words.say("answer.by", { method: estimates.label(method) })));
    }
    return { element, update };
  }

  return { range, bracketed, spread, ranges, rank, text, build };
})();
