// What the reader has chosen stands in the address, and an address is read back.

import assert from "node:assert/strict";
import test from "node:test";
import { plain, scripts } from "./page.mjs";

function made() {
  const page = scripts();
  const state = page.use("state");
  state.declare("city", "P0101", (value) => value.startsWith("P"), { refusal: (value) => `place ${value}` });
  state.declare("tab", "map", (value) => ["map", "city"].includes(value), {
    implied: (named) => (named.has("city") ? "city" : "map"),
  });
  state.declare("threshold", 0.5, (value) => value >= 0 && value <= 1);
  return { ...page, state };
}

test("nothing chosen is nothing in the address", () => {
  const { state, address } = made();
  assert.deepEqual(plain(state.set({ tab: "city" })), []);
  assert.equal(address.hash, "#tab=city");
  state.set({ tab: "map" });
  assert.equal(address.hash, "");
  assert.equal(state.hash(), "");
});

test("every choice comes back from its address, numbers as numbers", () => {
  const { state } = made();
  state.set({ city: "P & Q/é=1", tab: "map", threshold: 0.25 });
  const other = made();
  other.address.hash = `#${state.hash()}`;
  assert.deepEqual(plain(other.state.read()), []);
  assert.deepEqual(plain(other.state.get()), { city: "P & Q/é=1", tab: "map", threshold: 0.25 });
});

test("an address that names a city and no screen means that city's", () => {
  const { state, address } = made();
  address.hash = "#city=P0202";
  state.read();
  assert.equal(state.get().tab, "city");
  assert.equal(state.hash(), "city=P0202"); // what is implied is not written
});

test("what the address leaves out is the default again", () => {
  const { state, address } = made();
  state.set({ threshold: 0.9 });
  address.hash = "";
  state.read();
  assert.equal(state.get().threshold, 0.5);
});

for (const [hash, words] of [
  ["tab=nowhere", "tab=nowhere"],
  ["city=x", "place x"],
  ["colour=blue", "colour=blue"],
  ["threshold=high", "threshold=NaN"],
  ["city=%E0%A4%A", "place %E0%A4%A"],
  ["=", "="],
  ["tab", "tab="],
])
  test(`an address is refused in words: ${hash}`, () => {
    const { state, address, said } = made();
    address.hash = `#${hash}`;
    const refused = state.read();
    assert.deepEqual(plain(refused), [words]);
    assert.ok(said.notice.includes(`This page has no ${words}.`));
    assert.equal(state.get().threshold, 0.5);
  });

test("those who listen hear what has changed, and nothing where nothing has", () => {
  const { state, steps } = made();
  const heard = [];
  state.subscribe((values, changed) => heard.push([values.threshold, plain(changed)]));
  state.set({ threshold: 0.1 });
  state.set({ threshold: 0.1 });
  state.set({ tab: "city" }, { push: true });
  assert.deepEqual(heard, [
    [0.1, ["threshold"]],
    [0.1, ["tab"]],
  ]);
  assert.deepEqual(steps, ["replaceState", "pushState"]);
});
