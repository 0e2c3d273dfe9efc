// The answer on a city: four sentences that say what tables hold, in both languages; sums that close; a workbook that is one.

import assert from "node:assert/strict";
import test from "node:test";
import { expected, loaded, messages, plain } from "./page.mjs";

const page = await loaded(expected("runs", "world", "page.html"));
const [data, answer, book, savings, categories, estimates] = ["data", "answer", "book", "savings", "categories", "estimates"].map(
  page.use,
);
const rows = data.store.regions;

for (const language of ["en", "zh"])
  test(`every place has four whole sentences (${language})`, () => {
    Object.assign(data.store, { language, messages: messages(language) });
    for (const row of rows) {
      const told = plain(answer.text(row, "main"));
      assert.equal(told.length, 4);
      for (const line of told) {
        assert.doesNotMatch(line, /undefined|NaN|null|\{|\}|\*|_mt|no message/);
        assert.ok(!line.includes("\u0001"));
        assert.match(line, language === "en" ? /\.$/ : /。$/);
      }
    }
    Object.assign(data.store, { language: "en", messages: messages("en") });
  });

test("without an ensemble the first sentence says that no range was computed, and where it is said how", () => {
  const [first] = answer.text(rows[0], "main");
  assert.match(first, /No range was computed for it; Method and data says how to get one\./);
});

test("with an ensemble the ranges stand beside their numbers, and suppliers with their probability", () => {
  const row = { ...rows[0], cba_mt_low: 77.04, cba_mt_high: 148, per_capita_t_low: 7.4, per_capita_t_high: 14.2 };
  Object.assign(row, { own_mt_low: 1.5, own_mt_high: 22.5, cba_rank: 99, cba_rank_low: 1, cba_rank_high: 4 });
  const supplier = rows[1].region;
  data.store.intervals = { level: 0.9, members: 40, suppliers: 10 };
  data.store.rows.suppliers = [{ region: row.region, supplier, p_supplier: 0.95, p_largest: 0.2 }];
  const told = plain(answer.text(row, "main"));
  assert.match(told[0], /\(77 to 148 in 90 of 100 draws\)/);
  const above = rows.filter((one) => one.cba_mt > row.cba_mt).length; // its place in the list, whatever its median over the draws
  assert.match(told[0], new RegExp(`rank ${above + 1} of ${rows.length} \\(1 to 4\\)`));
  assert.match(told[1], /In 90 of 100 draws it is 1\.5 to 22\.5 Mt\./);
  assert.match(told[1], new RegExp(`${rows[1].name} is among its 10 largest suppliers in at least 90 of 100 draws`));
  assert.match(told[3], /\(7\.4 to 14\.2 in 90 of 100 draws\)/);
  const same = {
    ...row,
    cba_mt_low: 77.04,
    cba_mt_high: 77.04,
    own_mt_low: 0,
    own_mt_high: 0,
    cba_rank_low: 3,
    cba_rank_high: 3,
  };
  const alike = plain(answer.text(same, "main"));
  assert.match(alike[0], /\(77\.0 in almost all draws\): rank \d+ of \d+ \(3 in almost all draws\)/);
  assert.match(alike[1], /In almost all draws it is 0 Mt\./);
  data.store.intervals = null;
  delete data.store.rows.suppliers;
});

test("parts of both sums and categories have their ranges where these are by the view, in files too", () => {
  const row = rows[0];
  const ends = { cba_household_mt_low: 0.25, cba_household_mt_high: 2.5, exports_mt_low: 0.5, exports_mt_high: 7.5 };
  Object.assign(row, ends);
  assert.deepEqual(plain(estimates.ends(row, "exports_mt", "main")), { low: null, high: null });
  data.store.intervals = { level: 0.9, members: 40, suppliers: 10, method: estimates.methodOf("main") };
  assert.deepEqual(plain(estimates.ends(row, "exports_mt", "main")), { low: 0.5, high: 7.5 });
  assert.deepEqual(plain(estimates.ends(row, "own_mt", "main")), { low: null, high: null });
  const [households] = categories.listed(row.region, "main", "mt");
  assert.equal(households.mt, row.cba_household_mt);
  assert.deepEqual([households.mt_low, households.mt_high], [0.25, 2.5]);
  data.store.intervals = null;
  assert.ok(!("mt_low" in categories.listed(row.region, "main", "mt")[0]));
  for (const key of Object.keys(ends)) delete row[key];
});

