// The data of the page: blocks of compressed text (report/explorer/blocks.py is the other side of this file).

const data = (() => {
  const store = {};

  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  async function unpacked(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }

  const readers = {
    json: (buffer) => JSON.parse(new TextDecoder().decode(buffer)),
    float64: (buffer) => new Float64Array(buffer),
    log: (buffer, about) =>
      Float64Array.from(new Int16Array(buffer), (code) =>
        code === 0 ? 0 : Math.sign(code) * about.top * Math.exp((Math.abs(code) - 32767) * about.step),
      ),
  };

  /** Unpack every block, and make the look-ups that all screens use. */
  async function load() {
    await Promise.all(
      [...document.querySelectorAll("script.block")].map(async (element) => {
        const about = JSON.parse(element.dataset.about);
        const buffer = await unpacked(bytesOf(element.textContent));
        store[element.id.replace("block-", "")] = readers[about.form](buffer, about);
        element.remove();
      }),
    );
    Object.assign(store, store.run);
    store.rows = {};
    for (const [name, columns] of Object.entries(store.tables)) {
      const names = Object.keys(columns);
      const count = names.length ? columns[names[0]].length : 0;
      store.rows[name] = Array.from({ length: count }, (_, i) => Object.fromEntries(names.map((key) => [key, columns[key][i]])));
    }
    store.regions = store.rows.regions;
    store.codes = store.regions.map((row) => row.region);
    store.index = new Map(store.codes.map((code, i) => [code, i]));
  }

  /** The row of regions.csv of a code. */
  const region = (code) => store.regions[store.index.get(code)];

  /** Name of a region as screens show it: Latin name, and the local one where it differs. */
  function nameOf(code) {
    const row = region(code);
    if (!row) return code;
    return row.name_local && row.name_local !== row.name ? `${row.name} ${row.name_local}` : row.name;
  }

  /** Unit, meaning, decimals of a column. */
  const column = (table, name) => (store.columns[table] ?? {})[name] ?? { unit: "", meaning: "", decimals: null };

  return { load, store, region, nameOf, column };
})();
