// @ts-check
// Charts by Vega. Each is a picture for the eye and the mouse; a table beside or below it says and links the same.
// Vega comes when the first chart is there, after the page around it; its expressions are interpreted, for the policy
// lets no text become code.
"use strict";

(() => {
  const { h } = ESG;

  /** Width that a chart may take. @param {number} [most] */
  function width(most) {
    const main = document.getElementById("main");
    return Math.max(280, Math.min(most || 760, (main ? main.clientWidth : 760) - 2));
  }

  /** Colours are those of the page, so that the theme and the printer turn them too. */
  const LOOK = {
    background: null,
    font: 'system-ui, "Liberation Sans", Arial, sans-serif',
    axis: {
      labelColor: "var(--ink)",
      titleColor: "var(--soft)",
      titleFontWeight: "normal",
      domainColor: "var(--soft)",
      tickColor: "var(--soft)",
      gridColor: "var(--line)",
      labelFontSize: 12,
      titleFontSize: 12,
    },
    legend: {
      labelColor: "var(--ink)",
      titleColor: "var(--soft)",
      orient: "top",
      direction: "horizontal",
      labelFontSize: 12,
      symbolSize: 90,
      title: null,
      labelLimit: 0,
    },
    text: { color: "var(--ink)", fontSize: 12 },
    view: { stroke: null },
  };

  /** @type {{where: any, spec: any}[]} charts of the page to be drawn */
  let waiting = [];
  /** @type {{where: any, result: any}[]} */
  let drawn = [];

  /**
   * A chart, drawn once it is in the page.
   * @param {string} name what it shows, for who cannot see it
   * @param {any} spec Vega-Lite, or Vega; data with `href` lead there and with `tip` say so
   * @param {string} [where] where the same can be read and followed
   */
  function chart(name, spec, where) {
    // What is inside the picture says less than the table, and cannot be reached by keyboard.
    const plot = h("div", { "aria-hidden": "true" });
    const picture = h(
      "div",
      {
        class: "plot",
        role: "img",
        "aria-label": `Chart: ${name}. ${where || "The table below says and links the same"}.`,
      },
      plot,
    );
    // Where the chart will be, nothing jumps when it comes.
    if (typeof spec.height === "number") plot.style.minHeight = `${spec.height}px`;
    waiting.push({ where: plot, spec });
    return picture;
  }

  /** Draw what waits and is in the page still. */
  async function drawCharts() {
    for (const one of drawn) if (!one.where.isConnected) one.result.finalize();
    drawn = drawn.filter((one) => one.where.isConnected);
    const mine = waiting;
    waiting = [];
    if (!mine.length) return;
    try {
      const embed = await ESG.library("vega", "vegaEmbed");
      for (const { where, spec } of mine) {
        if (!where.isConnected) continue;
        const result = await embed(where, spec, {
          mode: String(spec.$schema).includes("vega-lite") ? "vega-lite" : "vega",
          ast: true,
          renderer: "svg",
          actions: false,
          defaultStyle: false,
          config: { ...LOOK, aria: false, legend: { ...LOOK.legend, columns: width() < 520 ? 1 : undefined } },
          tooltip: (_, event, __, words) =>
            words ? ESG.tip(String(words), event.clientX, event.clientY) : ESG.untip(),
        });
        drawn.push({ where, result });
      }
    } catch (error) {
      for (const { where } of mine)
        if (!where.querySelector("svg"))
          ESG.replace(where, `The chart cannot be drawn (${error instanceof Error ? error.message : error}).`);
    }
  }

  /**
   * A chart with its table behind it.
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
    // On the page of a mode every paper raises it.
    const parts = /** @type {["papers"|"raise"|"measure", string, string][]} */ ([
      ["papers", words.all, "all"],
      ["raise", words.raise, "raise"],
      ["measure", words.measure, "measure"],
    ]).slice(data.some((d) => d.papers !== d.raise) ? 0 : 1);
    const bars = data.flatMap((d) =>
      parts.map(([key, word, what]) => ({
        year: d.year,
        what: word,
        n: d[key],
        href: address(d.year, what),
        tip: [d.year, ...parts.map(([k, w]) => `${w}: ${d[k]}`)].join("\n"),
      })),
    );
    const columns = [
      { id: "year", title: "Year", numeric: true, get: (d) => d.year },
      ...parts.map(([key, word, what]) => ({
        id: key,
        title: ESG.capital(word),
        numeric: true,
        get: (d) => d[key],
        show: (d) => h("a", { href: address(d.year, what) }, d[key]),
      })),
    ];
    return withTable(
      chart(
        "papers by year",
        ESG.yearSpec(
          bars,
          parts.map((p) => p[1]),
          width(Math.max(280, 90 + 60 * data.length)),
        ),
        "The table behind it says and links the same",
      ),
      ESG.table({ id: "years", caption: "Papers by year", columns, rows: data, quiet: true }),
      "By year",
    );
  }

  Object.assign(ESG, { byYear, chart, drawCharts, withTable, width });
})();