test("a saving is said where a scenario asks for one, and why none applies where none does", () => {
  const quoted = data.store.rows.scenarios.filter((one) => one.headline).map((one) => one.scenario);
  const all = data.store.rows.scenario_cities.filter((one) => quoted.includes(one.scenario) && one.saving_mt > 0);
  const saved = new Set(all.map((one) => one.region));
  const limit = data.store.rows.parameters.find((row) => row.parameter === "super_threshold").value;
  assert.ok(saved.size > 0 && saved.size < rows.length);
  for (const row of rows) {
    const [[key]] = savings.sentence(row, "main");
    const large = Math.max(row.pba_mt, row.cba_mt) > limit;
    const wanted =
      row.kind === "province" ? "save.province" : saved.has(row.region) ? "save.some" : large ? "save.nothing" : "save.none";
    assert.equal(key, wanted, row.name);
  }
});

test("that no scenario asks anything of a city is said only where none names it, with ranges too", () => {
  const { scenario, side, depth } = data.store.rows.scenarios.find((one) => one.headline && one.side === "demand");
  const limit = data.store.rows.parameters.find((row) => row.parameter === "super_threshold").value;
  const small = rows.find(
    (row) =>
      row.kind !== "province" &&
      Math.max(row.pba_mt, row.cba_mt) < limit &&
      !data.store.rows.scenario_cities.some((one) => one.region === row.region),
  );
  const kept = data.store.rows.scenario_cities;
  const name = `saving_${side}_${depth}_mt`;
  const row = { ...small, [`ensemble_${name}`]: 0, [`${name}_low`]: 0, [`${name}_high`]: 12 };
  const said = () => savings.sentence(row, "main")[0][0];
  const asks = (one) => {
    data.store.rows.scenario_cities = [...kept, { scenario: one, region: row.region, saving_mt: 7.45 }];
  };
  data.store.intervals = { level: 0.9, members: 40, suppliers: 10, method: estimates.methodOf("main") };
  assert.equal(said(), "save.none");
  asks(scenario);
  assert.equal(said(), "save.seldom");
  assert.match(
    answer.text(row, "main")[2],
    /could save up to 7\.45 Mt.*each side alone saves nothing in at least half of the draws\.$/,
  );
  data.store.intervals = null;
  assert.equal(said(), "save.some");
  asks("another");
  assert.equal(said(), "save.others");
  const other = savings.of(small, "main").find((one) => one.side !== side && one.depth === depth);
  data.store.intervals = { level: 0.9, members: 40, suppliers: 10, method: estimates.methodOf("main") };
  asks(scenario);
  row[`ensemble_saving_${other.side}_${depth}_mt`] = 5;
  assert.deepEqual(plain(savings.sentence(row, "main").map(([key]) => key)), ["save.some", "save.seldom.demand"]);
  Object.assign(data.store, { intervals: null });
  data.store.rows.scenario_cities = kept;
});

test("the share of a saving is that of the amounts beside it", () => {
  let seen = 0;
  for (const row of rows) {
    const said = answer.text(row, "main")[2];
    for (const [, amounts, shares] of said.matchAll(/save (.*?) Mt[^,;]*? with cleaner technology, (.*?)% of what it emits/g)) {
      const [amount, share] = [amounts, shares].map((text) => Number(text.split(" to ").at(-1).replace("up to ", "")));
      assert.ok(Math.abs(share - (100 * amount) / row.pba_mt) < 1, said);
      assert.equal(amounts.includes(" to "), shares.includes(" to "), said);
      seen += 1;
    }
  }
  assert.ok(seen > 0);
});

test("a workbook is an archive with right sums, one sheet a table, the same bytes each time", () => {
  for (const [name, value] of Object.entries({ method: "main", tab: "city", city: rows[0].region }))
    page.use("state").declare(name, value);
  const sheets = book.sheets({ city: rows[0].region, method: "main" });
  const names = sheets.map(([name]) => name);
  assert.deepEqual(plain(names.slice(0, 4)), ["about", "numbers", "emitted_for_it", "it_emits_for"]);
  assert.equal(sheets[2][1].length, rows.length + 1);
  assert.ok(sheets.find(([name]) => name === "numbers")[1].every((row) => row.length === 5));
  const made = book.zipped([["a.xml", "123456789"]]).map((part) => Buffer.from(part));
  assert.equal(made[0].readUInt32LE(14), 0xcbf43926);
  assert.equal(made.at(-1).readUInt16LE(10), 1);
  assert.equal(made.at(-1).readUInt32LE(16), made[0].length + made[1].length);
  const text = book.files([["x", [["<b>\u0003&", 1.5, null]]]]).at(-1)[1];
  assert.ok(text.includes("&lt;b&gt;&amp;</t>") && text.includes("<v>1.5</v>"));
});

