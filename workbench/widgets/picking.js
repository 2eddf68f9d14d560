// Shared by the matrix and the graph: the list of papers behind what was picked. See picking.py.
function levelChoice(app) {
  const s = app.state;
  if (!s.levelled) return null;
  const id = `pk-level-${app.ui.id ??= Math.random().toString(36).slice(2)}`;
  return h("span", {}, h("label", { for: id }, "Count from the level "),
    h("select", { id, onchange: (e) => app.send("level", { level: e.target.value }) },
      s.levels.map((l) => h("option", { value: l, selected: l === s.level }, l))));
}
// What every figure says of its data, the human-verified share among it.
function stampOf(app) { return h("p", { class: "sv-faint", "data-key": "stamp" }, app.state.stamp); }
// The words a code rests on come by message from the texts on this machine, and are in no saved notebook.
function restsOn(t) {
  if (t.words) return [" ", h("q", {}, t.words), h("span", { class: "sv-faint" }, ` (${t.locator})`)];
  return t.where ? h("span", { class: "sv-faint" }, ` (${t.where}${t.why ? `; ${t.why}` : ""})`) : null;
}
function papersOf(app) {
  const p = app.state.picked;
  const panel = { "data-key": "papers", class: "pk-papers", role: "region", tabindex: "0", "aria-label": "Papers behind what is picked" };
  if (!p) return h("section", panel, h("p", {}, "Nothing is picked yet: the papers will be listed here."));
  return h("section", panel,
    h("h3", { class: "pk-heading", tabindex: "-1" }, `${p.what}: ${p.n} ${p.n === 1 ? "paper" : "papers"}`),
    h("p", { class: "sv-faint" }, "In Python: ", h("code", {}, ".papers"), " and ", h("code", {}, ".codings"), " of this widget, as DataFrames; the cell that shows them must be run again."),
    p.papers.length < p.n ? h("p", {}, `The first ${p.papers.length} are listed; the DataFrames hold all.`) : null,
    h("ol", { class: "pk-list" }, p.papers.map((paper) => h("li", { "data-key": paper.key },
      link(paper.url, paper.title), ` (${paper.by}) `, h("code", {}, paper.key), paper.level ? [" ", h("strong", {}, paper.level)] : null,
      h("ul", {}, paper.told.map((t) => h("li", {}, h("strong", {}, t.source === "coding" ? t.who : `${t.source} by ${t.who}`), ` ${t.code}: ${t.said}. `,
        t.note, restsOn(t))))))));
}
function told(app) {
  const p = app.state.picked;
  if (!p) return;
  const panel = app.root.querySelector(".pk-papers");
  panel.scrollTop = 0;
  panel.scrollIntoView({ block: "nearest" });
  app.say(`${p.what}: ${p.n} ${p.n === 1 ? "paper" : "papers"} listed`);
}
// The first Esc goes to the frame, where letters are still ours; only the second leaves.
function toFrame(event, app) {
  if (event.key !== "Escape" || event.target === app.root) return false;
  app.root.focus({ preventScroll: true });
  return true;
}
