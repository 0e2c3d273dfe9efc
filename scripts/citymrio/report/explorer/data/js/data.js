// The data of the page: blocks of compressed text (report/explorer/blocks.py is the other side of this file).

const data = (() => {
  const store = {};

  /** Blocks that a run may lack: null then. */
  const OPTIONAL = ["intervals", "map", "paths", "methods", "about", "scenario", "analysed", "headline"];

  function bytesOf(text) {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
    return bytes;
  }

  async function unpacked(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }

  const readers = {
    json: (buffer) => JSON.parse(new TextDecoder().decode(buffer)),
    log: (buffer, about) => {
      const codes = new Int16Array(buffer);
      const sizes = new Float64Array(32768); // of every code; 0 stays 0
      for (let code = 1; code < sizes.length; code += 1) sizes[code] = about.top * Math.exp((code - 32767) * about.step);
      const values = new Float64Array(codes.length);
      for (let i = 0; i < codes.length; i += 1) values[i] = codes[i] < 0 ? -sizes[-codes[i]] : sizes[codes[i]];
      return values;
    },
    // For each region the largest origins of what comes in, and the largest destinations of what goes out, largest first, each
    // with the sum of all others: {count, into: {partners, values, others}, out: ...}.
    largest: (buffer, about) => {
      const [regions, count] = about.shape;
      const values = readers.log(buffer.slice(4 * regions * count), about);
      const partners = new Uint16Array(buffer, 0, 2 * regions * count);
      const half = (first) => ({
        partners: partners.subarray(first * regions * count, (first + 1) * regions * count),
        values: values.subarray(first * regions * count, (first + 1) * regions * count),
        others: values.subarray((2 * count + first) * regions, (2 * count + first + 1) * regions),
      });
      return { count, into: half(0), out: half(1) };
    },
  };

  /** Unpack every block, and make the look-ups that all screens use. */
  async function load() {
    const blocks = await Promise.all(
      [...document.querySelectorAll("script.block")].map(async (element) => {
        const about = JSON.parse(element.dataset.about);
        const buffer = await unpacked(bytesOf(element.textContent));
        element.remove();
        return [element.id.replace("block-", ""), readers[about.form](buffer, about)];
      }),
    );
    // in the order of the page, whichever is unpacked first: tables are listed so
    Object.assign(store, Object.fromEntries(blocks));
    Object.assign(store, store.run);
    store.rows = {};
    store.tables = {};
    for (const name of Object.keys(store).filter((key) => key.startsWith("table-"))) {
      store.tables[name.slice("table-".length)] = store[name];
      delete store[name];
    }
    for (const [name, columns] of Object.entries(store.tables)) store.rows[name] = rowsOf(columns);
    store.regions = store.rows.regions;
    store.codes = store.regions.map((row) => row.region);
    store.index = new Map(store.codes.map((code, i) => [code, i]));
    for (const name of OPTIONAL) store[name] ??= null;
    // Tables of the analysis by another method; of regions the columns that differ by method, beside those that do not.
    for (const other of Object.values(store.analysed ?? {})) {
      other.rows = Object.fromEntries(Object.entries(other.tables).map(([name, columns]) => [name, rowsOf(columns)]));
      other.rows.regions = other.rows.regions.map((row) => ({ ...region(row.region), ...row }));
    }
    // Footprint, production and balance of every region under every variant, where the table of variants is there.
    for (const [name, other] of Object.entries(store.methods?.others ?? {})) {
      const rows = new Map(
        (store.rows.variants_regions ?? []).filter((row) => row.variant === name).map((row) => [row.region, row]),
      );
      other.cba = store.codes.map((code) => rows.get(code)?.cba_mt ?? null);
      other.pba = store.codes.map((code) => rows.get(code)?.pba_mt ?? null);
      other.balance = store.codes.map((code) => rows.get(code)?.balance_mt ?? null);
      other.role = store.codes.map((code) => rows.get(code)?.role ?? null);
    }
  }

  /** Columns as rows. */
  function rowsOf(columns) {
    const names = Object.keys(columns);
    const count = names.length ? columns[names[0]].length : 0;
    return Array.from({ length: count }, (_, i) => Object.fromEntries(names.map((key) => [key, columns[key][i]])));
  }

  /** A table of the run by a view: as analysed by its method where the page has that, else the run's own. */
  const rows = (name, view = "main") => store.analysed?.[view]?.rows[name] ?? store.rows[name];

  /** The row of regions.csv of a code, by a view. */
  const region = (code, view = "main") => (store.analysed?.[view]?.rows.regions ?? store.regions)[store.index.get(code)];

  /** Name of a region as screens show it: Latin name, and the local one where it differs. */
  function nameOf(code) {
    const row = region(code);
    if (!row) return code;
    if (!row.name_local || row.name_local === row.name) return row.name;
    return store.language === "zh" ? row.name_local : `${row.name} ${row.name_local}`;
  }

  /** Unit, meaning, decimals of a column. */
  function column(table, name) {
    const known = store.columns[table]?.[name] ?? { unit: "", meaning: "", decimals: null };
    return { ...known, unit: words.unit(known.unit) };
  }

  /** The block that holds flows of carbon: `method` is main or the name of a variant. */
  const blockOf = (method) => store[method === "main" ? "flows" : `flows-${method}`];

  /** Whether the page holds the flows of a method. */
  const hasFlows = (method = "main") => Boolean(blockOf(method));

  /** From an origin to a destination; null where the page does not hold it (a run of many regions keeps the largest flows only). */
  function flow(origin, destination, method = "main") {
    const block = blockOf(method);
    const [from, to] = [store.index.get(origin), store.index.get(destination)];
    if (!block || from === undefined || to === undefined) return null;
    if (block instanceof Float64Array) return block[from * store.codes.length + to];
    for (const [side, region, partner] of [
      [block.into, to, from],
      [block.out, from, to],
    ]) {
      const at = side.partners.subarray(region * block.count, (region + 1) * block.count).indexOf(partner);
      if (at >= 0) return side.values[region * block.count + at];
    }
    return null;
  }

  function partners(code, method, side) {
    const block = blockOf(method);
    const region = store.index.get(code);
    if (!block || region === undefined) return [];
    if (block instanceof Float64Array) {
      const at = (i) => (side === "into" ? i * store.codes.length + region : region * store.codes.length + i);
      return store.codes.map((other, i) => ({ code: other, value: block[at(i)] })).sort((a, b) => b.value - a.value);
    }
    const { partners: indices, values, others } = block[side];
    const listed = Array.from({ length: block.count }, (_, i) => ({
      code: store.codes[indices[region * block.count + i]],
      value: values[region * block.count + i],
    }));
    return [...listed, { code: null, label: "others", value: others[region] }];
  }

  /** What comes into a region, from itself too: [{code, value}], largest first; {code: null, label: "others"} holds the rest. */
  const flowsInto = (code, method = "main") => partners(code, method, "into");

  /** What goes out of a region, to itself too; as flowsInto. */
  const flowsOutOf = (code, method = "main") => partners(code, method, "out");

  return { load, store, rows, region, nameOf, column, hasFlows, flow, flowsInto, flowsOutOf };
})();
