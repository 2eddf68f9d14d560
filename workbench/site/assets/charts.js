// @ts-check
// Small charts. Each is a picture for the eye and the mouse; the table beside or below it says and links the same.
"use strict";

(() => {
  const { h, s, put } = ESG;

  /** Width that a chart may take. @param {number} [most] */
  function width(most) {
    const main = document.getElementById("main");
    return Math.max(280, Math.min(most || 760, (main ? main.clientWidth : 760) - 2));
  }

  /**
   * A chart with its table: the picture is hidden from screen readers, which get the table.
   * @param {any} picture @param {any} behind @param {string} title
   */
  function withTable(picture, behind, title) {
    return h(
      "figure",
      {},
      picture,
      h("details", { class: "behind" }, h("summary", {}, `${title}: the table behind the chart`), behind),
    );
  }

  /**
   * Papers by year: all, those that raise a failure mode, those that measure one.
   * @param {{year: number, papers: number, raise: number, measure: number}[]} data
   * @param {(year: number, what: string) => string} address
   * @param {{all: string, raise: string, measure: string}} words
   */
  function byYear(data, address, words) {
    if (!data.length) return h("p", { class: "nothing" }, "No paper of the selection has a year.");
    const whole = data.some((d) => d.papers !== d.raise);
    const wide = width(720);
    const [left, top, high] = [8, 18, 150];
    const step = Math.min(90, (wide - left) / data.length);
    const most = Math.max(1, ...data.map((d) => d.papers));
    const scale = (n) => (high - top) * (n / most);
    const bars = data.map((d, k) => {
      const x = left + k * step;
      const w = step * 0.72;
      return s(
        "a",
        {
          href: address(d.year, "raise"),
          tabindex: "-1",
          "data-tip": `${d.year}\n${words.all} ${d.papers}\n${words.raise} ${d.raise}\n${words.measure} ${d.measure}`,
        },
        s("rect", { x, y: top, width: w, height: high - top, class: "hit" }),
        whole ? s("rect", { x, y: high - scale(d.papers), width: w, height: scale(d.papers), class: "bar0" }) : null,
        s("rect", {
          x: x + (whole ? w * 0.1 : 0),
          y: high - scale(d.raise),
          width: w * (whole ? 0.8 : 1),
          height: scale(d.raise),
          class: "bar1",
        }),
        s("rect", {
          x: x + w * 0.24,
          y: high - scale(d.measure),
          width: w * 0.52,
          height: scale(d.measure),
          class: "bar2",
        }),
        s("text", { x: x + w / 2, y: high - scale(d.papers) - 5, class: "mid" }, d.papers || ""),
        s("text", { x: x + w / 2, y: high + 15, class: "mid" }, step < 34 ? `'${String(d.year).slice(2)}` : d.year),
      );
    });
    const picture = s(
      "svg",
      { viewBox: `0 0 ${wide} ${high + 22}`, width: wide, height: high + 22, "aria-hidden": "true", class: "chart" },
      s("line", { x1: 0, x2: left + step * data.length, y1: high, y2: high, class: "axis" }),
      bars,
    );
    const key = h(
      "p",
      { class: "key" },
      whole ? [h("span", { class: "swatch bar0" }), ` ${words.all}  `] : null,
      h("span", { class: "swatch bar1" }),
      ` ${words.raise}  `,
      h("span", { class: "swatch bar2" }),
      ` ${words.measure}`,
    );
    const columns = [
      { id: "year", title: "Year", numeric: true, get: (d) => d.year },
      ...(whole
        ? [
            {
              id: "papers",
              title: ESG.capital(words.all),
              numeric: true,
              get: (d) => d.papers,
              show: (d) => h("a", { href: address(d.year, "all") }, d.papers),
            },
          ]
        : []),
      {
        id: "raise",
        title: ESG.capital(words.raise),
        numeric: true,
        get: (d) => d.raise,
        show: (d) => h("a", { href: address(d.year, "raise") }, d.raise),
      },
      {
        id: "measure",
        title: ESG.capital(words.measure),
        numeric: true,
        get: (d) => d.measure,
        show: (d) => h("a", { href: address(d.year, "measure") }, d.measure),
      },
    ];
    return withTable(
      [picture, key],
      ESG.table({ id: "years", caption: "Papers by year", columns, rows: data, quiet: true }),
      "By year",
    );
  }

  /**
   * A rate on a line from 0 to 1 with its interval.
   * @param {number|null} rate @param {number|null} low @param {number|null} high
   */
  function interval(rate, low, high, least = 0) {
    const w = 100;
    const at = (x) => 4 + ((x - least) / (1 - least)) * (w - 8);
    if (rate === null || rate === undefined) return null;
    return s(
      "svg",
      { viewBox: `0 0 ${w} 16`, width: w, height: 16, "aria-hidden": "true", class: "chart interval" },
      s("line", { x1: at(least), x2: at(1), y1: 8, y2: 8, class: "track" }),
      least < 0 ? s("line", { x1: at(0), x2: at(0), y1: 2, y2: 14, class: "axis" }) : null,
      low === null || high === null || low === undefined || high === undefined
        ? null
        : s("line", { x1: at(Math.max(least, low)), x2: at(high), y1: 8, y2: 8, class: "range" }),
      s("circle", { cx: at(rate), cy: 8, r: 4, class: "dot" }),
    );
  }

  /** A bar of a share. @param {number} part @param {number} whole */
  function bar(part, whole) {
    const w = 80;
    return s(
      "svg",
      { viewBox: `0 0 ${w} 10`, width: w, height: 10, "aria-hidden": "true", class: "chart interval" },
      s("rect", { x: 0, y: 1, width: w, height: 8, class: "track0" }),
      s("rect", { x: 0, y: 1, width: whole ? (w * part) / whole : 0, height: 8, class: "bar2" }),
    );
  }

  /**
   * Codes on a circle, a line between two that the same papers carry.
   * @param {{code: any, n: number, href: string}[]} nodes
   * @param {{a: number, b: number, n: number, kind: string, href: string, tip: string}[]} edges places in `nodes`
   */
  function circle(nodes, edges) {
    const wide = Math.max(620, width(820));
    const margin = 165;
    const r = wide / 2 - margin;
    const middle = wide / 2;
    const at = (k, radius) => {
      const angle = (2 * Math.PI * k) / nodes.length - Math.PI / 2;
      return [middle + radius * Math.cos(angle), middle + radius * Math.sin(angle)];
    };
    const f = (x) => x.toFixed(1);
    const most = Math.max(1, ...edges.map((e) => e.n));
    const lines = [...edges]
      .sort((x, y) => x.n - y.n)
      .map((e) => {
        const [x1, y1] = at(e.a, r);
        const [x2, y2] = at(e.b, r);
        const apart = Math.min(Math.abs(e.a - e.b), nodes.length - Math.abs(e.a - e.b)) / (nodes.length / 2);
        const pull = 0.75 * (1 - apart);
        const [cx, cy] = [middle + ((x1 + x2) / 2 - middle) * pull, middle + ((y1 + y2) / 2 - middle) * pull];
        const d = `M${f(x1)},${f(y1)}Q${f(cx)},${f(cy)} ${f(x2)},${f(y2)}`;
        return s(
          "a",
          { href: e.href, tabindex: "-1", class: `edge ${e.kind.replace(/ /g, "-")}`, "data-tip": e.tip },
          s("path", { d, class: "hit" }),
          s("path", { d, "stroke-width": f(1 + (5 * e.n) / most) }),
        );
      });
    const marks = nodes.map((node, k) => {
      const [x, y] = at(k, r);
      const angle = (360 * k) / nodes.length - 90;
      const flip = angle > 90 && angle < 270;
      const [lx, ly] = at(k, r + 9 + Math.min(9, Math.sqrt(node.n)));
      return s(
        "a",
        {
          href: node.href,
          tabindex: "-1",
          class: `node ${node.code.side || ""}${node.n ? "" : " none"}`,
          "data-tip": `${node.code.name}\n${ESG.count(node.n, "paper")}`,
        },
        s("circle", { cx: f(x), cy: f(y), r: f(3 + Math.min(9, Math.sqrt(node.n))) }),
        s(
          "text",
          {
            x: f(lx),
            y: f(ly),
            transform: `rotate(${f(flip ? angle + 180 : angle)} ${f(lx)} ${f(ly)})`,
            "text-anchor": flip ? "end" : "start",
            dy: "0.33em",
          },
          node.code.name.length > 28 ? node.code.name.slice(0, 27) + "…" : node.code.name,
        ),
      );
    });
    return s(
      "svg",
      { viewBox: `0 0 ${wide} ${wide}`, width: wide, height: wide, "aria-hidden": "true", class: "chart circle" },
      lines,
      marks,
    );
  }

  /**
   * Proxy and property on one line from 0 to 100, one line a pair.
   * @param {{label: string, proxy: number, latent: number, href: string, tip: string}[]} rows
   */
  function dumbbells(rows) {
    const wide = width(760);
    const label = wide < 520 ? 128 : 220;
    const [top, step] = [22, 20];
    const high = top + rows.length * step + 8;
    const x = (v) => label + 8 + ((wide - label - 20) * Math.max(0, Math.min(100, v))) / 100;
    const cut = (text) => (text.length > (wide < 520 ? 17 : 32) ? text.slice(0, wide < 520 ? 16 : 31) + "…" : text);
    return s(
      "svg",
      { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, "aria-hidden": "true", class: "chart" },
      [0, 25, 50, 75, 100].map((v) => [
        s("line", { x1: x(v), x2: x(v), y1: top - 4, y2: high - 6, class: "grid" }),
        s("text", { x: x(v), y: 12, class: "mid" }, v === 100 ? "100%" : v),
      ]),
      rows.map((row, k) => {
        const y = top + k * step + step / 2;
        return s(
          "a",
          { href: row.href, tabindex: "-1", "data-tip": row.tip },
          s("rect", { x: 0, y: y - step / 2, width: wide, height: step, class: "hit" }),
          s("text", { x: label, y: y + 4, class: "end" }, cut(row.label)),
          s("line", { x1: x(row.proxy), x2: x(row.latent), y1: y, y2: y, class: "link" }),
          s("circle", { cx: x(row.proxy), cy: y, r: 4.5, class: "ring" }),
          s("circle", { cx: x(row.latent), cy: y, r: 4.5, class: "dot" }),
        );
      }),
    );
  }

  /** What stands under the pointer or the focus, in a box beside it. */
  function tips() {
    const box = h("div", { id: "tip", "aria-hidden": "true", hidden: true });
    document.body.appendChild(box);
    /** @param {Event} event */
    const show = (event) => {
      const target = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
      if (!target) return hide();
      const lines = (target.getAttribute("data-tip") || "").split("\n");
      ESG.replace(
        box,
        lines.map((line, n) => h(n ? "div" : "strong", {}, line)),
      );
      box.hidden = false;
      const at = target.getBoundingClientRect();
      const mine = box.getBoundingClientRect();
      const pointer =
        event instanceof MouseEvent ? [event.clientX, event.clientY] : [at.left + at.width / 2, at.bottom];
      const leftmost = Math.max(8, Math.min(pointer[0] + 14, window.innerWidth - mine.width - 8));
      const below = pointer[1] + 18 + mine.height < window.innerHeight;
      box.style.left = `${leftmost}px`;
      box.style.top = `${Math.max(8, below ? pointer[1] + 18 : pointer[1] - mine.height - 14)}px`;
    };
    const hide = () => {
      box.hidden = true;
    };
    document.addEventListener("mouseover", show);
    document.addEventListener("focusin", show);
    document.addEventListener("mouseout", hide);
    document.addEventListener("focusout", hide);
    document.addEventListener("keydown", (e) => e.key === "Escape" && hide());
    window.addEventListener("hashchange", hide);
  }

  Object.assign(ESG, { byYear, interval, bar, circle, dumbbells, withTable, tips, width, put });
})();
