// Blocks of data come back as report/explorer/blocks.py wrote them; files that the page saves are the run's.

import assert from "node:assert/strict";
import test from "node:test";
import { expected, loaded, plain } from "./page.mjs";

const { numbers, flows, elements } = JSON.parse(expected("blocks.json"));
const REGIONS = numbers.map((_, i) => `R${i}`);

/** A page that holds these blocks as flows, and a table of regions. */
async function withFlows(form) {
  const regions = Buffer.from(await compressed(JSON.stringify({ region: REGIONS }))).toString("base64");
  const run = Buffer.from(await compressed(JSON.stringify({ columns: {}, run: {} }))).toString("base64");
  const element = (name, content) =>
    `<script type="text/plain" class="block" id="block-${name}" data-about="{&quot;form&quot;:&quot;json&quot;}">${content}</script>`;
  const page = await loaded(
    elements[form].replace(`block-${form}`, "block-flows") + element("table-regions", regions) + element("run", run),
  );
  return page.use("data");
}

const compressed = (text) => new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();

test("tables stand in the order of the page, whichever is unpacked first", async () => {
  const element = async (name, content) =>
    `<script type="text/plain" class="block" id="block-${name}" data-about="{&quot;form&quot;:&quot;json&quot;}">${Buffer.from(
      await compressed(JSON.stringify(content)),
    ).toString("base64")}</script>`;
  const large = { city: Array.from({ length: 300000 }, (_, i) => `${(i * 7919) % 104729}`) };
  const page = await loaded(
    [
      await element("table-cities", large),
      await element("table-regions", { region: REGIONS }),
      await element("run", { columns: {}, run: {} }),
    ].join(""),
  );
  assert.deepEqual(Object.keys(plain(page.use("data").store.tables)), ["cities", "regions"]);
});

test("logarithms keep numbers to 0.05 %, signs and zeros", async () => {
  const data = await withFlows("log");
  for (const [i, row] of numbers.entries())
    for (const [j, value] of row.entries()) {
      const got = data.flow(REGIONS[i], REGIONS[j]);
      assert.ok(Math.abs(got - value) <= 5e-4 * Math.abs(value), `${got} ${value}`);
    }
});

test("the largest flows of either side are known, the others are one sum", async () => {
  const data = await withFlows("largest");
  const near = (got, value) => assert.ok(Math.abs(got - value) <= 1e-3 * value, `${got} ${value}`);
  for (const [j, code] of REGIONS.entries()) {
    const into = flows.map((row, i) => ({ code: REGIONS[i], value: row[j] })).sort((a, b) => b.value - a.value);
    const found = plain(data.flowsInto(code));
    assert.deepEqual(
      found.map((entry) => entry.code),
      [...into.slice(0, 3).map((entry) => entry.code), null],
    );
    for (const [k, entry] of found.slice(0, 3).entries()) near(entry.value, into[k].value);
    near(
      found[3].value,
      into.slice(3).reduce((all, entry) => all + entry.value, 0),
    );
    const known = new Set(into.slice(0, 3).map((entry) => entry.code));
    for (const [i, origin] of REGIONS.entries()) {
      const among = known.has(origin) || data.flowsOutOf(origin).some((entry) => entry.code === code);
      const got = data.flow(origin, code);
      if (among) near(got, flows[i][j]);
      else assert.equal(got, null);
    }
  }
});

test("of an unknown place or method no flow is known", async () => {
  const data = await withFlows("log");
  assert.equal(data.flow("R0", "nowhere"), null);
  assert.equal(data.flow("R0", "R1", "other"), null);
  assert.deepEqual(plain(data.flowsInto("nowhere")), []);
  assert.equal(data.hasFlows("other"), false);
});

for (const run of ["world", "given"]) {
  test(`${run}: flows are those of the footprints, to all partners and from them`, async () => {
    const data = (await loaded(expected("runs", run, "page.html"))).use("data");
    const table = JSON.parse(expected("runs", run, "flows.json"));
    const { codes } = data.store;
    for (const [i, row] of table.entries())
      for (const [j, value] of row.entries()) {
        const got = data.flow(codes[i], codes[j]);
        assert.ok(Math.abs(got - value) <= 1e-3 * Math.abs(value), `${codes[i]} ${codes[j]}: ${got} ${value}`);
      }
    const into = data.flowsInto(codes[2]);
    assert.deepEqual(
      plain(into.map((entry) => entry.value)),
      plain(into.map((entry) => entry.value)).sort((a, b) => b - a),
    );
  });

  test(`${run}: a table that is saved is the run's to the byte`, async () => {
    const page = await loaded(expected("runs", run, "page.html"));
    assert.equal(page.use("download").source("regions"), expected("runs", run, "regions.csv"));
  });
}

test("a saved table quotes what has to be quoted and writes numbers as Python does", async () => {
  const { csv } = (await loaded(expected("runs", "world", "page.html"))).use("download");
  const rows = [
    { a: 1, b: 'x "y", z', c: true },
    { a: 1e-5, b: null, c: 1.5e17, d: -0 },
  ];
  assert.equal(csv(rows), 'a,b,c,d\n1,"x ""y"", z",True,\n1e-05,,1.5e+17,-0\n');
});

test("a run is named with its year once", async () => {
  const page = await loaded(expected("runs", "world", "page.html"));
  const { store } = page.use("data");
  assert.equal(page.use("download").named(), "World, 2012");
  store.run.name = "china 2012";
  assert.equal(page.use("download").named(), "China 2012");
});
