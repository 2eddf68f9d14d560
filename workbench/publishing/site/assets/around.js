// @ts-check
// What is around a paper: the one before and after it in the list it was opened from, and papers like it.
"use strict";

(() => {
  const { h } = ESG;
  /** So many papers like it are named. */
  const NAMED = 5;

  /** @type {number[]} the list last shown, in its order */
  let list = [];

  /** Keep the list from which papers are opened. @param {number[]} papers */
  const keepList = (papers) => (list = papers);

  /** @param {number} at */
  function steps(at) {
    const place = list.indexOf(at);
    if (place < 0 || list.length < 2) return null;
    const way = (to, words) => (list[to] === undefined ? null : h("p", {}, words, ESG.paperLink(list[to])));
    return h(
      "nav",
      { class: "steps noprint", "aria-label": "In the list" },
      h("p", { class: "quiet" }, `${place + 1} of ${list.length.toLocaleString("en-GB")} in the list`),
      way(place - 1, "Before: "),
      way(place + 1, "Next: "),
    );
  }

  /** Papers that share most codes of the levelled facet; of two alike the more recent first. @param {number} at */
  function alike(at) {
    const carried = ESG.carried(ESG.selection({ ...ESG.FILTERS, grey: "include" }));
    const headline = (p) => (carried.get(p) || []).filter((c) => c.code.levelled).map((c) => c.code.at);
    const mine = new Set(headline(at));
    if (!mine.size) return null;
    const found = [...carried.keys()]
      .filter((p) => p !== at)
      .map((p) => {
        const theirs = headline(p);
        const shared = theirs.filter((c) => mine.has(c));
        return { p, shared, likeness: shared.length / (mine.size + theirs.length - shared.length || 1) };
      })
      .filter((x) => x.shared.length)
      .sort((a, b) => b.likeness - a.likeness || (ESG.works[b.p].year || 0) - (ESG.works[a.p].year || 0) || a.p - b.p)
      .slice(0, NAMED);
    if (!found.length) return null;
    return [
      h("h2", {}, "Papers like this one"),
      h("p", { class: "quiet" }, "Those that share the largest part of what either raises."),
      h(
        "ul",
        {},
        found.map((x) =>
          h(
            "li",
            {},
            ESG.paperLink(x.p),
            h("span", { class: "quiet" }, ` both: ${x.shared.map((c) => ESG.codes[c].name.toLowerCase()).join(", ")}`),
          ),
        ),
      ),
    ];
  }

  Object.assign(ESG, { keepList, steps, alike });
})();