test("what the ensemble reports stands in place of the estimate without draws, wherever its ranges are those of the view", () => {
  const { region } = rows.find((one) => one.super_emitter === "hybrid");
  const [first, other] = data.store.rows.scenarios.filter((one) => one.headline);
  const cell = { table: "scenarios", row: first.scenario, column: "saving_mt", value: 821, low: 593, high: 1105 };
  const key = `saving_${first.side}_${first.depth}_mt`;
  const row = { ...data.region(region), [`ensemble_${key}`]: 21, [`${key}_low`]: 0, [`${key}_high`]: 50 };
  const shown = () => plain(estimates.reported("main", "scenarios", "scenario", [first, other]));
  const saved = () => plain(book.sheets({ city: region, method: "main" }).find(([name]) => name === "scenario_cities")[1]);
  const regions = data.store.regions;
  data.store.rows.cells = [cell];
  data.store.regions = regions.map((one) => (one.region === region ? row : one));
  assert.deepEqual(shown(), plain([first, other]));
  data.store.intervals = { level: 0.9, members: 40, suppliers: 10, method: data.store.methods.main || null };
  assert.deepEqual(shown(), plain([{ ...first, saving_mt: 821, saving_mt_low: 593, saving_mt_high: 1105 }, other]));
  const found = savings.of(row, "main").find((one) => one.scenario === first.scenario);
  assert.deepEqual([found.value, found.low, found.high], [21, 0, 50]);
  const [head, ...lines] = saved();
  assert.deepEqual(head, ["scenario", "saving_mt", "reported", "low_mt", "high_mt"]);
  assert.deepEqual(
    lines.find(([name]) => name === first.scenario),
    [first.scenario, 21, "median", 0, 50],
  );
  assert.ok(lines.some(([, value, reported, low]) => value && reported === "central" && low === null));
  Object.assign(data.store, { regions, intervals: null });
  delete data.store.rows.cells;
});

test("the numbers of a workbook are by the method in sight where the page has them, and name it", async () => {
  const { use } = await loaded(expected("runs", "method", "page.html"));
  const code = use("data").store.codes[1];
  for (const [name, value] of Object.entries({ method: "calm", tab: "city", city: code })) use("state").declare(name, value);
  const sheet = use("book").sheets({ city: code, method: "calm" })[1][1];
  const rows = new Map(sheet.map(([column, value, , , method]) => [column, { value, method }]));
  const [mine, own] = ["calm", "main"].map((view) => use("data").region(code, view));
  assert.notEqual(mine.cba_mt, own.cba_mt);
  assert.deepEqual(plain(rows.get("cba_demand_mt")), { value: mine.cba_demand_mt, method: "Calibrated method" });
  assert.notEqual(mine.exports_mt, own.exports_mt);
  assert.deepEqual(plain(rows.get("exports_mt")), { value: mine.exports_mt, method: "Calibrated method" });
  assert.deepEqual(plain(rows.get("super_margin")), { value: own.super_margin, method: use("estimates").label("main") });
  assert.equal(rows.get("population").method, "");
});

test("both sums of a city have exports and the error of the tables apart, by the other method too", async () => {
  const { use } = await loaded(expected("runs", "method", "page.html"));
  const [store, ledger, measures] = ["data.store", "ledger", "measures"].map(use);
  const columns = ["own_mt", "for_cities_mt", "for_provinces_mt", "exports_mt", "error_mt", "orphan_mt", "household_direct_mt"];
  let apart = 0;
  for (const row of store.regions) {
    const mine = use("data").region(row.region, "calm");
    const told = ledger.amounts(row, "calm");
    for (const key of columns) {
      assert.equal(told[key], mine[key]);
      assert.equal(measures.value(row, key, "calm"), mine[key]);
    }
    apart += mine.exports_mt !== row.exports_mt && mine.error_mt !== 0;
    const made = columns.slice(0, -1).reduce((total, key) => total + told[key], 0); // households' own are in no account of this run
    assert.ok(Math.abs(made - told.pba_mt) < 1e-9 * told.pba_mt, row.name);
  }
  assert.ok(apart > 0);
  for (const key of ["cba_mt", "pba_mt", "exports_mt", "per_capita_t", store.balance, "quintile", "structure", "super_emitter"])
    assert.ok(measures.follows(key, "calm"), key); // columns of the table of all places
  assert.ok(measures.follows("cba_modelled_share", "calm"));
});

