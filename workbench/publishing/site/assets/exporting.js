// @ts-check
// Take a list of works away: BibTeX, RIS, CSV, JSON. Files are made here and offered for download; nothing is sent.
"use strict";

(() => {
  /** @type {Object<string, string>} */
  const ESCAPES = {
    "\\": "\\textbackslash{}",
    "{": "\\textbraceleft{}",
    "}": "\\textbraceright{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
  };
  for (const c of "$&%#_") ESCAPES[c] = "\\" + c;

  /** What LaTeX would misread, escaped. @param {string} text */
  function latex(text) {
    return text.replace(/\s+/g, " ").replace(/[\\{}~^$&%#_]/g, (c) => ESCAPES[c]);
  }

  /** A value that LaTeX does not typeset: no brace may open or close. @param {string} text */
  const bare = (text) => text.replace(/[{}\s]/g, "");

  /** A title whose names keep their capitals: what is written in capitals beyond a first letter stands in braces. @param {string} text */
  const title = (text) =>
    text
      .split(/\s+/)
      .map((word) => (/^[^\p{L}]*\p{L}.*\p{Lu}/u.test(word) ? `{${latex(word)}}` : latex(word)))
      .join(" ");

  /** @param {any} work */
  function bibtex(work) {
    const authors = work.authors
      .split("; ")
      .filter(Boolean)
      .map((name) =>
        name === "others" || (/^[^,]+, [^,]+(, [^,]+)?$/.test(name) && !/\band\b/i.test(name))
          ? latex(name)
          : `{${latex(name)}}`,
      )
      .join(" and ");
    const fields = [
      ["author", authors],
      ["title", title(work.title)],
      ["year", work.cited || work.year || ""],
      [ESG.core.venue[work.type] || "howpublished", latex(work.venue)],
      ["doi", bare(work.doi)],
      ["eprint", bare(work.arxiv)],
      ["archiveprefix", work.arxiv ? "arXiv" : ""],
      ["url", bare(ESG.safe(work.url) || (work.arxiv ? `https://arxiv.org/abs/${work.arxiv}` : ""))],
    ];
    const lines = fields.filter(([, value]) => value !== "").map(([name, value]) => `  ${name} = {${value}},\n`);
    return `@${work.type || "misc"}{${work.key},\n${lines.join("")}}\n`;
  }

  /** @type {Object<string, string>} */
  const KINDS = {
    article: "JOUR",
    inproceedings: "CPAPER",
    incollection: "CHAP",
    inbook: "CHAP",
    book: "BOOK",
    techreport: "RPRT",
    phdthesis: "THES",
    mastersthesis: "THES",
  };

  /** @param {any} work */
  function ris(work) {
    const line = (tag, value) => (value ? `${tag}  - ${String(value).replace(/\s+/g, " ")}\r\n` : "");
    const addresses = ESG.addresses(work).map((a) => a[1]);
    return (
      line("TY", KINDS[work.type] || (work.grey ? "RPRT" : "UNPB")) +
      line("ID", work.key) +
      work.authors
        .split("; ")
        .filter((n) => n && n !== "others")
        .map((n) => line("AU", n))
        .join("") +
      line("TI", work.title) +
      line("PY", work.cited || work.year) +
      line("T2", work.venue) +
      line("DO", work.doi) +
      (work.arxiv ? line("C1", `arXiv:${work.arxiv}`) : "") +
      addresses.map((a) => line("UR", a)).join("") +
      "ER  - \r\n"
    );
  }

  /**
   * A cell of a CSV file (RFC 4180). One that a spreadsheet would run as a formula gets an apostrophe before it.
   * @param {any} value
   */
  function cell(value) {
    let text = value === null || value === undefined ? "" : String(value);
    if (/^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.]+$/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  }

  /** Facts of a work and the codes that count of it. @param {number} at @param {Map<number, any[]>} carried */
  function facts(at, carried) {
    const work = ESG.works[at];
    /** @type {Object<string, any>} */
    const codes = {};
    for (const facet of ESG.schema.facets) {
      const mine = (carried.get(at) || []).filter((c) => c.code.facet === facet.id);
      codes[facet.id] = mine.map((c) =>
        facet.levelled ? { code: c.code.id, level: ESG.LEVELS[c.level - 1] || "" } : c.code.id,
      );
    }
    return {
      paper: work.key,
      title: work.title,
      authors: work.authors ? work.authors.split("; ") : [],
      first_public: work.year,
      year: work.cited,
      venue: work.venue,
      doi: work.doi,
      arxiv_id: work.arxiv,
      url: work.url || (ESG.addresses(work)[0] || ["", ""])[1],
      grey: Boolean(work.grey),
      codes,
    };
  }

  /** @param {number[]} papers */
  function csv(papers) {
    const carried = ESG.carried(ESG.selection({ ...ESG.state.filters, codes: "" }));
    const facets = ESG.schema.facets.map((f) => f.id);
    const lines = [
      ["paper", "title", "authors", "first_public", "year", "venue", "doi", "arxiv_id", "url", "grey", ...facets],
    ];
    for (const at of papers) {
      const f = facts(at, carried);
      lines.push([
        f.paper,
        f.title,
        f.authors.join("; "),
        f.first_public,
        f.year,
        f.venue,
        f.doi,
        // Without its word a spreadsheet takes it for a number, and drops the noughts at its end.
        f.arxiv_id ? `arXiv:${f.arxiv_id}` : "",
        f.url,
        f.grey ? "yes" : "no",
        ...facets.map((id) => f.codes[id].map((c) => (typeof c === "string" ? c : `${c.code}=${c.level}`)).join(";")),
      ]);
    }
    return lines.map((line) => line.map(cell).join(",") + "\r\n").join("");
  }

  /** The codes that count of some papers, a row each. @param {number[]} papers */
  function codings(papers) {
    const carried = ESG.carried(ESG.selection({ ...ESG.state.filters, codes: "" }));
    const lines = [["paper", "facet", "code", "level", "basis"]];
    for (const at of papers)
      for (const { code, level } of carried.get(at) || [])
        lines.push([
          ESG.works[at].key,
          code.facet,
          code.id,
          code.levelled ? ESG.LEVELS[level - 1] || "" : "",
          ESG.state.filters.basis,
        ]);
    return lines.map((line) => line.map(cell).join(",") + "\r\n").join("");
  }

  /** @param {number[]} papers */
  function json(papers) {
    const carried = ESG.carried(ESG.selection({ ...ESG.state.filters, codes: "" }));
    const about = {
      data: ESG.core.about.line,
      data_sha256: ESG.core.about.data,
      schema: ESG.schema.version,
      licence: ESG.core.first.licence,
    };
    return (
      JSON.stringify(
        {
          about,
          selection: { page: location.hash, ...ESG.state.filters },
          papers: papers.map((p) => facts(p, carried)),
        },
        null,
        1,
      ) + "\n"
    );
  }

  /** @type {Object<string, {ending: string, kind: string, make: (papers: number[]) => string}>} */
  const FORMATS = {
    BibTeX: {
      ending: "bib",
      kind: "application/x-bibtex",
      make: (papers) => papers.map((p) => bibtex(ESG.works[p])).join("\n"),
    },
    RIS: {
      ending: "ris",
      kind: "application/x-research-info-systems",
      make: (papers) => papers.map((p) => ris(ESG.works[p])).join("\r\n"),
    },
    CSV: { ending: "csv", kind: "text/csv", make: csv },
    "Codes (CSV)": { ending: "codes.csv", kind: "text/csv", make: codings },
    JSON: { ending: "json", kind: "application/json", make: json },
  };

  /** Offer a file for download. @param {string} name @param {string} text @param {string} kind */
  function download(name, text, kind) {
    const address = URL.createObjectURL(new Blob([text], { type: `${kind};charset=utf-8` }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  /** Buttons that take a list away. @param {number[]} papers @param {string} [what] */
  function takeAway(papers, what) {
    return ESG.h(
      "p",
      { class: "take noprint" },
      ESG.h(
        "span",
        {},
        `Take ${papers.length === 1 ? "this paper" : `these ${ESG.count(papers.length, "paper")}`} away: `,
      ),
      Object.entries(FORMATS).map(([name, format]) => [
        ESG.h(
          "button",
          {
            type: "button",
            disabled: papers.length === 0,
            "data-export": format.ending,
            onclick: () =>
              download(
                `${what || "selection"}-${papers.length}-papers.${format.ending}`,
                format.make(papers),
                format.kind,
              ),
          },
          name,
        ),
        " ",
      ]),
    );
  }

  Object.assign(ESG, { takeAway, download, formats: FORMATS, bibtex, ris, csvCell: cell });
})();
