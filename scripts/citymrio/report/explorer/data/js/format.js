// Numbers and names as people read them; the same rules as the pages of tables (report/pages.py).

const format = (() => {
  const DIGITS = 4;

  /** A number: thousands parted, blank where there is none, four significant digits or all before the point. */
  function number(value, decimals = null) {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (decimals !== null && Number(value.toFixed(decimals)) === 0) return number(value);
    const fixed = decimals === null ? Math.max(0, DIGITS - 1 - Math.floor(Math.log10(size))) : decimals;
    let text;
    if (size < 10 ** -(DIGITS - 1) && decimals === null) {
      const [mantissa, power] = value.toExponential(DIGITS - 1).split("e");
      text = `${Number(mantissa)}e${Number(power)}`;
    } else {
      text = value.toLocaleString("en", { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: Math.min(fixed, 20) });
    }
    return text.replaceAll("-", "\u2212");
  }

  /** An amount in a chart or a sentence: three significant digits. */
  function short(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return words.say("no.value");
    if (value === 0) return "0";
    const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
    return number(value, digits > 6 ? null : digits);
  }

  /** The same in Mt. */
  const mt = (value) => words.say("amount.mt", { value: short(value) });

  const percent = (share, decimals = 1) =>
    share === null || Number.isNaN(share) ? words.say("no.value") : `${number(100 * share, decimals)}%`;

  /** Parts of a whole as whole percentages that add up to 100: the largest remainders are rounded up; a small one is "<1%". */
  function parts(values) {
    const total = sum(values);
    const shares = values.map((value) => (total ? (100 * value) / total : 0));
    const whole = shares.map(Math.floor);
    const order = shares.map((share, i) => [share - whole[i], i]).sort((a, b) => b[0] - a[0]);
    for (const [, i] of order.slice(0, Math.round(sum(shares) - sum(whole)))) whole[i] += 1;
    return whole.map((share, i) => (share === 0 && values[i] ? "<1%" : `${number(share)}%`));
  }

  /** Decimals that suit a column: three digits for the value in its middle, the same for all, so that they align. */
  function decimals(values) {
    const sizes = values
      .filter(Boolean)
      .map(Math.abs)
      .sort((a, b) => a - b);
    if (!sizes.length) return 0;
    return Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(sizes[Math.floor(sizes.length / 2)]))));
  }

  /** Decimals that suit the larger end of an interval. */
  function suiting(low, high) {
    const size = Math.max(Math.abs(low), Math.abs(high));
    return size ? Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(size)))) : 0;
  }

  /** Both ends of an interval: "77" and "148". */
  function ends(low, high, digits = suiting(low, high)) {
    return { low: number(Number(low.toFixed(digits)), digits), high: number(high, digits) };
  }

  /** Both ends in words: "120 to 146"; where they are one number, that almost all draws have it. */
  const span = ({ low, high }, said = (text) => text) =>
    words.say(low === high ? "from.same" : "from.to", { low, high: said(high) });

  /** An interval: "120 to 146". */
  const interval = (low, high, digits) => (low === null || low === undefined ? "" : span(ends(low, high, digits)));

  /** An interval below its number, which may go on after the first end. */
  const below = (text) => h("span", { class: "aside" }, text.replace(" ", "\u00a0"));

  /** The same of both ends; nothing where there is none, or where both are 0. */
  const ranged = (low, high, digits) => Boolean(low || high) && below(interval(low, high, digits));

  return { number, short, mt, percent, parts, decimals, ends, span, interval, below, ranged };
})();