test("both sums of a city by a variant that only has flows: its own exports, in the table of all places and in files", async () => {
  const { use } = await loaded(expected("runs", "method", "page.html"));
  const [store, ledger, measures, data] = ["data.store", "ledger", "measures", "data"].map(use);
  const [row] = store.regions;
  store.methods.others.third = { ...store.methods.others.calm, label: "Third", method: null };
  store["flows-third"] = store.flows.map((value) => value / 2);
  const out = data.flowsOutOf(row.region, "third").reduce((total, flow) => total + 1e-6 * flow.value, 0);
  const exported = measures.value(row, "pba_mt", "third") - out - ledger.amounts(row, "third").household_direct_mt;
  assert.ok(Math.abs(measures.value(row, "exports_mt", "third") / exported - 1) < 1e-9);
  assert.notEqual(measures.value(row, "exports_mt", "third"), row.exports_mt);
  for (const [name, value] of Object.entries({ method: "third", tab: "city", city: row.region }))
    use("state").declare(name, value);
  const sheets = Object.fromEntries(use("book").sheets({ city: row.region, method: "third" }));
  const [, value, , , by] = sheets.numbers.find(([column]) => column === "exports_mt");
  assert.deepEqual([value, by], [measures.value(row, "exports_mt", "third"), "Third"]);
  assert.deepEqual(plain(sheets.methods[0]), ["quantity", ...["main", "calm"].map((view) => use("estimates").label(view))]);
});

