// What the reader has chosen. Whatever is not the default stands in the address, so that a link shows the same screen.

const state = (() => {
  const keys = new Map(); // name -> {initial, valid, implied}
  const values = {};
  const listeners = [];

  /**
   * Declare a choice ({refusal(value)} calls a value that is not valid by its name): its initial value (text or number), what values are valid, and what an address means that does not name it
   * (`implied(named)`, by default the initial value; `named` are the choices that the address has, a map).
   */
  function declare(name, initial, valid = () => true, { implied = () => initial, refusal = null } = {}) {
    keys.set(name, { initial, valid, implied, refusal });
    values[name] = initial;
  }

  const get = () => ({ ...values });

  /** The part of the address that holds the choices. */
  function hash(chosen = values) {
    const named = new Map(
      [...keys.keys()].filter((name) => chosen[name] !== keys.get(name).initial).map((name) => [name, chosen[name]]),
    );
    const parts = [...keys].filter(([name, key]) => chosen[name] !== key.implied(named)).map(([name]) => [name, chosen[name]]);
    return parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  }

  /** Take choices over, write them into the address, tell everybody. What is not valid is refused with a word, not ignored. */
  function set(changes, { push = false } = {}) {
    const before = get();
    const refused = [];
    for (const [name, value] of Object.entries(changes)) {
      const key = keys.get(name);
      if (key?.valid(value)) values[name] = value;
      else refused.push(key?.refusal?.(value) ?? `${name}=${value}`);
    }
    notice(refused.length ? words.say("refused", { what: refused.join(words.say("list.comma")) }) : "");
    const address = hash() ? `#${hash()}` : location.pathname + location.search;
    if (hash() !== location.hash.slice(1)) history[push ? "pushState" : "replaceState"](null, "", address);
    const changed = Object.keys(values).filter((name) => values[name] !== before[name]);
    if (changed.length) for (const listener of listeners) listener(values, changed);
    return refused;
  }

  /** A part of an address as text; as it stands where it is not well-formed, to be refused by the choice itself. */
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  /** The choices that the address names; all others are the defaults. */
  function read() {
    const parts = location.hash.slice(1).split("&").filter(Boolean);
    const pairs = parts.map((part) => part.split("=")).map(([name, ...rest]) => [name, decoded(rest.join("="))]);
    const named = new Map(pairs);
    const given = Object.fromEntries([...keys].map(([name, key]) => [name, key.implied(named)]));
    for (const [name, text] of pairs) {
      const key = keys.get(name);
      given[name] = key && typeof key.initial === "number" ? Number(text) : text;
    }
    return set(given);
  }

  const subscribe = (listener) => listeners.push(listener);

  return { declare, get, set, read, hash, subscribe };
})();
