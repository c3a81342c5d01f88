// Ways to look at an answer besides the table: chart, timeline and graph, as plugins of YASR.
import { Network } from "./network.js";
import { chartButtons, CONFIG, draw, HUE, networkButtons } from "./pictures.js";

const NUMBER = /(?:integer|decimal|double|float|int|long|short|byte)$/i;
const MOST_MARKS = 2000;
const MOST_NODES = 400;
const LINES = ["--c1", "--c2", "--c3", "--c5", "--c4", "--c7", "--c8"];

export function shorten(iri, prefixes) {
  let best = "";
  for (const [name, space] of Object.entries(prefixes)) {
    if (iri.startsWith(space) && iri.length > space.length && space.length > (prefixes[best] ?? "").length) best = name;
  }
  return best ? `${best}:${iri.slice(prefixes[best].length)}` : iri;
}

function shown(cell, prefixes) {
  if (!cell) return "";
  return cell.type === "uri" ? shorten(cell.value, prefixes) : cell.value.replace("T00:00:00+05:00", "");
}

const isNumber = (cell) => !!cell && NUMBER.test(cell.datatype ?? "");
const isDate = (cell) => !!cell && /(?:date|dateTime|gYear)$/i.test(cell.datatype ?? "");

function columns(bindings, names, test) {
  return names.filter((name) => {
    const cells = bindings.map((row) => row[name]).filter(Boolean);
    return cells.length > 0 && cells.every(test);
  });
}

function chooser(text, names, chosen, change) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  for (const name of names) select.add(new Option(name, name, false, name === chosen));
  select.addEventListener("change", () => change(select.value));
  label.append(`${text} `, select);
  return label;
}

function note(text) {
  const element = document.createElement("p");
  element.className = "quiet";
  element.textContent = text;
  return element;
}

class Picture {
  priority = 5;
  constructor(yasr) {
    this.yasr = yasr;
    this.choice = {};
  }
  get rows() {
    return this.yasr.results?.getBindings() ?? [];
  }
  get names() {
    return this.yasr.results?.getVariables() ?? [];
  }
  getIcon() {
    return undefined;
  }
  panel() {
    const panel = document.createElement("div");
    panel.className = "picture";
    this.yasr.resultsEl.replaceChildren(panel);
    return panel;
  }
  choose(text, names, key) {
    return chooser(text, names, this.choice[key], (value) => {
      this.choice[key] = value;
      this.draw();
    });
  }
  async chart(panel, controls, specification, name) {
    const place = document.createElement("div");
    place.className = "drawing";
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", `${this.label} of ${this.rows.length} rows; the tab Table has the same as text`);
    const bar = document.createElement("div");
    bar.className = "controls";
    bar.append(...controls);
    panel.append(bar, place);
    try {
      const { view } = await draw(place, { config: CONFIG, ...specification });
      panel.append(chartButtons(view, name));
    } catch (error) {
      place.replaceWith(note(`This can't be drawn: ${error.message}`));
    }
  }
}

export class Chart extends Picture {
  label = "Chart";
  canHandleResults() {
    return this.rows.length > 0 && columns(this.rows, this.names, isNumber).length > 0;
  }
  async draw() {
    const numbers = columns(this.rows, this.names, isNumber);
    const others = this.names.filter((name) => !numbers.includes(name));
    const names = others.length ? others : this.names;
    this.choice.value = numbers.includes(this.choice.value) ? this.choice.value : numbers.at(-1);
    this.choice.by = names.includes(this.choice.by) ? this.choice.by : names[0];
    const { value, by } = this.choice;
    const values = this.rows.slice(0, 200).map((row) => ({
      by: shown(row[by], this.yasr.getPrefixes()),
      value: Number(row[value]?.value ?? 0),
    }));
    const panel = this.panel();
    await this.chart(
      panel,
      [this.choose("Show", numbers, "value"), this.choose("by", names, "by")],
      {
        width: "container",
        autosize: { type: "fit-x", contains: "padding" },
        height: { step: 20 },
        data: { values },
        mark: { type: "bar", color: HUE, tooltip: true },
        encoding: {
          y: { field: "by", type: "nominal", sort: null, title: by },
          x: { field: "value", type: "quantitative", title: value },
        },
      },
      "chart",
    );
    if (this.rows.length > 200) panel.append(note(`The first 200 of ${this.rows.length} rows are drawn.`));
  }
}

