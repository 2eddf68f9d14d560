// @ts-check
// Where a code stands in the text, in words; and a box in which the reader's own copy of an abstract shows it.
"use strict";

(() => {
  const { h } = ESG;

  /** As the survey folds a text before it counts in it: NFKC, white space to one blank. @param {string} text */
  const fold = (text) => text.normalize("NFKC").split(/\s+/u).filter(Boolean).join(" ");

  /** Code points of a text, which are what places count. @param {string} text */
  const points = (text) => Array.from(text);

  const known = (row) => row.start !== null && row.start !== undefined && row.start !== "";

  /** What stands before the abstract in the text that is counted: the title and two line ends. @param {any} work */
  const before = (work) => points(fold(work.title)).length + 2;

  /** Where a code stands. @param {any} row @param {any} work */
  function place(row, work) {
    if (!known(row)) return row.locator || "";
    if (row.basis === "full-text") return [row.locator ? `${row.locator}, ` : "", `from character ${row.start} of the full text`];
    const [start, end] = [Number(row.start), Number(row.end)];
    if (end < before(work)) return "in the title";
    return `in the abstract, its characters ${Math.max(1, start - before(work) + 1)} to ${end - before(work)}`;
  }

  /** @param {string} text */
  async function sha(text) {
    const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  /**
   * Where words stand in another edition of a text: every stretch as long as theirs is compared by digest.
   * @param {string[]} text code points @param {number} length @param {string} digest its first digits
   */
  async function sought(text, length, digest) {
    for (let from = 0; from + length <= text.length; from++) {
      if (from && text[from - 1] !== " " && text[from - 1] !== "\n") continue;
      if ((await sha(text.slice(from, from + length).join(""))).startsWith(digest)) return from;
    }
    return -1;
  }

  /** Number of the sentence of an abstract in which a place lies. @param {string} abstract @param {number} at */
  function sentence(abstract, at) {
    const ends = [...abstract.matchAll(/[.!?]["')\]]*\s+(?=["'(\[]?[A-Z0-9])/g)].map((m) => m.index || 0);
    return ends.filter((end) => points(abstract.slice(0, end)).length < at).length + 1;
  }

  /**
   * A box for the reader's own copy of the abstract: it is compared by digest, and both coders' words are marked.
   * @param {any} work @param {any[]} rows its codings
   */
  function lookUp(work, rows) {
    const mine = rows.filter((r) => known(r) && r.basis !== "full-text");
    if (!mine.length) return null;
    const out = h("div", { class: "looked", "aria-live": "polite" });
    let turn = 0;
    const box = h("textarea", { id: "abstract", rows: "5", spellcheck: "false" });
    const look = async () => {
      const now = ++turn;
      const abstract = fold(box.value);
      if (!abstract) return ESG.replace(out);
      const title = fold(work.title);
      const whole = points(`${title}\n\n${abstract}`);
      const digest = await sha(whole.join(""));
      const found = [];
      for (const row of mine) {
        const length = Number(row.end) - Number(row.start);
        const exact = row.text_sha256 === digest;
        const from = exact ? Number(row.start) : await sought(whole, length, row.span);
        if (now !== turn) return;
        found.push({ row, from, to: from + length, exact });
      }
      show(whole, title, abstract, found);
    };
    box.addEventListener("input", look);
    function show(whole, title, abstract, found) {
      const here = found.filter((f) => f.from >= 0);
      const exact = found.filter((f) => f.exact).length;
      const cuts = [...new Set([0, whole.length, ...here.flatMap((f) => [f.from, f.to])])].sort((a, b) => a - b);
      const offset = points(title).length + 2;
      ESG.replace(
        out,
        h(
          "p",
          { class: "statement" },
          exact === found.length
            ? "This is the text that was coded: its digest agrees."
            : here.length
              ? `This is another edition than the one coded; ${here.length} of ${found.length} places were found by their words.`
              : "None of the coded words stands in this text. Is it the abstract of this paper, and all of it?",
        ),
        here.length
          ? h(
              "p",
              { class: "pasted" },
              cuts.slice(0, -1).map((from, k) => {
                const over = here.filter((f) => f.from <= from && f.to > from);
                const words = whole.slice(from, cuts[k + 1]).join("");
                return over.length ? h("mark", { title: over.map((f) => said(f.row)).join("\n") }, words) : words;
              }),
            )
          : null,
        here.length
          ? ESG.table({
              id: "places",
              caption: "The words behind each code",
              quiet: true,
              rows: here,
              columns: [
                { id: "code", title: "Code", get: (f) => codeName(f.row) },
                { id: "coder", title: "Coder", get: (f) => f.row.coder },
                {
                  id: "where",
                  title: "Where",
                  get: (f) => f.from,
                  show: (f) => (f.to < offset ? "title" : `sentence ${sentence(abstract, f.from - offset)} of the abstract`),
                },
                { id: "words", title: "Words", wide: true, get: (f) => whole.slice(f.from, f.to).join("") },
              ],
            })
          : null,
      );
    }
    return h(
      "details",
      { class: "lookup noprint" },
      h("summary", {}, "See the words behind the codes: paste the abstract"),
      h(
        "p",
        { class: "quiet" },
        "Abstracts are not ours to copy, so they are not in this page. Paste the one you have: it stays in your browser, ",
        "and the words that each coder gave are marked in it.",
      ),
      h("label", { for: "abstract" }, "Abstract, without its title"),
      box,
      out,
    );
  }

  const codeName = (row) => (ESG.byId.get(`${row.facet}:${row.code}`) || { name: row.code }).name;
  const said = (row) => `${codeName(row)} (${row.coder})`;

  Object.assign(ESG, { place, lookUp });
})();
