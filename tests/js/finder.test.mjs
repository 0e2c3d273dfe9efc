// Places are found as people type them.

import assert from "node:assert/strict";
import test from "node:test";
import { plain, scripts } from "./page.mjs";

const REGIONS = [
  ["110000", "Beijing", "北京市", "Beijing", 90],
  ["130100", "Shijiazhuang", "石家庄市", "Hebei", 60],
  ["130200", "Tangshan", "唐山市", "Hebei", 80],
  ["610100", "Xi'an", "西安市", "Shaanxi", 40],
  ["999", "Łódź Ørsted (old)", "", "Hebei", 1],
  ["540000", "Tibet", "西藏", "Tibet", 5],
].map(([region, name, name_local, province_name, cba_mt]) => ({ region, name, name_local, province_name, cba_mt }));
const OTHER_NAMES = [
  { region: "110000", names: ["Peking"] },
  { region: "540000", place: "Lhasa", names: ["拉萨"] },
];

function finder() {
  const page = scripts();
  const { store } = page.use("data");
  Object.assign(store, {
    regions: REGIONS,
    index: new Map(REGIONS.map((row, i) => [row.region, i])),
    run: { other_names: OTHER_NAMES },
  });
  return page.use("finder");
}

const found = (text) =>
  plain(
    finder()
      .search(text)
      .map((entry) => entry.place ?? entry.row.name),
  );

test("accents, case, blanks, hyphens and apostrophes do not matter", () => {
  const { plain: word } = finder();
  assert.deepEqual([" Xi'AN ", "łódź", "Straße", "São-Paulo", "'"].map(word), ["xian", "lodz", "strasse", "saopaulo", "'"]);
  assert.deepEqual(found("xian"), ["Xi'an"]);
  assert.deepEqual(found("lodz orsted"), ["Łódź Ørsted (old)"]);
});

test("a code, a local name and another name find their place", () => {
  assert.deepEqual(found("130200"), ["Tangshan"]);
  assert.deepEqual(found("北京"), ["Beijing"]);
  assert.deepEqual(found("Peking"), ["Beijing"]);
});

test("one or two wrong letters are forgiven in a name and none in a code", () => {
  assert.deepEqual(found("Tangshna"), ["Tangshan"]);
  assert.deepEqual(found("Shijazhuag"), ["Shijiazhuang"]);
  assert.deepEqual(found("130201"), []);
  assert.deepEqual(found("Xxan"), ["Xi'an"]);
});

test("a province lists its cities, the largest footprint first", () => {
  assert.deepEqual(found("Hebei"), ["Tangshan", "Shijiazhuang", "Łódź Ørsted (old)"]);
});

test("what begins with the word comes before what holds it", () => {
  assert.equal(found("shi")[0], "Shijiazhuang");
  assert.deepEqual(found("an"), ["Tangshan", "Shijiazhuang", "Xi'an"]);
});

test("a place inside a province that is not split leads to the province, which names it", () => {
  const entry = finder().search("Lhasa")[0];
  assert.equal(entry.code, "540000");
  assert.equal(finder().inside("540000"), "Tibet is not split into cities in this run; it includes Lhasa.");
  assert.equal(finder().inside("110000"), false);
});

test("initials find a place: of syllables of pinyin, of words", () => {
  assert.deepEqual(found("sjz"), ["Shijiazhuang"]);
  assert.deepEqual(found("bj"), ["Beijing"]);
  assert.deepEqual(found("xa"), ["Xi'an"]);
  assert.deepEqual(found("łø"), ["Łódź Ørsted (old)"]);
  assert.deepEqual(found("zz"), []);
});

test("a province or the kind of a place beside its name does not hide it", () => {
  assert.deepEqual(found("Tangshan, Hebei"), ["Tangshan"]);
  assert.deepEqual(found("Tangshan City"), ["Tangshan"]);
  assert.deepEqual(found("Hebei Tangshna"), ["Tangshan"]);
  assert.deepEqual(found("Tangshan Shaanxi"), []);
});

test("nothing typed, nothing found", () => assert.deepEqual(found("  "), []));
