// @ts-check
// The frame: pages by address, the filters beside them, the search above them.
"use strict";

(() => {
  const { h } = ESG;

  /** Page -> its name, what draws it, whether the filters act on it. @type {Object<string, {name: string, draw: (...words: string[]) => Promise<any>, filters?: boolean}>} */
  const PAGES = {
    findings: { name: "Findings", draw: ESG.findingsPage },
    map: { name: "Map", draw: ESG.mapPage, filters: true },
    papers: { name: "Papers", draw: ESG.papersPage, filters: true },
    modes: { name: "Codebook", draw: ESG.modesPage, filters: true },
    flow: { name: "Flow of records", draw: ESG.flowPage },
    agreement: { name: "Agreement", draw: ESG.agreementPage },
    methods: { name: "Methods and searches", draw: ESG.methodsPage },
    under: { name: "Discussed, not measured", draw: ESG.underPage, filters: true },
    together: { name: "Raised together", draw: ESG.togetherPage, filters: true },
    pairs: { name: "Paired evidence", draw: ESG.pairsPage, filters: true },
    audit: { name: "Model audit", draw: ESG.auditPage },
    paper: { name: "Paper", draw: ESG.paperPage },
    mode: { name: "Code", draw: ESG.modePage, filters: true },
  };
  /** The places of the navigation -> the pages in each, the first of which it opens. @type {[string, string[]][]} */
  const PLACES = [
    ["Findings", ["findings"]],
    ["Map", ["map"]],
    ["Papers", ["papers", "paper"]],
    ["Codebook", ["modes", "mode"]],
    ["How it was made", ["flow", "agreement", "methods"]],
  ];
  const MORE = ["under", "together", "pairs", "audit"];

  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  const aside = /** @type {HTMLElement} */ (document.getElementById("filters"));
  /** @type {any} */
  let search;
  let turn = 0;
  let lastRoute = "";

  /** Draw what the address says. @param {{focus?: boolean}} [how] */
  async function refresh(how) {
    ESG.read(location.hash);
    const mine = ++turn;
    /** Show what comes while the page is still made. @param {...any} content */
    ESG.meanwhile = (...content) => mine === turn && ESG.replace(main, ...content);
    const [id, ...words] = ESG.state.route;
    const page = PAGES[id] || PAGES.findings;
    document.body.classList.toggle("unfiltered", !page.filters);
    filters();
    told();
    let made;
    try {
      made = await page.draw(...words);
    } catch (error) {
      made = {
        title: "Something is missing",
        papers: [],
        content: [
          h("h1", {}, "Something is missing"),
          h("p", {}, error instanceof Error ? error.message : String(error)),
        ],
      };
    }
    if (mine !== turn) return;
    const active = /** @type {any} */ (document.activeElement);
    const kept = active && main.contains(active) ? active.id : "";
    ESG.replace(main, beside(id), made.content);
    ESG.current = made.papers;
    document.title = `${made.title} - ${ESG.schema.title}`;
    const route = ESG.state.route.join("/") + (ESG.state.params.cell || "") + (ESG.state.params.box || "");
    if (how && how.focus && route !== lastRoute) {
      const opened = document.getElementById("opened");
      if (opened) opened.scrollIntoView();
      else window.scrollTo(0, 0);
      // A new view starts at its heading, for eyes and for who listens.
      const start = /** @type {HTMLElement} */ (opened || main.querySelector("h1") || main);
      start.tabIndex = -1;
      start.focus({ preventScroll: true });
    } else if (kept) {
      const again = document.getElementById(kept);
      if (again) again.focus();
    }
    lastRoute = route;
    ESG.drawn = ESG.drawCharts();
    const n = main.querySelector("[data-count]");
    if (n) ESG.announce(`${made.title}: ${n.textContent}`);
    document.documentElement.dataset.ready = String(mine);
  }

  /** The head of the page, once. */
  function head() {
    search = h("input", {
      id: "search",
      type: "search",
      placeholder: `Search ${ESG.count(ESG.core.about.records, "record")}`,
      "aria-label": "Search titles, authors and evidence notes",
      autocomplete: "off",
      spellcheck: "false",
    });
    // The index takes a moment: it is begun before the first word is typed.
    search.addEventListener("focus", () => ESG.searchable().catch(() => 0));
    let wait = 0;
    search.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(() => {
        const q = search.value.trim();
        const onPapers = ESG.state.route[0] === "papers";
        const address = ESG.link(
          "papers",
          onPapers
            ? {
                ...ESG.state.params,
                q,
                scope: ESG.state.params.scope || (ESG.state.params.cell ? "" : "all"),
                sort: "",
              }
            : { q, scope: "all" },
        );
        if (onPapers) history.replaceState(null, "", address);
        else history.pushState(null, "", address);
        refresh();
      }, 120);
    });
    const form = h("form", { role: "search", onsubmit: (e) => e.preventDefault() }, search);
    const theme = h("button", { type: "button", class: "theme", onclick: turnTheme }, "Dark");
    ESG.replace(
      document.getElementById("top"),
      h(
        "div",
        { class: "brand" },
        h("a", { href: "#/findings", "data-home": "" }, ESG.schema.title),
      ),
      form,
      theme,
      h(
        "nav",
        { "aria-label": "Pages" },
        h(
          "ul",
          {},
          PLACES.map(([name, pages]) =>
            h("li", {}, h("a", { href: "#", "data-page": pages[0], "data-pages": pages.join(" ") }, name)),
          ),
          h("li", {}, more()),
        ),
      ),
    );
    ESG.replace(
      document.getElementById("foot"),
      h("p", {}, ESG.core.about.line),
      h(
        "p",
        {},
        ESG.core.first.licence ? `Data: ${ESG.core.first.licence}. ` : "",
        "Nothing leaves this page. ",
        h("a", { href: "#/methods" }, "Methods"),
      ),
    );
    setTheme(remembered());
  }

  /** What changes with the address: links of the navigation, the search box. */
  function told() {
    for (const link of document.querySelectorAll("#top nav a")) {
      const id = /** @type {HTMLElement} */ (link).dataset.page || "";
      link.setAttribute("href", ESG.link(id));
      const pages = (/** @type {HTMLElement} */ (link).dataset.pages || id).split(" ");
      const mine = pages.includes(ESG.state.route[0]);
      if (mine) {
        link.setAttribute("aria-current", "page");
        const row = link.closest("ul");
        if (row && row.scrollWidth > row.clientWidth)
          row.scrollLeft = link.getBoundingClientRect().left - row.getBoundingClientRect().left + row.scrollLeft - 20;
      } else link.removeAttribute("aria-current");
    }
    if (document.activeElement !== search) search.value = ESG.state.params.q || "";
  }

  /** What is looked at more rarely, behind one word. */
  function more() {
    const menu = h(
      "details",
      { class: "more" },
      h("summary", {}, "More"),
      h(
        "ul",
        {},
        MORE.map((id) => h("li", {}, h("a", { href: "#", "data-page": id }, PAGES[id].name))),
      ),
    );
    menu.addEventListener("click", (e) => {
      if (/** @type {HTMLElement} */ (e.target).closest("a")) menu.open = false;
    });
    menu.addEventListener("keydown", (e) => {
      if (e.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    return menu;
  }

  /** The other pages of the same place. @param {string} id */
  function beside(id) {
    const place = PLACES.find(([, pages]) => pages.includes(id) && pages.length > 2);
    if (!place) return null;
    return h(
      "nav",
      { class: "beside", "aria-label": place[0] },
      h(
        "ul",
        {},
        place[1].map((page) =>
          h(
            "li",
            {},
            h("a", { href: ESG.link(page), "aria-current": page === id ? "page" : null }, PAGES[page].name),
          ),
        ),
      ),
    );
  }

  const remembered = () => {
    try {
      return localStorage.getItem("esg-theme") || "";
    } catch {
      return "";
    }
  };

  /** @param {string} theme light, dark, or "" for what the system says */
  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    const dark = theme ? theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
    const button = document.querySelector(".theme");
    if (button) {
      button.textContent = dark ? "Light" : "Dark";
      button.setAttribute("aria-label", `Show the page in ${dark ? "light" : "dark"} colours`);
    }
  }

  function turnTheme() {
    const now =
      document.documentElement.dataset.theme ||
      (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    setTheme(next);
    try {
      localStorage.setItem("esg-theme", next);
    } catch {
      // a page that may not remember still turns
    }
  }

  /** @type {any} */
  let panel;

  /** The filters: built once, then only told what holds, so that the focus stays where it is. */
  function filters() {
    if (!panel) panel = buildFilters();
    const f = ESG.state.filters;
    for (const input of panel.inputs) {
      const value = f[input.dataset.filter];
      if (input.type === "radio") input.checked = input.value === value;
      else if (input.type === "checkbox" && input.dataset.filter === "verified") input.checked = value === "yes";
      else if (input.dataset.filter === "codes") input.checked = value.split(",").includes(input.value);
      else input.value = value;
    }
    const per = ESG.perCode(f);
    for (const [at, where] of panel.counts) where.textContent = per[at];
    for (const [id, details] of panel.details) {
      const chosen = ESG.chosen().filter((c) => c.facet === id).length;
      details.querySelector(".chosen").textContent = chosen ? `${chosen} chosen` : "";
      if (chosen && !details.dataset.opened) details.open = Boolean((details.dataset.opened = "yes"));
    }
    const said = ESG.inWords();
    panel.summary.textContent = said.length ? `Filters: ${said.length} set` : "Filters";
    panel.clear.disabled = !said.length;
    ESG.replace(
      panel.said,
      h("strong", { id: "selected" }, ESG.count(ESG.selection(f).papers.length, "paper")),
      said.length ? [" ", said.join("; ")] : " coded from their abstracts, grey literature apart",
    );
  }

  function buildFilters() {
    /** @type {any[]} */
    const inputs = [];
    const keep = (input) => (inputs.push(input), input);
    const set = (name) => (e) => ESG.change({ [name]: e.target.value });
    const radios = (name, legend, values) =>
      h(
        "fieldset",
        {},
        h("legend", {}, legend),
        values.map(([value, text]) =>
          h(
            "label",
            {},
            keep(h("input", { type: "radio", name, value, "data-filter": name, onchange: set(name) })),
            " ",
            text,
          ),
        ),
      );
    const select = (name, label, options) =>
      h(
        "label",
        { class: "line" },
        h("span", {}, label),
        keep(h("select", { "data-filter": name, onchange: set(name) }, options)),
      );
    const [first, last] = ESG.span();
    const years = (none) => [
      h("option", { value: "" }, none),
      Array.from({ length: last ? last - first + 1 : 0 }, (_, k) =>
        h("option", { value: String(first + k) }, first + k),
      ),
    ];
    const counts = new Map();
    const details = new Map();
    const tick = () =>
      ESG.change({
        codes: inputs
          .filter((i) => i.dataset.filter === "codes" && i.checked)
          .map((i) => i.value)
          .join(","),
      });
    const facets = ESG.schema.facets.map((f) => {
      const made = h(
        "details",
        {},
        h("summary", {}, f.name, " ", h("span", { class: "chosen" })),
        h(
          "div",
          { class: "ticks" },
          f.at.map((at) => {
            const code = ESG.codes[at];
            const where = h("span", { class: "n" });
            counts.set(at, where);
            return h(
              "label",
              {},
              keep(
                h("input", { type: "checkbox", value: `${f.id}:${code.id}`, "data-filter": "codes", onchange: tick }),
              ),
              " ",
              h("span", { class: "name" }, code.name),
              where,
            );
          }),
        ),
      );
      details.set(f.id, made);
      return made;
    });
    const summary = h("summary", {}, "Filters");
    const clear = h("button", { type: "button", onclick: () => ESG.change({ ...ESG.FILTERS }) }, "Clear the filters");
    const said = h("p", { class: "said", role: "status" });
    const box = h(
      "details",
      { class: "panel", open: window.innerWidth >= 900 },
      summary,
      said,
      h("p", {}, clear, " ", h("button", { type: "button", onclick: copyLink }, "Copy a link to this")),
      select(
        "level",
        `Level of ${ESG.core.words.codes}, at least`,
        ESG.schema.levels.map((l) => h("option", { value: l.id }, l.name)),
      ),
      radios("grey", "Grey literature", [
        ["exclude", "exclude"],
        ["include", "include"],
        ["only", "only"],
      ]),
      h("div", { class: "pair" }, select("from", "From year", years("first")), select("to", "To year", years("last"))),
      select("basis", "Coded from", [
        h("option", { value: "abstract" }, "abstract"),
        h("option", { value: "full-text" }, "full text"),
        h("option", { value: "title" }, "title"),
      ]),
      h(
        "label",
        { class: "tick" },
        keep(
          h("input", {
            type: "checkbox",
            "data-filter": "verified",
            onchange: (e) => ESG.change({ verified: e.target.checked ? "yes" : "" }),
          }),
        ),
        " only codes that a human verified",
      ),
      radios("match", "Papers that carry", [
        ["any", "one code of each group"],
        ["all", "all of them"],
      ]),
      facets,
    );
    ESG.replace(aside, box);
    return { inputs, counts, details, summary, clear, said };
  }

  async function copyLink() {
    const box = h("input", { value: location.href, class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    document.body.appendChild(box);
    box.select();
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      document.execCommand("copy");
    }
    box.remove();
    ESG.announce("Link copied");
  }

  Object.assign(ESG, { refresh, told });
  head();
  // The address names pages, so the way past the head may not change it.
  /** @type {HTMLElement} */ (document.querySelector(".skip")).addEventListener("click", (e) => {
    e.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", () => refresh({ focus: true }));
  let resized = 0;
  let wide = window.innerWidth;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    if (window.innerWidth !== wide)
      resized = setTimeout(() => {
        wide = window.innerWidth;
        refresh();
      }, 200);
  });
  refresh().then(() => {
    performance.mark("started");
    document.documentElement.dataset.started = "yes";
    // What a click will need next is fetched while the reader looks.
    setTimeout(() => Promise.all([ESG.codings(), ESG.everyWork()]).catch(() => 0), 400);
  });
})();
