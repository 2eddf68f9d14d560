// @ts-check
// The data: columns unpacked, and the files that the first view does not need fetched when they are asked for.
"use strict";

(() => {
  /**
   * A table as it was packed by `workbench.publishing.site.data.table`.
   * @param {{n: number, columns: Object<string, any>}} packed
   */
  function unpack(packed) {
    const columns = packed.columns;
    /** @param {string} name @param {number} n */
    const get = (name, n) => {
      const column = columns[name];
      if (!column) return undefined;
      if (column.all) return column.all[n];
      const at = column.at[n];
      return at < 0 ? null : column.of[at];
    };
    const names = Object.keys(columns);
    /** @param {number} n */
    const row = (n) => Object.fromEntries(names.map((name) => [name, get(name, n)]));
    return { n: packed.n, names, get, row, rows: () => Array.from({ length: packed.n }, (_, n) => row(n)) };
  }

  /** @type {Map<string, Promise<void>>} */
  const loading = new Map();

  /**
   * Run a file beside the page, once. A script is the only thing that a page on a disk may fetch.
   * @param {string} path
   */
  function run(path) {
    let on = loading.get(path);
    if (!on) {
      on = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = path;
        script.onload = () => resolve();
        script.onerror = () => reject(new Error(`${path} is missing beside the page`));
        document.head.appendChild(script);
      });
      loading.set(path, on);
    }
    return on;
  }

  /** A data file. @param {string} name @returns {Promise<any>} */
  async function fetched(name) {
    const survey = /** @type {any} */ (window).SURVEY;
    if (!survey[name]) await run(`data/${name}.js`);
    return survey[name];
  }

  /** What a library puts on the window. @param {string} file @param {string} name @returns {Promise<any>} */
  async function library(file, name) {
    await run(`lib/${file}.js`);
    return /** @type {any} */ (window)[name];
  }

  const core = /** @type {any} */ (window).SURVEY.core;
  const schema = core.schema;
  /** @type {any[]} Every code of every facet, in schema order; rows of the data name codes by their place here. */
  const codes = [];
  /** @type {Map<string, any>} */
  const byId = new Map();
  for (const facet of schema.facets) {
    facet.codes.forEach((code) => {
      const made = { ...code, facet: facet.id, at: codes.length, levelled: facet.levelled };
      codes.push(made);
      byId.set(`${facet.id}:${code.id}`, made);
    });
    facet.at = codes.filter((c) => c.facet === facet.id).map((c) => c.at);
  }
  const facets = new Map(schema.facets.map((f) => [f.id, f]));
  const modes = schema.facets.find((f) => f.levelled);

  /** @type {any[]} Works by place: those coded first, the others once `records` is there. */
  const works = [];
  /** @type {Map<string, number>} */
  const placeOf = new Map();
  /** @param {any} packed */
  function take(packed) {
    const table = unpack(packed);
    for (let n = 0; n < table.n; n++) {
      const row = table.row(n);
      placeOf.set(row.key, works.length);
      works.push({ ...row, at: works.length });
    }
  }
  take(core.papers);

  /** All works, those nobody coded too. @returns {Promise<any[]>} */
  async function everyWork() {
    const records = await fetched("records");
    if (works.length === core.papers.n) take(records.papers);
    return works;
  }

  /** @type {any} */
  let opened;
  /** Codings, sign-offs, rulings and what holds, by paper. */
  async function codings() {
    if (!opened) {
      const packed = await fetched("codings");
      opened = {
        closed: packed.closed,
        runs: new Map(
          unpack(packed.runs)
            .rows()
            .map((r) => [r.id, r]),
        ),
      };
      for (const name of ["codings", "signoffs", "adjudications", "verifications", "final"]) {
        const table = unpack(packed[name]);
        const of = new Map();
        for (let n = 0; n < table.n; n++) {
          const paper = table.get("paper", n);
          if (!of.has(paper)) of.set(paper, []);
          of.get(paper).push(n);
        }
        opened[name] = (paper) => (of.get(paper) || []).map((n) => table.row(n));
        opened[`all_${name}`] = table;
      }
    }
    return opened;
  }

  /** First author and so on, as a text cites it. @param {any} work */
  function who(work) {
    const names = work.authors ? work.authors.split("; ").map((n) => n.split(",")[0]) : [];
    if (!names.length) return "";
    if (names.length === 1) return names[0];
    return names.length === 2 && names[1] !== "others" ? `${names[0]} and ${names[1]}` : `${names[0]} et al.`;
  }

  /** Addresses of a work: name and address. @param {any} work @returns {[string, string][]} */
  function addresses(work) {
    /** @type {[string, string][]} */
    const found = [];
    if (work.arxiv)
      found.push(["arXiv", `https://arxiv.org/abs/${encodeURIComponent(work.arxiv).replace(/%2F/g, "/")}`]);
    if (work.doi) found.push(["DOI", `https://doi.org/${encodeURIComponent(work.doi).replace(/%2F/g, "/")}`]);
    if (work.url && ESG.safe(work.url)) found.push([work.arxiv || work.doi ? "Page" : "Source", work.url]);
    return found;
  }

  Object.assign(ESG, {
    unpack,
    fetched,
    library,
    core,
    schema,
    codes,
    byId,
    facets,
    modes,
    works,
    placeOf,
    everyWork,
    codings,
    who,
    addresses,
  });
})();
