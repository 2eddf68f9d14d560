// @ts-check
// What the page shows lies in the address behind the #: the page, the filters, the sorting. Any link restores it.
"use strict";

(() => {
  const FILTERS = {
    level: ESG.schema.levels[0].id,
    grey: "exclude",
    basis: "abstract",
    from: "",
    to: "",
    verified: "",
    codes: "",
    match: "any",
  };
  const ALLOWED = {
    level: ESG.schema.levels.map((l) => l.id),
    grey: ["exclude", "include", "only"],
    basis: ["title", "abstract", "full-text"],
    match: ["any", "all"],
    verified: ["", "yes"],
  };

  /** @type {{route: string[], filters: any, params: Object<string, string>}} */
  const state = { route: ["findings"], filters: { ...FILTERS }, params: {} };

  /** @param {string} hash */
  function read(hash) {
    const [path, query] = hash.replace(/^#\/?/, "").split("?");
    const decode = (text) => {
      try {
        return decodeURIComponent(text);
      } catch {
        return text;
      }
    };
    state.route = (path || "findings").split("/").map(decode);
    state.filters = { ...FILTERS };
    state.params = {};
    for (const [name, value] of new URLSearchParams(query || "")) {
      if (name in FILTERS) {
        const allowed = /** @type {any} */ (ALLOWED)[name];
        if (allowed && !allowed.includes(value)) continue;
        if ((name === "from" || name === "to") && !/^\d{4}$/.test(value)) continue;
        state.filters[name] = value;
      } else state.params[name] = value;
    }
    state.filters.codes = chosen()
      .map((c) => `${c.facet}:${c.id}`)
      .join(",");
  }

  /** The codes that a paper must carry, any or all of them. @returns {any[]} */
  function chosen() {
    return state.filters.codes
      .split(",")
      .map((id) => ESG.byId.get(id))
      .filter(Boolean);
  }

  /**
   * An address in the page, with the filters that hold.
   * @param {string} route words between slashes, each encoded by the caller
   * @param {Object<string, any>} [more] parameters and filters of that page
   */
  function link(route, more) {
    const query = new URLSearchParams();
    const all = { ...state.filters, ...(more || {}) };
    for (const [name, value] of Object.entries(all)) {
      const usual = name in FILTERS ? /** @type {any} */ (FILTERS)[name] : "";
      if (value !== null && value !== undefined && String(value) !== usual && String(value) !== "")
        query.set(name, String(value));
    }
    const text = query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
    return `#/${route}${text ? "?" + text : ""}`;
  }

  /** The address of what is shown now, with something changed. @param {Object<string, any>} more */
  function here(more) {
    return link(state.route.map(encodeURIComponent).join("/"), { ...state.params, ...more });
  }

  /** Change what is shown; the way back undoes it. @param {Object<string, any>} more */
  function change(more) {
    const address = here(more);
    if (address !== location.hash) history.pushState(null, "", address);
    ESG.refresh();
  }

  /** Go somewhere. @param {string} address */
  function go(address) {
    location.hash = address;
  }

  /** Filters that change what is selected; with none of them what was computed beforehand holds. */
  function unfiltered() {
    const f = state.filters;
    return f.basis === "abstract" && !f.from && !f.to && !f.verified && !f.codes;
  }

  /** The sorting of a table, from the address. @param {string} id */
  function sorting(id) {
    const [table, by, way] = (state.params.sort || "").split(".");
    return table === id && by ? `${by}.${way}` : "";
  }

  /** @param {string} id @param {string} order */
  function keepSorting(id, order) {
    state.params.sort = `${id}.${order}`;
    history.replaceState(null, "", here({}));
    ESG.told();
  }

  /** The filters in words. @returns {string[]} */
  function inWords() {
    const f = state.filters;
    const said = [];
    if (f.level !== FILTERS.level) said.push(`${ESG.core.words.codes} at the level ${f.level} or above`);
    if (f.grey !== "exclude") said.push(f.grey === "only" ? "grey literature only" : "grey literature included");
    if (f.basis !== "abstract") said.push(`coded from ${f.basis === "title" ? "the title" : "the full text"}`);
    if (f.from || f.to)
      said.push(f.from === f.to ? `of ${f.from}` : `from ${f.from || "the first year"} to ${f.to || "the last"}`);
    if (f.verified) said.push("codes that a human verified");
    const groups = new Map();
    for (const c of chosen()) groups.set(c.facet, [...(groups.get(c.facet) || []), c.name.toLowerCase()]);
    const parts = [...groups.values()].map((names) => names.join(f.match === "all" ? " and " : " or "));
    if (parts.length) said.push(`carrying ${parts.join(" and ")}`);
    return said;
  }

  Object.assign(ESG, {
    state,
    read,
    chosen,
    link,
    here,
    change,
    go,
    unfiltered,
    sorting,
    keepSorting,
    inWords,
    FILTERS,
  });
})();
