// Numbers and names as people read them.

import assert from "node:assert/strict";
import test from "node:test";
import { plain, scripts } from "./page.mjs";

const format = scripts().use("format");

test("a number has four digits, thousands parted, a true minus", () => {
  const shown = [0, 12345.678, 1.23456, 0.0123456, -1234.5, 1e-5, -2.5e-7, 999999.5].map((value) => format.number(value));
  assert.deepEqual(shown, ["0", "12,346", "1.235", "0.01235", "\u22121,235", "1e\u22125", "\u22122.5e\u22127", "1,000,000"]);
});

test("a number with given decimals keeps its zeros; what would vanish has its own", () => {
  assert.equal(format.number(3, 2), "3.00");
  assert.equal(format.number(0.004374, 2), "0.004374");
  assert.equal(format.number(0.0004374, 2), "4.374e\u22124");
  assert.equal(format.number(0.0004374, 4), "0.0004");
  assert.equal(format.number(0, 2), "0");
});

test("no value is blank in a table and said in a sentence", () => {
  for (const value of [null, undefined, NaN]) {
    assert.equal(format.number(value), "");
    assert.equal(format.short(value), "no value");
  }
  assert.equal(format.percent(null), "no value");
  assert.equal(format.percent(NaN), "no value");
  assert.equal(format.interval(null, 3), "");
});

test("an amount in a sentence has three digits", () => {
  assert.deepEqual([123.456, 1.2345, 0.056789, 98765].map(format.short), ["123", "1.23", "0.0568", "98,765"]);
  assert.equal(format.interval(120.4, 146.2), "120 to 146");
  assert.equal(format.interval(4, 6.2), "4.00 to 6.20");
  assert.equal(format.interval(4, 6.2, 0), "4 to 6");
});

test("both ends that are one number, or are written alike, are said once", () => {
  assert.equal(format.interval(14, 14, 0), "14 in almost all draws");
  assert.equal(format.interval(61.58, 61.62), "61.6 in almost all draws");
  assert.equal(
    format.span({ low: "0", high: "0" }, (text) => `${text} Mt`),
    "0 Mt in almost all draws",
  );
});

test("a share is a percentage; what is small is not nothing", () => {
  assert.equal(format.percent(0.1234), "12.3%");
  assert.deepEqual(plain(format.parts([0.4, 0, 99.6])), ["<1%", "0%", "100%"]);
});

test("parts of a whole make 100 as they are written", () => {
  assert.deepEqual(plain(format.parts([24.45, 6.3, 66.4, 2.85])), ["25%", "6%", "66%", "3%"]);
  assert.deepEqual(plain(format.parts([33.5, 5.5, 60.5, 0.5])), ["34%", "6%", "60%", "<1%"]);
  assert.deepEqual(plain(format.parts([105.5, -5.5])), ["106%", "\u22126%"]);
  assert.deepEqual(plain(format.parts([0, 0])), ["0%", "0%"]);
});

test("decimals of a column suit the value in its middle", () => {
  assert.equal(format.decimals([1000, 5, 0.01]), 2);
  assert.equal(format.decimals([250, 300, 4000]), 0);
  assert.equal(format.decimals([1e-9]), 6);
  assert.equal(format.decimals([0, null]), 0);
});