test("what a city emits and causes is told with all its parts", async () => {
  const { use } = await loaded(expected("runs", "method", "page.html"));
  const [store, ledger] = ["data.store", "ledger"].map(use);
  const row = { ...store.regions.find((one) => one.pba_mt > 0) };
  const said = () => ledger.sentence(row, "main");
  Object.assign(row, { error_mt: 0, orphan_mt: 0 });
  assert.doesNotMatch(said(), /error|nobody|households/);
  Object.assign(row, { error_mt: -0.1 * row.pba_mt, orphan_mt: 0.2 * row.pba_mt, household_direct_mt: 0.5 * row.pba_mt });
  assert.match(said(), /\u2212\S+ of statistical error in the tables and \S+ for nobody \(sectors without output\)\. Its/);
  row.cba_demand_mt = row.cba_mt - row.household_direct_mt;
  assert.equal(said().match(/from its households' own fuel/g).length, 2);
});

test("the probability of a structure stands beside the structure that it belongs to, by whatever method", async () => {
  const { use } = await loaded(expected("runs", "method", "page.html"));
  const [store, facts] = [use("data").store, use("facts")];
  const row = { ...store.regions.find((one) => one.structure), p_structure: 0.23 };
  const other = use("data").region(row.region, "calm");
  const said = (view) => facts.of(row, view).find(({ head }) => head === "Economic structure").asides;
  other.structure = row.structure;
  assert.deepEqual(plain([said("main"), said("calm")]), [["in 23 of 100 draws"], ["in 23 of 100 draws"]]);
  other.structure = "another";
  assert.deepEqual(plain([said("main"), said("calm")]), [["in 23 of 100 draws"], [""]]);
});

test("the readings beside what arises in the place itself hold the number in sight, or are not said", async () => {
  const { use } = await loaded(expected("runs", "method", "page.html"));
  const [store, answer, partners] = ["data.store", "answer", "partners"].map(use);
  store.methods.others.third = { label: "Third", method: null };
  for (const [name, part] of [
    ["calm", 0.5],
    ["third", 0.2],
  ])
    store[`flows-${name}`] = store.flows.map((value, at) => (at % (store.codes.length + 1) ? value : part * value));
  Object.assign(store.methods.others.third, { cba: store.codes.map(() => 1), pba: store.codes.map(() => 1) });
  store.intervals = { level: 0.9, members: 40, suppliers: 10, method: "calibrated" };
  let apart = 0;
  for (const { region } of store.regions) {
    const row = { ...use("data").region(region), own_mt_low: 1, own_mt_high: 2 };
    const said = (view) => plain(answer.text(row, view))[1];
    const home = (view) => use("format").short(1e-6 * partners.of(region, "in", view).home);
    assert.ok(said("third").startsWith(`${home("third")} Mt of it`), said("third"));
    assert.doesNotMatch(said("third"), /two methods|one method|of 100 draws/);
    assert.match(said("calm"), /In 90 of 100 draws it is 1\.00 to 2\.00 Mt/);
    assert.doesNotMatch(said("main"), /of 100 draws/);
    if (!said("main").startsWith("Between")) continue;
    apart += 1;
    assert.match(said("main"), /\(.* and calibrated method\) differ/);
  }
  assert.ok(apart > 0);
});

test("whether a place emits more for others or causes more elsewhere is left open where the range holds both", () => {
  const [ledger, facts] = ["ledger", "facts"].map(page.use);
  const { balance } = data.store;
  const all = "net_balance_with_exports_mt";
  data.store.intervals = { level: 0.9, members: 40, suppliers: 10, method: estimates.methodOf("main") };
  const told = (low, high) => {
    const row = { ...rows[0], [`${balance}_low`]: low, [`${balance}_high`]: high, [`${all}_low`]: low, [`${all}_high`]: high };
    return [ledger.sentence(row, "main"), ledger.finding(row, "main"), facts.of(row, "main")[0].asides.join()];
  };
  const [open, sure] = [told(-1, 2), told(1, 2)];
  assert.match(open[0], /the range \(−1\.00 to 2\.00\) holds both, so that it may emit more for others or cause more elsewhere/);
  assert.match(open[1], /may emit more than it causes, or cause more than it emits: the range holds both$/);
  for (const text of open) assert.doesNotMatch(text, /: a net|\d Mt more than it (causes|emits)|,net/);
  assert.match(sure[0], new RegExp(`: a ${rows[0].role}\\.`));
  assert.match(sure[1], /\d Mt more than it (causes|emits)$/);
  assert.match(sure[2], new RegExp(`${rows[0].role}$`));
  const row = { ...rows[0], pba_mt: 10, cba_mt: 9, [balance]: -1, [`${balance}_low`]: -3, [`${balance}_high`]: -0.5 };
  const more = (low, high) => ledger.sentence({ ...row, [`${all}_low`]: low, [`${all}_high`]: high }, "main");
  assert.match(more(0.5, 2), /with them it emits more than its footprint/);
  assert.doesNotMatch(more(-1, 2), /than its footprint/);
  data.store.intervals = null;
});

test("the city's own total stands beside what is known of its emissions; without one the first sentences say so", () => {
  const facts = page.use("facts");
  const row = { ...rows[0], emissions_status: "observed", household_direct_mt: 2 };
  const said = () => plain(facts.accounts(row, "main"))[0];
  const kept = data.store.rows.emissions_trends;
  for (const [printed, more] of [
    [null, ""],
    [row.pba_mt, ": the city's own statistic says [^;]+ Mt"],
    [row.pba_mt + 2, ": the city's own statistic says [^;]+ Mt, what its households burn included"],
    [280.2, ": the city's own statistic says 280 Mt; brought to the level of the province"],
  ]) {
    data.store.rows.emissions_trends = [{ region: row.region, [`emissions_${data.store.run.year}_mt`]: printed }];
    assert.match(said()[2], new RegExp(`^observed${more}$`));
  }
  delete data.store.rows.emissions_trends;
  assert.deepEqual(said(), ["Emissions in total", "observed", "observed"]);
  if (kept) data.store.rows.emissions_trends = kept;
  assert.doesNotMatch(answer.text(row, "main")[0], /No CO2 total/);
  assert.match(
    answer.text({ ...row, emissions_status: "modelled" }, "main")[0],
    new RegExp(`No CO2 total of .* for ${data.store.run.year} is known, so that its emissions`),
  );
});

test("emissions by year name whole years, each once, however few there are", () => {
  const named = (...years) =>
    plain(
      page.use("trend").years(
        years.map((year) => ({ year })),
        620,
      ),
    );
  assert.deepEqual(named(2015, 2016, 2017), [2015, 2016, 2017]);
  assert.deepEqual(named(2012, 2013), [2012, 2013]);
  assert.deepEqual(named(2012, 2019), [2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019]);
});
