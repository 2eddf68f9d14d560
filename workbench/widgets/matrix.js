// A table of counts: arrows move, Enter picks. See matrix.py.
function shade(n, most) { return n ? Math.sqrt((n - 1) / Math.max(1, most - 1)) : 0; }
// More papers stand out more from the ground, which is dark in the dark theme; the ink is the one that reads better there.
function inked(share) {
  return `--share: ${Math.round(100 * share)}%; --ink: light-dark(${share > 0.585 ? "#fff" : "#000"}, ${share > 0.365 ? "#000" : "#fff"})`;
}
function pick(app, row, column) {
  app.ui.cursor = [row, column];
  app.send("pick", { row: app.state.rows[row].id, column: app.state.columns[column].id }).then(() => told(app));
}
function cell(app, i, j, n, most) {
  const s = app.state, row = s.rows[i], column = s.columns[j];
  const [ci, cj] = app.ui.cursor || [0, 0];
  const on = s.at[0] === row.id && s.at[1] === column.id;
  return h("td", { class: n ? "mx-cell" : "mx-cell mx-none", role: "gridcell", tabindex: ci === i && cj === j ? "0" : "-1",
    style: n ? inked(shade(n, most)) : null,
    "aria-selected": on ? "true" : "false", "aria-label": `${row.name}, ${column.name}: ${n} ${n === 1 ? "paper" : "papers"}`,
    "data-at": `${i},${j}`, onclick: () => pick(app, i, j), onfocus: () => { app.ui.cursor = [i, j]; rove(app); } }, n ? String(n) : "");
}
// One cell is in the order of Tab: the one where the reader is.
function rove(app) {
  const [i, j] = app.ui.cursor;
  for (const td of app.root.querySelectorAll("td.mx-cell")) td.tabIndex = td.dataset.at === `${i},${j}` ? 0 : -1;
}
function draw(app) {
  const s = app.state;
  if (!s.rows.length || !s.columns.length) return [h("p", {}, "Nothing to show: the schema has no such codes.")];
  const most = Math.max(1, ...s.rows.flatMap((r) => r.n));
  const groups = [];
  s.rows.forEach((r, i) => {
    if (!groups.length || groups[groups.length - 1].side !== r.side) groups.push({ side: r.side, rows: [] });
    groups[groups.length - 1].rows.push([r, i]);
  });
  return [h("div", { class: "sv-bar", "data-key": "bar" }, h("strong", {}, `Papers by ${s.rows_name.toLowerCase()} and ${s.columns_name.toLowerCase()}`),
    levelChoice(app), h("span", { class: "sv-faint" }, key("arrows"), " move, ", key("Enter"), " lists the papers, ", key("Esc"), " goes to the frame, ", key("Esc"), " again leaves")),
  faultsOf(app),
  h("div", { class: "mx-two", "data-key": "two" }, h("div", { class: "mx-scroll", "data-key": "grid" },
    h("table", { role: "grid", class: "mx-table", "aria-label": `Papers by ${s.rows_name} and ${s.columns_name}` },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, s.rows_name), s.columns.map((c) => h("th", { scope: "col" }, c.name)))),
      groups.map((g) => h("tbody", {},
        g.side ? h("tr", {}, h("th", { scope: "rowgroup", class: "mx-side", colspan: String(s.columns.length + 1) }, g.side)) : null,
        g.rows.map(([r, i]) => h("tr", {}, h("th", { scope: "row" }, r.name), r.n.map((n, j) => cell(app, i, j, n, most)))))))),
  papersOf(app)), stampOf(app)];
}
function keys(event, app) {
  if (toFrame(event, app)) return true;
  const arrow = event.key.startsWith("Arrow") || event.key === "Enter";
  if (event.target === app.root && arrow) { app.root.querySelector('td[tabindex="0"]')?.focus(); return true; }
  const at = event.target.dataset && event.target.dataset.at;
  if (!at || event.ctrlKey || event.metaKey || event.altKey) return false;
  let [i, j] = at.split(",").map(Number);
  const s = app.state;
  if (event.key === "Enter" || event.key === " ") { pick(app, i, j); return true; }
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -99], End: [0, 99], PageUp: [-8, 0], PageDown: [8, 0] };
  const move = moves[event.key];
  if (!move) return false;
  i = Math.min(s.rows.length - 1, Math.max(0, i + move[0]));
  j = Math.min(s.columns.length - 1, Math.max(0, j + move[1]));
  app.root.querySelector(`td[data-at="${i},${j}"]`)?.focus();
  return true;
}
export default { render: mount("matrix", { label: "Matrix of papers", draw, keys }) };
