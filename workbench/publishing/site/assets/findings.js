// @ts-check
// The first screen: the answer, the figure it rests on, what speaks against it, and three ways on.
"use strict";

(() => {
  const { h } = ESG;

  /** What the codes are ordered by -> words, the number. @type {Object<string, [string, (r: any) => number]>} */
  const ORDERS = {
    discussed: ["most discussed first", (r) => -r.discussed],
    share: ["smallest share measured first", (r) => (r.rate === null || r.rate === undefined ? 2 : r.rate)],
    measured: ["least measured first", (r) => r.measured],
  };

  /** Whether the reader has opened the table: it stays open when the order changes. */
  let opened = false;

  /** The rates by code, for the selection they were computed for; null for any other. */
  function rates() {
    if (!ESG.unfiltered() || ESG.state.filters.grey !== ESG.FILTERS.grey) return null;
    return new Map(
      ESG.unpack(ESG.core.rates)
        .rows()
        .map((r) => [r.code, r]),
    );
  }

  /** "12 (5 to 20)". @param {any} r @param {string} what */
  const volume = (r, what) =>
    `${ESG.number(r[what], 0)} (${ESG.number(r[`${what}_low`], 0)} to ${ESG.number(r[`${what}_high`], 0)})`;

  /** @param {any[]} rows @param {string} order */
  function figure(rows, order) {
    const words = ESG.core.words;
    const parts = [`${words.discusses} it`, `${words.measures} it`];
    const points = rows.flatMap((r) =>
      ["discussed", "measured"].map((what, k) => ({
        name: r.name,
        what: parts[k],
        value: r[what],
        low: r[`${what}_low`],
        high: r[`${what}_high`],
        href: ESG.link(`mode/${r.code}`),
        tip: `${r.name}\nof 1,000 papers on the question\n${volume(r, "discussed")} ${words.discusses} it\n${volume(r, "measured")} ${words.measures} it`,
      })),
    );
    return h(
      "figure",
      {},
      h(
        "p",
        { class: "choose" },
        h(
          "label",
          {},
          "Order: ",
          h(
            "select",
            { id: "order", onchange: (e) => ESG.change({ order: e.target.value }) },
            Object.entries(ORDERS).map(([id, [name]]) => h("option", { value: id, selected: id === order }, name)),
          ),
        ),
      ),
      ESG.chart(
        `how many of 1,000 papers discuss and measure each ${words.code}`,
        ESG.volumeSpec(points, parts, ESG.width(1180)),
        "The table behind it says and links the same",
      ),
      h(
        "details",
        { class: "behind", open: opened, ontoggle: (e) => (opened = e.target.open) },
        h("summary", {}, "The table behind the figure"),
        ESG.table({
          id: "findings",
          caption: `How many of 1,000 papers discuss and measure each ${words.code}`,
          quiet: true,
          rows,
          columns: [
            { id: "name", title: ESG.capital(words.code), get: (r) => r.name, show: (r) => ESG.codeLink(r.mode) },
            ...["discussed", "measured"].map((what, k) => ({
              id: what,
              title: `${ESG.capital(parts[k])}, of 1,000`,
              numeric: true,
              get: (r) => r[what],
              show: (r) => volume(r, what),
            })),
            {
              id: "share",
              title: "Measured, of those that discuss it",
              numeric: true,
              get: (r) => r.rate,
              show: (r) =>
                r.rate === null || r.rate === undefined ? r.note || "not estimable" : ESG.rated(r.rate, r.low, r.high),
            },
            { id: "decided", title: "What can be said", get: (r) => r.decided || "not decided yet" },
          ],
        }),
      ),
    );
  }

  async function findingsPage() {
    const said = ESG.core.first;
    const words = ESG.core.words;
    const order = ORDERS[ESG.state.params.order] ? ESG.state.params.order : "discussed";
    const rows = ESG.unpack(ESG.core.rates)
      .rows()
      .map((r) => {
        const mode = ESG.byId.get(`${ESG.modes.id}:${r.code}`);
        return { ...r, mode, name: mode ? mode.name : r.code };
      })
      .filter((r) => r.mode)
      .sort((a, b) => ORDERS[order][1](a) - ORDERS[order][1](b) || a.name.localeCompare(b.name, "en"));
    const percent = ESG.percent(said.interval);
    return {
      title: "Findings",
      papers: [],
      content: [
        h("p", { class: "asked" }, said.question),
        h("h1", { class: "answer" }, said.answer),
        ESG.inWords().length
          ? h("p", { class: "quiet" }, "Filters do not apply here: this page speaks of all papers.")
          : null,
        said.beside.length ? h("ul", { class: "beside" }, said.beside.map((s) => h("li", {}, s))) : null,
        rows.length
          ? [
              h("h2", {}, `Each ${words.code}: how often discussed, how often measured`),
              h(
                "p",
                { class: "quiet" },
                `Of 1,000 papers on the question. A dot is the best estimate; the line is its ${percent} interval: ` +
                  `where the true number lies in ${percent} of cases. `,
                `Point at a ${words.code} to read its numbers; click it to open its page.`,
              ),
              figure(rows, order),
            ]
          : null,
        said.caveats.length
          ? [
              h("h2", {}, "What speaks against it"),
              h(
                "ul",
                { class: "cards few" },
                said.caveats.map((c) =>
                  h(
                    "li",
                    {},
                    h("h3", {}, c.head),
                    h("p", {}, c.said),
                    h("p", {}, h("a", { href: ESG.link(c.page) }, c.link)),
                  ),
                ),
              ),
            ]
          : null,
        h("h2", {}, "Go on"),
        h(
          "ul",
          { class: "cards few doors" },
          [
            ["map", "The map", `Every ${words.code} by every ${words.home}: where papers are many, few, or none.`],
            ["papers", "The papers", "Each paper with what every coder said of it, and where in the text."],
            ["flow", "How it was made", "How papers were found, chosen and coded, and how far coders agree."],
          ].map(([page, name, what]) =>
            h("li", {}, h("h3", {}, h("a", { href: ESG.link(page) }, name)), h("p", {}, what)),
          ),
        ),
      ],
    };
  }

  Object.assign(ESG, { findingsPage, rates });
})();
