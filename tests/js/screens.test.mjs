// What screens say of a region: classes of the map, ranks, and what the levers of the scenarios mean as settings of a run.

import assert from "node:assert/strict";
import test from "node:test";
import { expected, loaded, plain } from "./page.mjs";

const page = await loaded(expected("runs", "world", "page.html"));
const [data, measures, levers, state] = ["data", "measures", "levers", "state"].map(page.use);
const rows = data.store.regions;

test("classes of an amount hold every region once, in order", () => {
  const { classes, without, of } = measures.classes("cba_mt", "main", rows);
  assert.equal(
    classes.reduce((all, entry) => all + entry.count, without),
    rows.length,
  );
  const sorted = [...rows].sort((a, b) => a.cba_mt - b.cba_mt).map(of);
  assert.deepEqual(
    sorted,
    [...sorted].sort((a, b) => a - b),
  );
  assert.ok(classes[0].label.startsWith("below ") && classes.at(-1).label.endsWith(" and more"));
  assert.equal(new Set(classes.map((entry) => entry.colour)).size, classes.length);
});

test("classes of a balance part at nought", () => {
  const { classes, of } = measures.classes(measures.balance(), "main", rows);
  const zero = classes.findIndex((entry) => entry.label.startsWith("0"));
  for (const row of rows) assert.equal(of(row) >= zero, row[measures.balance()] >= 0);
});

test("a class without a name and no value are said", () => {
  assert.equal(measures.className("super_emitter", "none"), "None");
  assert.equal(measures.className("structure", "odd"), "odd");
  assert.equal(measures.className("structure", null), "no value");
  assert.equal(measures.said({ cba_mt: null }, "cba_mt"), "no value");
});

test("the rank counts those that are larger", () => {
  const { rank } = page.use("answer");
  const sorted = [...rows].sort((a, b) => b.cba_mt - a.cba_mt);
  assert.deepEqual(plain(rank("cba_mt", sorted[0], "main")), { rank: 1, count: rows.length });
  assert.deepEqual(plain(rank("cba_mt", sorted.at(-1), "main")), { rank: rows.length, count: rows.length });
});

test("categories are by the method in sight where the page has them, else by the run's own", () => {
  const { rows: parts } = page.use("categories");
  const [code] = data.store.codes;
  const own = parts(code, "main").map((part) => part.value);
  const twice = data.store.codes.map((one) => 2 * data.region(one).cba_capital_mt);
  data.store.methods = { ...data.store.methods, others: { calm: {}, odd: {} } };
  const calm = data.store.regions.map((row, i) => ({ ...row, cba_capital_mt: twice[i] }));
  data.store.analysed = { calm: { tables: { regions: { cba_capital_mt: twice } }, rows: { regions: calm } } };
  const at = parts(code, "main").findIndex((part) => part.value === data.region(code).cba_capital_mt);
  assert.equal(parts(code, "calm")[at].value, 2 * own[at]);
  assert.deepEqual(plain(parts(code, "odd").map((part) => part.value)), plain(own));
  data.store.methods.others = {};
  data.store.analysed = null;
});

test("one of something is said in the singular", () => {
  const { count } = page.use("words");
  assert.deepEqual(
    [0, 1, 1200].map((number) => count("count.cities", number)),
    ["0 cities", "1 city", "1,200 cities"],
  );
});

test("a region has its local name beside the other where they differ", () => {
  const row = rows[0];
  assert.equal(data.nameOf(row.region), row.name);
  row.name_local = "城市";
  assert.equal(data.nameOf(row.region), `${row.name} 城市`);
  row.name_local = "";
  assert.equal(data.nameOf("nowhere"), "nowhere");
});

test("levers that nobody moved are the run, those that are moved are parameters and settings", () => {
  page.use("engine").has();
  levers.declare();
  assert.deepEqual(plain(levers.moved(state.get())), []);
  const untouched = plain(levers.parameters(state.get()));
  assert.deepEqual(plain(page.use("engine").scenario(untouched)).changed, []);
  assert.deepEqual(plain(levers.settings(state.get())), { yaml: [], benchmarks: [], alone: [] });
  assert.deepEqual(plain(state.set({ threshold: 2, capital: 35, base: "national" })), []);
  assert.deepEqual(plain(levers.moved(state.get()).map((lever) => lever.name)), ["threshold", "base", "capital"]);
  const chosen = plain(levers.parameters(state.get()));
  assert.deepEqual([chosen.super_share, chosen.capital_target, chosen.super_base], [0.02, 0.35, "national"]);
  assert.deepEqual(plain(levers.settings(state.get()).yaml), [
    "groups: {super_share: 0.02, super_base: national}",
    "scenarios: {capital_target: 0.35}",
  ]);
  assert.deepEqual(plain(state.set({ threshold: -1 })), ["threshold=-1"]);
  levers.reset();
  assert.deepEqual(plain(levers.moved(state.get())), []);
});

test("other accounts of a city are those of its other stressors, with how they are known", () => {
  const accounts = page.use("accounts");
  assert.equal(accounts.has(), false);
  const row = { region: rows[0].region, unit: "m3", pba: 2, cba: 3, status: "observed", split_status: "modelled" };
  data.store.rows.stressors = [
    { ...row, stressor: "CO2" },
    { ...row, stressor: "water" },
    { ...row, stressor: "water", region: rows[1].region },
  ];
  assert.ok(accounts.has());
  assert.deepEqual(plain(accounts.rows(rows[0].region).map((one) => [one.stressor, one.pba])), [["water", 2]]);
  assert.equal(accounts.known(row), "total observed; sectors modelled: spread from the province or the nation");
  assert.equal(accounts.known({ ...row, split_status: "observed" }), "observed");
  delete data.store.rows.stressors;
});

test("files of two cities say which is the first", () => {
  const [city, other] = data.store.codes;
  const { remark } = page.use("screens").find((one) => one.id === "compare");
  assert.equal(remark({ city, other }), `First city: ${data.nameOf(city)}; Second city: ${data.nameOf(other)}`);
});
