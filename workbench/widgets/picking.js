// Shared by the matrix and the graph: the list of papers behind what was picked. See picking.py.
function levelChoice(app) {
  const s = app.state;
  if (!s.levelled) return null;
  const id = `pk-level-${app.ui.id ??= Math.random().toString(36).slice(2)}`;
  return h("span", {}, h("label", { for: id }, "Count a failure mode from the level "),
    h("select", { id, onchange: (e) => app.send("level", { level: e.target.value }) },
      s.levels.map((l) => h("option", { value: l, selected: l === s.level }, l))));
}
function papersOf(app) {
  const p = app.state.picked;
  if (!p) return h("p", { "data-key": "papers", class: "pk-papers" }, "Nothing is picked yet.");
  return h("section", { "data-key": "papers", class: "pk-papers", "aria-label": "Papers behind what is picked" },
    h("h3", { class: "pk-heading", tabindex: "-1" }, `${p.what}: ${p.n} ${p.n === 1 ? "paper" : "papers"}`),
    h("p", { class: "sv-faint" }, "In Python: ", h("code", {}, ".papers"), " and ", h("code", {}, ".codings"), " of this widget, as DataFrames."),
    p.papers.length < p.n ? h("p", {}, `The first ${p.papers.length} are listed; the DataFrames hold all.`) : null,
    h("ol", { class: "pk-list" }, p.papers.map((paper) => h("li", { "data-key": paper.key },
      link(paper.url, paper.title), ` (${paper.by}) `, h("code", {}, paper.key), paper.level ? [" ", h("strong", {}, paper.level)] : null,
      h("ul", {}, paper.told.map((t) => h("li", {}, h("strong", {}, t.source === "coding" ? t.who : `${t.source} by ${t.who}`), ` ${t.code}: ${t.said}. `,
        t.note, t.where ? h("span", { class: "sv-faint" }, ` (${t.where})`) : null)))))));
}
function told(app) {
  const p = app.state.picked;
  if (p) app.say(`${p.what}: ${p.n} ${p.n === 1 ? "paper" : "papers"} listed below`);
}