export class Timeline extends Picture {
  label = "Timeline";
  dates() {
    return columns(this.rows, this.names, isDate);
  }
  canHandleResults() {
    return this.rows.length > 0 && this.dates().length > 0;
  }
  async draw() {
    const dates = this.dates();
    const others = this.names.filter((name) => !dates.includes(name));
    const like = (test) => dates.find((name) => test.test(name));
    const or = (chosen, list, fallback) => (list.includes(chosen) ? chosen : fallback);
    this.choice.from = or(this.choice.from, dates, like(/from|since|begin|start/i) ?? dates[0]);
    const ends = ["(none)", ...dates];
    this.choice.until = or(this.choice.until, ends, like(/until|end|to$/i) ?? "(none)");
    this.choice.lane = or(this.choice.lane, others, others.find((n) => /label|who|title|actor|holder/i.test(n)) ?? others[0]);
    const { from, until, lane } = this.choice;
    const prefixes = this.yasr.getPrefixes();
    const day = (cell) => cell?.value.slice(0, 10);
    const last = this.rows.flatMap((row) => dates.map((name) => day(row[name]) ?? "")).sort().at(-1);
    const today = new Date().toISOString().slice(0, 10);
    const open = last > today ? last : today;
    const values = this.rows.slice(0, MOST_MARKS).filter((row) => row[from]).map((row) => ({
      lane: lane ? shown(row[lane], prefixes) : "",
      from: day(row[from]),
      until: until === "(none)" ? day(row[from]) : (day(row[until]) ?? open),
      end: until === "(none)" ? "" : (day(row[until]) ?? "open"),
      all: this.names.map((name) => `${name}: ${shown(row[name], prefixes)}`).join("; "),
    }));
    const controls = [this.choose("From", dates, "from"), this.choose("until", ends, "until")];
    if (others.length) controls.push(this.choose("in lanes of", others, "lane"));
    const panel = this.panel();
    await this.chart(
      panel,
      controls,
      {
        width: "container",
        autosize: { type: "fit-x", contains: "padding" },
        height: { step: 22 },
        data: { values },
        mark: until === "(none)" ? { type: "point", filled: true, color: HUE } : { type: "bar", height: 10, color: HUE, opacity: 0.75 },
        encoding: {
          y: { field: "lane", type: "nominal", title: null, axis: { grid: true } },
          x: { field: "from", type: "temporal", title: null, scale: { type: "utc" } },
          ...(until === "(none)" ? {} : { x2: { field: "until" } }),
          tooltip: { field: "all" },
        },
      },
      "timeline",
    );
    if (this.rows.length > MOST_MARKS) panel.append(note(`The first ${MOST_MARKS} of ${this.rows.length} rows are drawn.`));
  }
}

export class GraphView extends Picture {
  label = "Graph";
  edges() {
    const prefixes = this.yasr.getPrefixes();
    if (this.names.join() === "subject,predicate,object") {
      return this.rows
        .filter((row) => row.object.type === "uri" || row.object.type === "bnode")
        .map((row) => [row.subject.value, row.object.value, shorten(row.predicate.value, prefixes)]);
    }
    const [first, second] = this.resources();
    if (!second) return [];
    return this.rows
      .filter((row) => row[first] && row[second])
      .map((row) => [row[first].value, row[second].value, `${first} → ${second}`]);
  }
  resources() {
    return columns(this.rows, this.names, (cell) => cell.type === "uri");
  }
  canHandleResults() {
    return this.edges().length > 0;
  }
  // Things by their local names, or longer ones where two would have the same; lines by what they say.
  graph() {
    const prefixes = this.yasr.getPrefixes();
    const edges = this.edges();
    const degree = new Map();
    const kept = [];
    for (const [a, b, kind] of edges) {
      const more = new Set([a, b].filter((id) => !degree.has(id))).size;
      if (degree.size + more > MOST_NODES) continue;
      for (const id of [a, b]) degree.set(id, (degree.get(id) ?? 0) + 1);
      kept.push({ a, b, kind });
    }
    const brief = (id) => shorten(id, prefixes).replace(/^.*[/#:](?=.)/, "");
    const same = Map.groupBy(degree.keys(), brief);
    const nodes = [...degree].map(([id, weight]) => {
      const name = shorten(id, prefixes);
      return { id, weight, name, label: same.get(brief(id)).length > 1 ? name : brief(id) };
    });
    const often = [...Map.groupBy(kept, (edge) => edge.kind)].sort(([, a], [, b]) => b.length - a.length).map(([kind]) => kind);
    // The last colour is for all that have none of their own.
    const own = often.slice(0, often.length > LINES.length ? LINES.length - 1 : LINES.length);
    const kinds = own.map((kind, i) => ({ id: kind, label: kind, colour: LINES[i] }));
    if (often.length > own.length) kinds.push({ id: "", label: `${often.length - own.length} others`, colour: LINES.at(-1), dashed: true });
    const known = new Set(own);
    return { nodes, kinds, edges: kept.map((edge) => ({ ...edge, kind: known.has(edge.kind) ? edge.kind : "" })), rest: edges.length - kept.length };
  }
  async draw() {
    this.drawn = this.drawn?.end();
    const panel = this.panel();
    const section = document.createElement("section");
    section.className = "drawing";
    const place = document.createElement("div");
    place.className = "canvas network";
    const paper = document.createElement("div");
    paper.className = "on-paper";
    paper.setAttribute("aria-hidden", "true");
    section.append(place, paper);
    panel.append(section);
    const { rest, ...graph } = this.graph();
    const things = `${graph.nodes.length} things and ${graph.edges.length} links between them`;
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", `${things}; the tab Table or Raw has the same as text`);
    const made = await Network.make(place, graph, { thing: (id) => this.yasr.config.open?.(id) });
    // Another tab or answer may have been asked for while the library came.
    if (!place.isConnected) return made.end();
    this.drawn = made;
    section.prepend(made.tools("things"));
    section.append(networkButtons(made, "graph"));
    panel.append(note(`${things}. Press a thing to open its page. Where there is no room for all names, those of the things with fewest links are left out until you zoom in, point at one or choose it. Buttons, Ctrl or ⌘ with a wheel, two fingers or the keys +, − and 0 zoom, arrow keys move what is zoomed in.${rest ? ` ${rest} links are left out beyond ${MOST_NODES} things.` : ""}`));
  }
}
