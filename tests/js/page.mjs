// The scripts of the explorer without a browser: read into a context of their own, as the page runs them, with a document that
// holds nothing but the blocks of a page. EXPECTED is the folder that tests/js/expected.py has written.

import { readFileSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";

const EXPLORER = new URL("../../scripts/citymrio/report/explorer/", import.meta.url);
const text = (name) => readFileSync(new URL(name, EXPLORER), "utf8");

/** The messages of the catalogue in a language. */
export const messages = (language) =>
  Object.fromEntries(
    Object.entries(JSON.parse(text("../language/data/messages.json"))).map(([key, said]) => [key, said[language]]),
  );

/** Names in a tuple of page.py: which scripts, in which order. */
const listed = (name) =>
  [
    ...text("page.py")
      .match(new RegExp(`^${name} = \\(([^)]*)\\)`, "m"))[1]
      .matchAll(/"(.+?)"/g),
  ].map((found) => found[1]);

/** main.js builds the screens; all others declare what they can do. */
const SCRIPTS = listed("SCRIPTS").filter((name) => name !== "main.js");

/** A node that may be asked anything and shows nothing. */
const blank = () => ({
  addEventListener() {},
  setAttribute() {},
  append() {},
  getContext: () => ({ measureText: (word) => ({ width: 7 * word.length }) }),
  style: {},
});

/** The elements of a page that hold its data. */
function blocksOf(html) {
  const found = html.matchAll(/<script type="text\/plain" class="block" id="(.+?)" data-about="(.+?)">(.*?)<\/script>/g);
  return [...found].map(([, id, about, content]) => ({
    id,
    dataset: { about: about.replaceAll("&quot;", '"') },
    textContent: content,
    remove() {},
  }));
}

/** All scripts in a fresh context, with the blocks of a page; `use("finder")` is what a script declares. */
export function scripts(html = "") {
  const said = {};
  const address = { hash: "", pathname: "/explorer/index.html", search: "" };
  const steps = [];
  const context = vm.createContext({
    ...{
      atob,
      Blob,
      DecompressionStream,
      Response,
      TextDecoder,
      TextEncoder,
      Uint8Array,
      Uint16Array,
      Int16Array,
      Float64Array,
      ArrayBuffer,
    },
    document: {
      ...{ addEventListener() {}, createElement: blank, createElementNS: blank },
      getElementById: (id) => ({
        set textContent(words) {
          said[id] = words;
        },
      }),
      querySelectorAll: () => blocksOf(html),
    },
    location: address,
    history: Object.fromEntries(
      ["pushState", "replaceState"].map((name) => [
        name,
        (_state, _title, target) => {
          steps.push(name);
          address.hash = target.includes("#") ? target.slice(target.indexOf("#")) : "";
        },
      ]),
    ),
  });
  context.window = context;
  const run = (name) => vm.runInContext(text(name), context, { filename: name });
  for (const name of listed("LIBRARIES")) run(`data/vendor/${name}`);
  for (const name of SCRIPTS) run(`data/js/${name}`);
  Object.assign(vm.runInContext("data.store", context), { language: "en", messages: messages("en") });
  return { use: (name) => vm.runInContext(name, context), said, address, steps, blocksOf };
}

/** The same after the data of the page are unpacked. */
export async function loaded(html) {
  const made = scripts(html);
  await made.use("data").load();
  return made;
}

export const expected = (...names) => readFileSync(path.join(process.env.EXPECTED, ...names), "utf8");

/** What came out of a context as plain objects of this one, to be compared. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
