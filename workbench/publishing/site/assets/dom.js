// @ts-check
// Elements out of words. Nothing here takes markup: text becomes text nodes, and only http addresses become links.
"use strict";

/** @type {any} */
var ESG = {};

(() => {
  /** @typedef {Node|string|number|null|undefined|false|Array<any>} Child */

  /**
   * An address that may become a link: a place in this page, or http. Anything else (javascript:, data:) is none.
   * @param {string} address
   * @returns {string} the address, or ""
   */
  function safe(address) {
    const text = String(address).trim();
    return /^(#|https?:\/\/)/i.test(text) ? text : "";
  }

  /**
   * @param {Element} element
   * @param {Object<string, any>} attributes
   * @param {Child[]} children
   */
  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "href") {
        if (safe(value)) element.setAttribute("href", safe(value));
      } else if (name === "value" || name === "checked" || name === "selected")
        /** @type {any} */ (element)[name] = value;
      else element.setAttribute(name, value === true ? "" : String(value));
    }
    put(element, children);
    return element;
  }

  /**
   * @param {Node} parent
   * @param {Child} child
   */
  function put(parent, child) {
    if (Array.isArray(child)) for (const one of child) put(parent, one);
    else if (child instanceof Node) parent.appendChild(child);
    else if (child !== null && child !== undefined && child !== false)
      parent.appendChild(document.createTextNode(String(child)));
  }

  /**
   * An HTML element. Attributes that start with "on" are listeners.
   * @param {string} tag
   * @param {Object<string, any>} [attributes]
   * @param {...Child} children
   * @returns {any}
   */
  function h(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes || {}, children);
  }

  /**
   * A link that leaves the page, or plain words where the address is none.
   * @param {string} address
   * @param {...Child} words
   */
  function out(address, ...words) {
    return safe(address)
      ? h("a", { href: address, rel: "noopener noreferrer", class: "out" }, ...words)
      : h("span", {}, ...words);
  }

  /**
   * @param {Element} element
   * @param {...Child} children
   */
  function replace(element, ...children) {
    element.replaceChildren();
    put(element, children);
  }

  /** Say something to a screen reader. @param {string} text */
  function announce(text) {
    const at = document.getElementById("status");
    if (at && at.textContent !== text) at.textContent = text;
  }

  /**
   * "1 paper", "2 papers", "1,234 papers".
   * @param {number} n
   * @param {string} one
   * @param {string} [many]
   */
  function count(n, one, many) {
    return `${n.toLocaleString("en-GB")} ${n === 1 ? one : many || one + "s"}`;
  }

  /** A probability. @param {number|null} p */
  function probability(p) {
    if (p === null || p === undefined) return "not estimable";
    if (p > 0.999) return ">0.999";
    return p < 0.001 ? p.toPrecision(1).replace(/e-0?(\d+)/, "e-$1") : p.toFixed(p < 0.1 ? 3 : 2);
  }

  /** A number to two or so digits, for reading. @param {number|null|undefined} x @param {number} [digits] */
  function number(x, digits) {
    if (x === null || x === undefined) return "";
    if (digits !== undefined) return x.toFixed(digits);
    return Number.isInteger(x)
      ? String(x)
      : Math.abs(x) >= 100
        ? x.toFixed(0)
        : Math.abs(x) >= 10
          ? x.toFixed(1)
          : x.toFixed(2);
  }

  /** A share in per cent; never 0 or 100 unless exactly so. @param {number|null|undefined} x */
  function percent(x) {
    if (x === null || x === undefined) return "";
    const whole = Math.round(100 * x);
    if (x > 0 && whole === 0) return "<1%";
    return x < 1 && whole === 100 ? ">99%" : `${whole}%`;
  }

  /**
   * A coefficient with its interval; what is nearly perfect is not rounded up to 1.
   * @param {number} value @param {number|null|undefined} low @param {number|null|undefined} high
   */
  function coefficient(value, low, high) {
    const all = [value, low, high].filter((x) => x !== null && x !== undefined);
    const digits = all.some((x) => Number(x) < 1 && Number(x).toFixed(2) === "1.00") ? 3 : 2;
    const text = all.map((x) => Number(x).toFixed(digits).replace("-", "−"));
    return h("span", { class: "val long" }, text.length === 3 ? `${text[0]} (${text[1]} to ${text[2]})` : text[0]);
  }

  /**
   * A rate with its interval, in per cent.
   * @param {number} rate @param {number} low @param {number} high
   */
  const rated = (rate, low, high) =>
    h("span", { class: "val" }, `${percent(rate)} (${percent(low).replace("%", "")}–${percent(high)})`);

  /** First letter large. @param {string} text */
  function capital(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  /**
   * A table that sorts by a click on a heading, and shows long lists a hundred rows at a time.
   * @param {{id: string, caption: string, columns: {id: string, title: string, numeric?: boolean, wide?: boolean,
   *   get: (row: any) => any, show?: (row: any) => Child, help?: string}[], rows: any[], sort?: string,
   *   head?: number, empty?: string, quiet?: boolean, rowClass?: (row: any) => string}} given
   */
  function table(given) {
    const kept = ESG.sorting(given.id) || given.sort || "";
    let [by, way] = kept.split(".");
    let shown = given.head || 100;
    const body = h("tbody");
    const more = h("p", { class: "more noprint" });
    const heads = given.columns.map((column) => {
      const button = h("button", { type: "button", class: "sort", title: column.help || null }, column.title);
      const cell = h("th", { scope: "col", class: column.numeric ? "num" : column.wide ? "wide" : null }, button);
      button.addEventListener("click", () => {
        way = by === column.id ? (way === "down" ? "up" : "down") : column.numeric ? "down" : "up";
        by = column.id;
        ESG.keepSorting(given.id, `${by}.${way}`);
        draw();
        announce(`Sorted by ${column.title}, ${way === "down" ? "descending" : "ascending"}`);
      });
      return cell;
    });
    function sorted() {
      const column = given.columns.find((c) => c.id === by);
      if (!column) return given.rows;
      const sign = way === "down" ? -1 : 1;
      const keyed = given.rows.map((row, n) => ({ row, n, key: column.get(row) }));
      keyed.sort((a, b) => {
        const [x, y] = [a.key, b.key];
        const none = (v) => v === null || v === undefined || v === "";
        if (none(x) || none(y)) return none(x) && none(y) ? a.n - b.n : none(x) ? 1 : -1;
        const c = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en");
        return c ? sign * c : a.n - b.n;
      });
      return keyed.map((k) => k.row);
    }
    function draw() {
      given.columns.forEach((column, n) => {
        if (column.id === by) heads[n].setAttribute("aria-sort", way === "down" ? "descending" : "ascending");
        else heads[n].removeAttribute("aria-sort");
      });
      const rows = sorted();
      replace(
        body,
        rows.slice(0, shown).map((row) =>
          h(
            "tr",
            { class: given.rowClass ? given.rowClass(row) || null : null },
            given.columns.map((column, n) =>
              h(
                n === 0 ? "th" : "td",
                { scope: n === 0 ? "row" : null, class: column.numeric ? "num" : column.wide ? "wide" : null },
                column.show
                  ? column.show(row)
                  : column.get(row) === null || column.get(row) === undefined
                    ? ""
                    : column.get(row),
              ),
            ),
          ),
        ),
      );
      const left = rows.length - shown;
      replace(
        more,
        left > 0
          ? [
              `${shown.toLocaleString("en-GB")} of ${rows.length.toLocaleString("en-GB")} rows shown. `,
              h(
                "button",
                {
                  type: "button",
                  onclick: () => {
                    shown += 200;
                    draw();
                  },
                },
                `Show ${Math.min(200, left)} more`,
              ),
              " ",
              h(
                "button",
                {
                  type: "button",
                  onclick: () => {
                    shown = rows.length;
                    draw();
                  },
                },
                "Show all",
              ),
            ]
          : [],
      );
    }
    draw();
    if (!given.rows.length) return h("p", { class: "nothing" }, given.empty || "Nothing to list.");
    return h(
      "div",
      {},
      scroller(
        given.caption,
        h(
          "table",
          { class: "rows" },
          h("caption", { class: given.quiet ? "unseen" : null }, given.caption),
          h("thead", {}, h("tr", {}, heads)),
          body,
        ),
      ),
      more,
    );
  }

  /**
   * Something wider than the page, in a box of its own that the keyboard can move.
   * @param {string} name
   * @param {...Child} children
   */
  function scroller(name, ...children) {
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, ...children);
  }

  Object.assign(ESG, {
    h,
    out,
    put,
    safe,
    replace,
    announce,
    count,
    probability,
    number,
    percent,
    capital,
    coefficient,
    rated,
    table,
    scroller,
  });
})();
