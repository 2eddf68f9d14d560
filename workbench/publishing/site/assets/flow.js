// @ts-check
// The flow of records: boxes that open, down to the record and the reason.
"use strict";

(() => {
  const { h } = ESG;

  /** Boxes of the flow of records that open. */
  async function flowPage() {
    const screening = await ESG.fetched("screening");
    await ESG.everyWork();
    const rows = ESG.unpack(screening.flow).rows();
    const main = rows.filter((r) => !r.reason);
    const { box, reason } = ESG.state.params;
    const hits = ESG.unpack(screening.hits);
    const inside = (id) => {
      const wanted = new Set([id]);
      for (let more = true; more;) {
        more = false;
        for (const r of main) if (wanted.has(r.parent) && !wanted.has(r.box)) more = Boolean(wanted.add(r.box));
      }
      return wanted;
    };
    const ofBox = (id, why) => {
      const wanted = inside(id);
      const gone = ["pending", "excluded"];
      /** Boxes that works pass on their way to a box that they share with others. @type {Record<string, any>} */
      const passed = {
        drawn: (e) => wanted.has(e[0]) && e[3] === "drawn",
        screened: (e) => wanted.has(e[0]) && e[3] === "drawn",
        assessed: (e) => inside("screened").has(e[0]) && !gone.includes(e[0]) && e[3] === "drawn" && e[2] === "decided",
        unassessed: (e) =>
          inside("screened").has(e[0]) && !gone.includes(e[0]) && e[3] === "drawn" && e[2] !== "decided" &&
          (!why || (e[2] === "pending") === /not decided/.test(why)),
        other: (e) => e[3] === "other-methods",
        included: (e) => wanted.has(e[0]) && (!why || (e[3] === "drawn") === (why === "drawn")),
      };
      const ends = screening.ends.map(passed[id] || ((e) => wanted.has(e[0]) && (!why || (e[0] === id && e[1] === why))));
      return ESG.works.map((w) => w.at).filter((at) => ends[screening.end[at]]);
    };
    const side = new Set([
      "duplicates",
      "unreadable",
      "grey",
      "not_sampled",
      "pending",
      "excluded",
      "excluded_full_text",
      "unassessed",
      "other",
      "other_pending",
      "other_excluded",
      "not_coded_twice",
      "unsettled",
    ]);
    const open = (r) => ESG.link("flow", { box: r.box, reason: r.reason });
    const drawn = main.map((r) => {
      const parts = rows.filter((x) => x.box === r.box && x.reason);
      return h(
        "li",
        { class: `box ${side.has(r.box) ? "aside" : "onward"}${box === r.box ? " current" : ""}` },
        h(
          "a",
          { href: open(r), "aria-current": box === r.box && !reason ? "true" : null },
          h("span", {}, r.label),
          h("strong", {}, r.n.toLocaleString("en-GB")),
        ),
        parts.length
          ? h(
              "ul",
              {},
              parts.map((p) =>
                h(
                  "li",
                  {},
                  h(
                    "a",
                    { href: open(p), "aria-current": box === r.box && reason === p.reason ? "true" : null },
                    h("span", {}, reasonName(p.reason)),
                    h("strong", {}, p.n.toLocaleString("en-GB")),
                  ),
                ),
              ),
            )
          : null,
      );
    });
    const label = main.find((r) => r.box === box);
    return {
      title: "Flow of records",
      papers: ESG.selection(ESG.state.filters).papers,
      content: [
        h("h1", {}, "Flow of records"),
        h(
          "p",
          { class: "lead" },
          "Every count is derived from the rows (PRISMA 2020, with a box more for what was not drawn). Open a box to see its records.",
        ),
        h("p", { class: "quiet" }, "Filters do not apply: the flow counts every record, coded or not."),
        h("ol", { class: "flow", "aria-label": "Flow of records" }, drawn),
        label ? opened(box, reason, label) : null,
      ],
    };

    /** @param {string} id @param {string} why @param {any} row */
    function opened(id, why, row) {
      const heading = h("h2", { id: "opened" }, why ? `${row.label}: ${reasonName(why)}` : row.label);
      if (["identified", "duplicates", "unreadable"].includes(id)) return [heading, hitTable(id, why, hits)];
      if (id === "records" && why) {
        const maybe = ESG.unpack(screening.maybe).rows();
        if (/duplicate/.test(why))
          return [
            heading,
            h(
              "p",
              { class: "quiet" },
              "Pairs that nobody has decided; the records of a pair beyond the first are counted here.",
            ),
            ESG.table({
              id: "maybe",
              caption: "Undecided pairs",
              quiet: true,
              rows: maybe,
              columns: [
                {
                  id: "a",
                  title: "One",
                  get: (r) => ESG.works[r.a].title,
                  show: (r) => ESG.paperLink(r.a),
                  wide: true,
                },
                {
                  id: "b",
                  title: "The other",
                  get: (r) => ESG.works[r.b].title,
                  show: (r) => ESG.paperLink(r.b),
                  wide: true,
                },
                { id: "score", title: "Likeness", numeric: true, get: (r) => Number(r.score) },
                { id: "why", title: "Why", get: (r) => r.why },
              ],
            }),
          ];
        const found = new Set();
        for (let n = 0; n < hits.n; n++) if (hits.get("outcome", n) !== "unreadable") found.add(hits.get("paper", n));
        const unlogged = /no logged/.test(why);
        const second = new Set(maybe.map((r) => r.b));
        const papers = ESG.works
          .map((w) => w.at)
          .filter((at) => found.has(at) !== unlogged && (unlogged || !second.has(at)));
        return [heading, recordTable(papers, row.label)];
      }
      const papers = ofBox(id, why);
      return [heading, ESG.takeAway(papers, id), recordTable(papers, row.label)];
    }

    /** @param {number[]} papers @param {string} caption */
    function recordTable(papers, caption) {
      const decisions = ESG.unpack(screening.decisions).rows();
      const of = new Map();
      for (const d of decisions) of.set(d.paper, [...(of.get(d.paper) || []), d]);
      return ESG.table({
        id: "records",
        caption,
        quiet: true,
        rows: papers,
        columns: [
          {
            id: "title",
            title: "Record",
            wide: true,
            get: (p) => ESG.works[p].title,
            show: (p) => [
              ESG.paperLink(p),
              h(
                "div",
                { class: "quiet" },
                [ESG.who(ESG.works[p]), ESG.works[p].venue].filter(Boolean).join(" · "),
                ESG.outward(ESG.works[p]),
              ),
            ],
          },
          { id: "year", title: "Year", numeric: true, get: (p) => ESG.works[p].year },
          { id: "end", title: "Where its way ended", get: (p) => endWords(screening.ends[screening.end[p]]) },
          {
            id: "why",
            title: "Screeners",
            get: (p) => (of.get(p) || []).map((d) => d.reason).join(" "),
            show: (p) =>
              (of.get(p) || []).map((d) =>
                h(
                  "div",
                  {},
                  h("span", { class: "quiet" }, `${d.coder}: `),
                  d.decision,
                  d.reason ? ` (${reasonName(d.reason)})` : "",
                  d.note ? `. ${d.note}` : "",
                ),
              ),
          },
        ],
      });
    }

    /** @param {string[]} end */
    function endWords(end) {
      const row = main.find((r) => r.box === end[0]);
      return `${row ? row.label : end[0]}${end[1] ? `: ${reasonName(end[1])}` : ""}`;
    }
  }

  /** @param {string} id */
  function reasonName(id) {
    const known = ESG.schema.reasons.find((r) => r.id === id);
    return known && known.name !== known.id ? known.name : id.replace(/-/g, " ");
  }

  /** @param {string} id @param {string} why @param {any} hits */
  function hitTable(id, why, hits) {
    const seen = new Set();
    /** @type {number[]} */
    const rows = [];
    for (let n = 0; n < hits.n; n++) {
      const unreadable = hits.get("outcome", n) === "unreadable";
      if (id === "identified") {
        if (!why || hits.get("search", n) === why) rows.push(n);
      } else if (id === "unreadable") {
        if (unreadable) rows.push(n);
      } else if (!unreadable) {
        if (seen.has(hits.get("paper", n))) rows.push(n);
        seen.add(hits.get("paper", n));
      }
    }
    return [
      id === "duplicates" ? h("p", { class: "quiet" }, "Hits beyond the first of each work.") : null,
      ESG.table({
        id: "hits",
        caption: "Hits",
        quiet: true,
        rows,
        columns: [
          {
            id: "record",
            title: "Became or joined",
            wide: true,
            get: (n) => (hits.get("paper", n) < 0 ? "" : ESG.works[hits.get("paper", n)].title),
            show: (n) => (hits.get("paper", n) < 0 ? "no record" : ESG.paperLink(hits.get("paper", n))),
          },
          { id: "search", title: "Search", get: (n) => hits.get("search", n) },
          { id: "outcome", title: "Outcome", get: (n) => hits.get("outcome", n) },
          {
            id: "where",
            title: "File and line",
            get: (n) => `${hits.get("file", n)}, ${String(hits.get("line", n)).padStart(5)}`,
            show: (n) => `${hits.get("file", n)}, line ${hits.get("line", n)}`,
          },
          { id: "reason", title: "Reason", get: (n) => hits.get("reason", n) },
        ],
      }),
    ];
  }

  Object.assign(ESG, { flowPage });
})();
