// The page computes scenarios as the library does: every cell of every table, for the run's settings and for others.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { expected, loaded, plain } from "./page.mjs";

/** What the page leaves blank once a setting is not the run's: it needs the whole table. */
const BLANK = ["saving_cba_mt", "interaction_mt"];
/** Settings that leave scenarios as they are. */
const BESIDE = ["peak_mt", "deficit_targets"];

const joint = (row) => String(row.scenario).startsWith("joint");
const near = (got, value) => Math.abs(got - value) <= 1e-9 * Math.abs(value) + 1e-12;

/** Rows of a table that has columns. */
function rowsOf(columns) {
  const names = Object.keys(columns);
  return Array.from({ length: columns[names[0]]?.length ?? 0 }, (_, i) =>
    Object.fromEntries(names.map((name) => [name, columns[name][i]])),
  );
}

function same(found, table, name, blank) {
  let [rows, wanted] = [found[name], rowsOf(table)];
  if (blank && ["scenarios", "scenario_cities", "quota"].includes(name)) {
    assert.ok(
      rows.filter(joint).every((row) => row.saving_mt === null),
      name,
    );
    if (name === "scenarios") assert.ok(rows.every((row) => row.side === "demand" || row.saving_cba_mt === null));
    [rows, wanted] = [rows.filter((row) => !joint(row)), wanted.filter((row) => !joint(row))];
  }
  assert.equal(rows.length, wanted.length, name);
  const skip = ["note", ...(blank ? BLANK : [])];
  for (const [i, row] of wanted.entries())
    for (const [column, value] of Object.entries(row)) {
      if (skip.includes(column)) continue;
      const got = rows[i][column];
      const place = `${name}, row ${i}, ${column}: ${got}, not ${value}`;
      if (typeof value === "number") assert.ok(typeof got === "number" && near(got, value), place);
      else assert.equal(got || null, value || null, place);
    }
}

for (const run of readdirSync(path.join(process.env.EXPECTED, "runs"))) {
  const { use } = await loaded(expected("runs", run, "page.html"));
  const [view] = Object.keys(use("data").store.analysed ?? {}); // the run is the other method's, or the page's own
  const compute = (parameters) => plain(use("engine").scenario(parameters, view));
  const cases = JSON.parse(expected("runs", run, "cases.json"));

  test(`${run}: there are settings to compare`, () => assert.ok(cases.length > 20));

  for (const { name, parameters, tables } of cases)
    test(`${run}: ${name}`, () => {
      const found = compute(parameters);
      const blank = found.changed.some((key) => !BESIDE.includes(key));
      for (const [table, columns] of Object.entries(tables)) same(found, columns, table, blank);
      if (!Object.keys(parameters).length) {
        assert.deepEqual(found.changed, []);
        const own = use("engine").parameter("super_threshold", view);
        assert.ok(own === null ? found.threshold === null : near(found.threshold, own));
      }
    });

  test(`${run}: a city at the benchmark saves nothing, whatever round-off its intensity has`, () => {
    const actual = compute({}).scenario_cities.filter((row) => row.scenario === "technology_light");
    if (!actual.length) return; // a run without technology scenarios, or without a super-emitter by technology
    const { intensities } = use("data").store.analysed?.[view] ?? use("engine").block();
    const keys = rowsOf(plain(intensities)).filter((row) => row.region === actual[0].region && row.emissions_t > 0);
    const below = (share) => Object.fromEntries(keys.map((row) => [row.key_sector, (row.emissions_t / row.output) * share]));
    const saved = (share) =>
      compute({ light: below(share) }).scenario_cities.find((row) => row.region === actual[0].region).saving_mt;
    assert.equal(saved(1 - 4e-16), 0);
    assert.ok(saved(0.999) > 0);
  });

  test(`${run}: a parameter that the page does not know is refused with those that it knows`, () =>
    assert.throws(() => use("engine").scenario({ threshold: 1 }), /no parameter threshold; known: super_share/));

  test(`${run}: a page without the block says that it has no scenarios`, async () => {
    const bare = await loaded(expected("runs", run, "page.html").replace('id="block-scenario"', 'id="block-other"'));
    assert.equal(bare.use("engine").has(), false);
    assert.throws(() => bare.use("engine").scenario({}), /this run brings no scenarios/);
  });
}

test("a table without benchmarks has deficits, no scenarios, and no problem", async () => {
  const { use } = await loaded(expected("runs", "given", "page.html"));
  const found = plain(use("engine").scenario({ super_share: 0.05 }));
  assert.deepEqual([found.scenarios, found.problems], [[], []]);
  assert.ok(found.deficits.length && found.deficits.every((row) => row.deficit_mt > 0));
});
