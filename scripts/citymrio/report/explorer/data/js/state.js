// What the reader has chosen. Whatever is not the default stands in the address, so that a link shows the same screen.

const state = (() => {
  const keys = new Map(); // name -> {initial, valid}
  const values = {};
  const listeners = [];

  /** Declare a choice: its initial value (text or number) and what values are valid. */
  function declare(name, initial, valid = () => true) {
    keys.set(name, { initial, valid });
    values[name] = initial;
  }

  const get = () => ({ ...values });

  /** The part of the address that holds the choices. */
  function hash(chosen = values) {
    const parts = [...keys].filter(([name, key]) => chosen[name] !== key.initial).map(([name]) => [name, chosen[name]]);
    return parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  }

  /** Take choices over, write them into the address, tell everybody. What is not valid is refused with a word, not ignored. */
  function set(changes, { push = false } = {}) {
    const before = get();
    const refused = [];
    for (const [name, value] of Object.entries(changes)) {
      const key = keys.get(name);
      if (key?.valid(value)) values[name] = value;
      else refused.push(`${name}=${value}`);
    }
    if (refused.length) announce(`This page has no ${refused.join(", ")}.`);
    const address = hash() ? `#${hash()}` : location.pathname + location.search;
    if (hash() !== location.hash.slice(1)) history[push ? "pushState" : "replaceState"](null, "", address);
    const changed = Object.keys(values).filter((name) => values[name] !== before[name]);
    if (changed.length) for (const listener of listeners) listener(values, changed);
    return refused;
  }

  /** The choices that the address names; all others are the defaults. */
  function read() {
    const given = Object.fromEntries([...keys].map(([name, key]) => [name, key.initial]));
    const parts = location.hash.slice(1).split("&").filter(Boolean);
    for (const part of parts) {
      const [name, text] = [part.slice(0, part.indexOf("=")), decodeURIComponent(part.slice(part.indexOf("=") + 1))];
      const key = keys.get(name);
      given[name] = key && typeof key.initial === "number" ? Number(text) : text;
    }
    return set(given);
  }

  const subscribe = (listener) => listeners.push(listener);

  return { declare, get, set, read, hash, subscribe };
})();
