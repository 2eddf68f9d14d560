// @ts-check
// What the charts are: Vega-Lite, and Vega for the graph. Rows come ready made; `href` and `tip` are theirs.
"use strict";

(() => {
  const LITE = "https://vega.github.io/schema/vega-lite/v6.json";
  const VEGA = "https://vega.github.io/schema/vega/v6.json";
  /** Every mark leads somewhere and says what it is. */
  const LEADS = { href: { field: "href" }, tooltip: { field: "tip" } };
  /** Shades of a whole and its parts. */
  const SHADES = ["var(--bar0)", "var(--bar1)", "var(--bar2)"];
  /** Side -> its colour, in the order of the schema. @type {Object<string, string>} */
  const SIDES = Object.fromEntries(
    ESG.schema.sides.map((side, n) => [side.id, ["var(--eval)", "var(--align)", "var(--gov)"][n] || "var(--soft)"]),
  );

  /** The proxy is a ring, the property a dot. */
  const PAIR = ["var(--align)", "var(--eval)"];

  /** @param {number} width @param {any[]} rows @param {any} rest */
  const lite = (width, rows, rest) => ({
    $schema: LITE,
    width,
    autosize: { type: "fit-x", contains: "padding" },
    data: { values: rows },
    ...rest,
  });

  /** A text as a constant of an expression. @param {string} text */
  const quoted = (text) => JSON.stringify(text).replace(/[\u2028\u2029]/g, " ");

  /** Names down the side, each in full or cut off. @param {string} field @param {number} width @param {any} [rest] */
  const names = (field, width, rest) => ({
    field,
    type: "nominal",
    sort: null,
    title: null,
    axis: { domain: false, ticks: false, labelLimit: width < 520 ? 130 : 260, labelPadding: 6 },
    ...rest,
  });

  /**
   * Papers by year; each part lies on the whole that it is a part of.
   * @param {{year: number, what: string, n: number, href: string, tip: string}[]} bars
   * @param {string[]} parts the whole first
   * @param {number} width
   */
  const yearSpec = (bars, parts, width) =>
    lite(width, bars, {
      height: 150,
      encoding: {
        x: { field: "year", type: "ordinal", title: null, axis: { labelAngle: 0, labelOverlap: true, ticks: false } },
        y: {
          field: "n",
          type: "quantitative",
          stack: null,
          title: null,
          axis: { tickCount: 4, domain: false, ticks: false },
        },
      },
      layer: parts.map((part, k) => ({
        transform: [{ filter: { field: "what", equal: part } }],
        mark: { type: "bar" },
        encoding: {
          color: {
            field: "what",
            type: "nominal",
            scale: { domain: parts, range: SHADES.slice(-parts.length) },
          },
          ...LEADS,
        },
      })),
    });

  /**
   * Rates with their intervals, a name a line; two of one name (by `what`) lie a little apart.
   * @param {{name: string, what: string, value: number, low: number|null, high: number|null, href: string,
   *   tip: string}[]} rows
   * @param {{width: number, domain: [number, number], title: string, percent?: boolean, step?: number,
   *   colours?: Object<string, string>}} how colours by `what`; with none, `what` is a side
   */
  function intervalSpec(rows, how) {
    const colours = how.colours || SIDES;
    const shown = Object.keys(colours).filter((what) => rows.some((r) => r.what === what));
    const apart = how.colours && shown.length > 1;
    return lite(how.width, rows, {
      height: (how.step || 20) * new Set(rows.map((r) => r.name)).size * (apart ? 2 : 1),
      encoding: {
        y: names("name", how.width, {
          axis: { ...names("", how.width).axis, grid: false },
          ...(apart ? { scale: { paddingInner: 0.3 } } : {}),
        }),
        x: {
          type: "quantitative",
          scale: { domain: how.domain, nice: false },
          title: how.width < 520 ? how.title.split(/(?<=[;,]) /) : how.title,
          axis: {
            orient: "top",
            tickCount: how.width < 520 ? 3 : 6,
            domain: false,
            ticks: false,
            ...(how.percent ? { format: "%" } : {}),
          },
        },
        ...(apart ? { yOffset: { field: "what", scale: { domain: shown } } } : {}),
        color: {
          field: "what",
          type: "nominal",
          scale: { domain: shown, range: shown.map((what) => colours[what]) },
          legend: shown.length > 1 ? {} : null,
        },
      },
      layer: [
        ...(how.domain[0] < 0
          ? [
              {
                data: { values: [{}] },
                mark: { type: "rule", color: "var(--soft)" },
                encoding: { x: { datum: 0 }, y: null, yOffset: null, color: null },
              },
            ]
          : []),
        {
          transform: [{ filter: "isValid(datum.low)" }],
          mark: { type: "rule", strokeWidth: 2.5, opacity: 0.6, clip: true },
          encoding: { x: { field: "low" }, x2: { field: "high" }, ...LEADS },
        },
        {
          mark: { type: "point", filled: true, size: 60, opacity: 1 },
          encoding: { x: { field: "value" }, ...LEADS },
        },
      ],
    });
  }

  /**
   * Two volumes of each code with their intervals, on one line, the whole above the part.
   * @param {{name: string, what: string, value: number, low: number, high: number, href: string, tip: string}[]} rows
   * @param {string[]} parts the whole first
   * @param {number} width
   */
  const volumeSpec = (rows, parts, width) =>
    lite(width, rows, {
      height: (22 * rows.length) / parts.length,
      encoding: {
        y: names("name", width, { axis: { ...names("", width).axis, grid: true, gridOpacity: 0.5 } }),
        yOffset: { field: "what", scale: { domain: parts, paddingInner: 0.5, paddingOuter: 0.6 } },
        x: {
          type: "quantitative",
          scale: { domainMin: 0, nice: true },
          title: "papers, of 1,000 on the question",
          axis: { orient: "top", tickCount: width < 520 ? 3 : 8, domain: false, ticks: false },
        },
        color: { field: "what", type: "nominal", scale: { domain: parts, range: ["var(--bar2)", "var(--accent)"] } },
      },
      layer: [
        {
          mark: { type: "rule", strokeWidth: 2.5, opacity: 0.75 },
          encoding: { x: { field: "low" }, x2: { field: "high" }, ...LEADS },
        },
        {
          mark: { type: "point", filled: true, size: 55, opacity: 1 },
          encoding: { x: { field: "value" }, ...LEADS },
        },
      ],
    });

  /**
   * How many papers discuss a mode and, on the same line, how many measure it.
   * @param {{name: string, what: string, n: number, href: string, tip: string}[]} rows
   * @param {string[]} parts the whole first
   * @param {number} width
   */
  const partsSpec = (rows, parts, width) =>
    lite(width, rows, {
      height: (18 * rows.length) / parts.length,
      encoding: {
        y: names("name", width),
        x: {
          field: "n",
          type: "quantitative",
          stack: null,
          title: "papers",
          axis: { orient: "top", tickCount: 5, domain: false, ticks: false, tickMinStep: 1 },
        },
        color: { field: "what", type: "nominal", scale: { domain: parts, range: SHADES.slice(-parts.length) } },
      },
      layer: parts.map((part) => ({
        transform: [{ filter: { field: "what", equal: part } }],
        mark: { type: "bar" },
        encoding: LEADS,
      })),
    });

  /**
   * What the proxy shows and what the property is, a pair a line.
   * @param {{name: string, proxy: number, latent: number, href: string, tip: string}[]} rows
   * @param {[string, string]} parts what the two are called
   * @param {number} width
   */
  const pairSpec = (rows, parts, width) =>
    lite(
      width,
      rows.map((r, n) => ({ ...r, n })),
      {
        height: 18 * rows.length,
        encoding: {
          y: {
            ...names("n", width),
            axis: {
              ...names("", width).axis,
              labelExpr: `[${rows.map((r) => quoted(r.name)).join(",")}][datum.value]`,
            },
          },
          x: {
            type: "quantitative",
            scale: { domain: [0, 100] },
            title: "per cent",
            axis: { orient: "top", tickCount: 5, domain: false, ticks: false },
          },
        },
        layer: [
          {
            mark: { type: "rule", color: "var(--soft)", strokeWidth: 1.5 },
            encoding: { x: { field: "proxy" }, x2: { field: "latent" }, ...LEADS },
          },
          ...["proxy", "latent"].map((field, k) => ({
            mark: { type: "point", filled: true, size: 70, opacity: 1, strokeWidth: 2 },
            encoding: {
              x: { field },
              stroke: { datum: parts[k], type: "nominal", scale: { domain: parts, range: PAIR } },
              fill: { datum: parts[k], type: "nominal", scale: { domain: parts, range: ["var(--paper)", PAIR[1]] } },
              ...LEADS,
            },
          })),
        ],
      },
    );

  /**
   * Two measures against each other, a point a model.
   * @param {{x: number, y: number, href: string, tip: string}[]} rows
   * @param {string} x @param {string} y what they are @param {number} width
   */
  const scatterSpec = (rows, x, y, width) => {
    const axis = { domain: false, ticks: false, tickCount: 4, titleLimit: width - 60 };
    const scale = { zero: false, padding: 10 };
    return lite(width, rows, {
      height: Math.round(width * 0.7),
      autosize: { type: "fit", contains: "padding" },
      mark: { type: "point", filled: true, size: 70, color: "var(--bar2)", opacity: 0.8 },
      encoding: {
        x: { field: "x", type: "quantitative", title: x, axis, scale },
        y: { field: "y", type: "quantitative", title: y, axis, scale },
        ...LEADS,
      },
    });
  };

  /**
   * Codes on a circle, a line between two that the same papers carry.
   * @param {{name: string, n: number, side: string, href: string, tip: string}[]} nodes
   * @param {{a: number, b: number, n: number, strong: boolean, href: string, tip: string}[]} edges places in `nodes`
   * @param {number} width
   */
  function circleSpec(nodes, edges, width) {
    const r = width / 2 - 185;
    const angle = (k) => `(2 * PI * ${k} / ${Math.max(1, nodes.length)} - PI / 2)`;
    const at = (k, radius) => [
      `(${width / 2} + ${radius} * cos(${angle(k)}))`,
      `(${width / 2} + ${radius} * sin(${angle(k)}))`,
    ];
    const [ax, ay] = at("datum.a", r);
    const [bx, by] = at("datum.b", r);
    // Neighbours are joined by a bow, what lies opposite by a straight line.
    const pull = `0.75 * (1 - min(abs(datum.a - datum.b), ${nodes.length} - abs(datum.a - datum.b)) / ${nodes.length / 2})`;
    const bend = (from, to) => `(${width / 2} + ((${from} + ${to}) / 2 - ${width / 2}) * ${pull})`;
    const path = `'M' + ${ax} + ',' + ${ay} + 'Q' + ${bend(ax, bx)} + ',' + ${bend(ay, by)} + ' ' + ${bx} + ',' + ${by}`;
    const [nx, ny] = at("datum.k", r);
    const [tx, ty] = at("datum.k", `(${r} + 9 + min(9, sqrt(datum.n)))`);
    const left = "cos(datum.angle) < -0.001";
    const most = Math.max(1, ...edges.map((e) => e.n));
    const leads = { href: { field: "href" }, tooltip: { field: "tip" }, cursor: { value: "pointer" } };
    return {
      $schema: VEGA,
      width,
      height: width,
      padding: 0,
      data: [
        {
          name: "edges",
          values: edges,
          transform: [
            { type: "formula", as: "path", expr: path },
            { type: "collect", sort: { field: ["strong", "n"] } },
          ],
        },
        {
          name: "nodes",
          values: nodes.map((node, k) => ({ ...node, k })),
          transform: [{ type: "formula", as: "angle", expr: angle("datum.k") }],
        },
      ],
      marks: [
        {
          type: "path",
          from: { data: "edges" },
          interactive: false,
          encode: {
            update: {
              path: { field: "path" },
              stroke: [{ test: "datum.strong", value: "var(--accent)" }, { value: "var(--soft)" }],
              strokeWidth: { signal: `1 + 5 * datum.n / ${most}` },
              strokeOpacity: [{ test: "datum.strong", value: 1 }, { value: 0.45 }],
            },
          },
        },
        {
          // A thin line is hard to hit: a wide one that is not seen until it is.
          type: "path",
          from: { data: "edges" },
          encode: {
            update: {
              path: { field: "path" },
              stroke: { value: "var(--strong)" },
              strokeWidth: { value: 9 },
              strokeOpacity: { value: 0 },
              ...leads,
            },
            hover: { strokeOpacity: { value: 0.5 } },
          },
        },
        {
          type: "symbol",
          from: { data: "nodes" },
          encode: {
            update: {
              x: { signal: nx },
              y: { signal: ny },
              size: { signal: "pow(6 + 2 * min(9, sqrt(datum.n)), 2) * 0.785" },
              fill: [
                { test: "!datum.n", value: "var(--paper)" },
                ...Object.entries(SIDES).map(([side, colour]) => ({ test: `datum.side === '${side}'`, value: colour })),
                { value: "var(--bar2)" },
              ],
              stroke: [{ test: "!datum.n", value: "var(--soft)" }, { value: "var(--paper)" }],
              ...leads,
            },
          },
        },
        {
          type: "text",
          from: { data: "nodes" },
          encode: {
            update: {
              x: { signal: tx },
              y: { signal: ty },
              text: { field: "name" },
              limit: { value: 168 },
              angle: { signal: `datum.angle * 180 / PI + (${left} ? 180 : 0)` },
              align: [{ test: left, value: "right" }, { value: "left" }],
              baseline: { value: "middle" },
              fontSize: { value: 12 },
              fill: [{ test: "datum.n", value: "var(--ink)" }, { value: "var(--soft)" }],
              ...leads,
            },
          },
        },
      ],
    };
  }

  Object.assign(ESG, { yearSpec, intervalSpec, partsSpec, volumeSpec, pairSpec, scatterSpec, circleSpec, SIDES });
})();
