// A graph as a picture: places things with room, and writes each name only where it can be read.
//
// Names keep their size whatever the zoom, so zooming in makes room for more of them. Those with most
// behind them are written first; a name that would lie on another or on a thing is left out until
// there is room, or until its thing or a neighbour is looked at.
//
// A graph has `nodes` (`id`, `label`, `weight` and, where the list should say more, `name`), `kinds` of
// lines (`id`, `label`, `colour` of the page, `dashed`, `plain` if without an arrow) and `edges`
// (`a`, `b`, `kind` and, where some are thicker than others, `score` from 0 to 100).
import { colour, cytoscape } from "./pictures.js";

const FONT = "Arial, Liberation Sans, sans-serif";
const SIZE = 12;
const LINE = 1.18 * SIZE;
const GAP = 4;
const ROW = 18; // letters in a line of a name
const HEAVY = 10; // how many have room for their name in any case
const STEP = 40; // how far a key moves it
const CLOSER = 1.4; // how much a press zooms in
const SLIP = 8; // how far a finger moves in a tap
const WORK = 30_000_000; // what laying out may cost, in pairs of things
const SIDES = [["center", "bottom"], ["center", "top"], ["right", "center"], ["left", "center"]];
// A saved picture has the shape of a screen, a printed one that of a page.
const SCREEN = { width: 1400, height: 1000 };
const SHEET = { width: 860, height: 1000 };
const measuring = document.createElement("canvas").getContext("2d");

function palette(kinds, scheme) {
  const of = (name, fallback) => colour(name, fallback, scheme);
  return {
    ink: of("--ink", "#222222"),
    paper: of("--raised", "#ffffff"),
    lines: new Map(kinds.map((kind) => [kind.id, of(kind.colour, "#222222")])),
  };
}

// What stays together on a line: words and, of a word longer than a line, its parts.
function pieces(name) {
  return name.split(/(?<=\s)/).flatMap((word) => {
    if (word.trimEnd().length <= ROW) return [word];
    return word.split(/(?<=[-_/.:])|(?<=\p{Ll})(?=\p{Lu})/u).flatMap((part) => part.match(new RegExp(`.{1,${ROW}}`, "gsu")) ?? []);
  });
}

// A name in at most so many lines, with the room that it takes.
function set(name, most = 3) {
  const lines = [""];
  for (const piece of pieces(name)) {
    const longer = lines.at(-1) + piece;
    if (longer.trimEnd().length <= ROW || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(piece);
  }
  const whole = lines.map((line) => line.trim());
  const shown = whole.length > most ? [...whole.slice(0, most - 1), `${whole[most - 1]} …`] : whole;
  measuring.font = `${SIZE}px ${FONT}`;
  const width = Math.max(...shown.map((line) => measuring.measureText(line).width));
  return { text: shown.join("\n"), width: width + GAP, height: shown.length * LINE + 2 };
}

// Long names are cut, but not so that two become the same.
function setAll(nodes) {
  const names = new Map(nodes.map((node) => [node.id, set(node.label)]));
  const count = Map.groupBy(names.values(), (name) => name.text);
  for (const node of nodes) if (count.get(names.get(node.id).text).length > 1) names.set(node.id, set(node.label, 9));
  return names;
}

const crossing = (a, b) => a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;

// Share a rectangle out among parts of given weights, each piece as square as halving makes it.
function divide(box, parts) {
  if (parts.length < 2) return parts.map((part) => [part, box]);
  const all = parts.reduce((sum, part) => sum + part.weight, 0);
  let cut = 1;
  let taken = parts[0].weight;
  while (cut < parts.length - 1 && taken + parts[cut].weight <= all / 2) taken += parts[cut++].weight;
  const share = taken / all;
  const [one, two] =
    box.w >= box.h
      ? [{ ...box, w: box.w * share }, { ...box, x: box.x + box.w * share, w: box.w * (1 - share) }]
      : [{ ...box, h: box.h * share }, { ...box, y: box.y + box.h * share, h: box.h * (1 - share) }];
  return [...divide(one, parts.slice(0, cut)), ...divide(two, parts.slice(cut))];
}

// Where along a line each number goes: half by its size, half by its rank, so that crowds spread.
function spread(numbers) {
  const low = Math.min(...numbers);
  const range = Math.max(...numbers) - low || 1;
  const order = numbers.map((_, i) => i).sort((a, b) => numbers[a] - numbers[b] || a - b);
  const rank = [];
  order.forEach((i, place) => (rank[i] = numbers.length < 2 ? 0.5 : place / (numbers.length - 1)));
  return numbers.map((n, i) => (numbers.length < 2 ? 0.5 : 0.4 * ((n - low) / range) + 0.6 * rank[i]));
}

export class Network {
  // Draws `graph` in `place`. Of what is called when something is chosen, `line` is given the number of
  // a line, `thing` the id of a thing (by a finger, after it was looked at).
  static async make(place, graph, called) {
    return new Network(await cytoscape(), place, graph, called);
  }

  constructor(make, place, graph, { line, thing }) {
    const degree = new Map();
    for (const edge of graph.edges) for (const end of [edge.a, edge.b]) degree.set(end, (degree.get(end) ?? 0) + 1);
    this.dense = graph.nodes.length > 40;
    place.classList.toggle("dense", this.dense);
    this.place = place;
    this.graph = graph;
    this.colours = palette(graph.kinds);
    const kinds = new Map(graph.kinds.map((kind) => [kind.id, kind]));
    this.names = setAll(graph.nodes);
    this.hint = element("span", { className: "hint" });
    this.wheel(); // before the library listens
    this.cy = make({
      container: place,
      elements: [
        ...graph.nodes.map((node, i) => ({
          data: { ...node, size: 10, rank: node.weight + 3 * degree.get(node.id) },
          // The layout begins from here and not from chance, so that the same network looks the same.
          position: { x: 40 * Math.sqrt(i) * Math.cos(2.4 * i), y: 40 * Math.sqrt(i) * Math.sin(2.4 * i) },
        })),
        ...graph.edges.map((edge, i) => {
          const { plain = false, dashed = false } = kinds.get(edge.kind);
          return { data: { id: `line ${i}`, line: i, source: edge.a, target: edge.b, kind: edge.kind, score: edge.score, plain, dashed } };
        }),
      ],
      layout: { name: "preset" },
      minZoom: 0.4,
      maxZoom: 6,
      style: this.style(),
    });
    place.append(this.hint);
    const { cy } = this;
    this.order = cy.nodes().sort((a, b) => b.data("rank") - a.data("rank") || (a.id() < b.id() ? -1 : 1));
    this.components = this.laidOut();
    this.arrange({ width: place.clientWidth, height: place.clientHeight });
    this.whole();
    let waiting = 0;
    const later = () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => this.write());
    };
    cy.on("zoom", later);
    cy.on("dragfree", "node", later);
    cy.on("mouseover tap", "node", (event) => this.look(event.target));
    cy.on("mouseout", "node", () => this.look(this.kept));
    cy.on("tap", "node", ({ target, originalEvent }) => {
      const seen = this.kept === target || !originalEvent.type.startsWith("touch");
      this.kept = target;
      if (seen) thing?.(target.id());
    });
    cy.on("tap", (event) => event.target === cy && this.look((this.kept = null)));
    cy.on("tap", "edge", (event) => line?.(event.target.data("line")));
    this.kept = null;
    this.fingers();
    this.keys();
    let { clientWidth: width, clientHeight: height } = place;
    this.watch = new ResizeObserver(() => {
      if (!place.isConnected || !place.clientWidth) return;
      if (width === place.clientWidth && height === place.clientHeight) return;
      ({ clientWidth: width, clientHeight: height } = place);
      cy.resize();
      this.arrange({ width, height });
      this.whole();
    });
    this.watch.observe(place);
    this.over = new AbortController();
    const { signal } = this.over;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint(), { signal });
    document.addEventListener("themechange", () => this.repaint(), { signal });
    place.addEventListener("mouseleave", () => this.look(this.kept), { signal });
    addEventListener("beforeprint", () => this.onPaper(), { signal });
  }

  // What listens ends with the picture.
  end() {
    this.over.abort();
    this.watch.disconnect();
    this.cy.destroy();
  }

  style() {
    const paint = () => this.colours;
    // Zooming in spreads things out more than it makes them larger.
    const still = () => 1 / (this.cy?.zoom() ?? 1);
    const calm = () => Math.sqrt(still());
    return [
      {
        selector: "node",
        style: {
          "background-color": () => paint().ink,
          width: (node) => node.data("size") * calm(),
          height: (node) => node.data("size") * calm(),
          "font-family": FONT,
          "font-size": () => SIZE * still(),
          "line-height": 1.18,
          color: () => paint().ink,
          label: (node) => node.data("text") ?? "",
          "text-wrap": "wrap",
          "text-max-width": "1000px",
          "text-halign": (node) => node.data("across") ?? "center",
          "text-valign": (node) => node.data("along") ?? "bottom",
          "text-margin-y": (node) => ({ bottom: 3, top: -3 })[node.data("along")] * still() || 0,
          "text-margin-x": (node) => ({ right: 3, left: -3 })[node.data("across")] * still() || 0,
          "text-outline-color": () => paint().paper,
          "text-outline-width": () => 2.5 * still(),
          "text-outline-opacity": 0.9,
          "z-index": 2,
        },
      },
      {
        selector: "edge",
        style: {
          width: (edge) => (edge.data("score") ? 0.8 + edge.data("score") / (this.dense ? 32 : 20) : this.dense ? 1.1 : 1.6) * calm(),
          "line-color": (edge) => paint().lines.get(edge.data("kind")),
          "line-opacity": this.dense ? 0.42 : 0.6,
          "curve-style": "bezier",
          "control-point-step-size": 14,
        },
      },
      { selector: "edge[!plain]", style: { "target-arrow-shape": "triangle", "target-arrow-color": (edge) => paint().lines.get(edge.data("kind")), "arrow-scale": () => 0.7 * calm() } },
      { selector: "edge[?dashed]", style: { "line-style": "dashed" } },
      { selector: ".off", style: { display: "none" } },
      { selector: ".faded", style: { opacity: 0.1 } },
      { selector: "edge.near", style: { "line-opacity": 0.85 } },
    ];
  }

  // Lay each group of joined things out by itself: who meets lies near.
  laidOut() {
    const groups = this.cy.elements().components().sort((a, b) => b.length - a.length || (a.nodes()[0].id() < b.nodes()[0].id() ? -1 : 1));
    return groups.map((group) => {
      const turns = Math.min(900, Math.round(WORK / group.nodes().length ** 2));
      group
        .layout({ name: "cose", animate: false, randomize: false, fit: false, nodeRepulsion: () => 250_000, idealEdgeLength: () => 90, edgeElasticity: () => 220, gravity: 0.35, numIter: turns })
        .run();
      const nodes = group.nodes();
      const across = spread(nodes.map((node) => node.position("x")));
      const along = spread(nodes.map((node) => node.position("y")));
      return { weight: nodes.length + 1.5, nodes: nodes.map((node, i) => ({ node, x: across[i], y: along[i] })) };
    });
  }

  // Fill a rectangle with the groups, then push apart what would lie on something else. Where there
  // is no room for all names, what is pushed is smaller, and `write` chooses among the names.
  arrange({ width, height }) {
    const { cy } = this;
    const edge = 14;
    const room = { x: edge, y: edge, w: width - 2 * edge, h: height - 2 * edge };
    const each = Math.sqrt((room.w * room.h) / cy.nodes().length);
    const part = Math.min(1, each / 75);
    cy.nodes().forEach((node) => node.data("size", part * (8 + 1.6 * Math.sqrt(node.data("weight")))));
    this.sheet = { width, height };
    const heavy = this.order.slice(0, HEAVY);
    for (const [group, box] of divide(room, this.components)) {
      const items = group.nodes.map(({ node, x, y }) => {
        const name = this.names.get(node.id());
        const size = node.data("size");
        return { node, x, y, size, w: Math.max(name.width, size) + 6, h: size + name.height + 6 };
      });
      const areas = [0, 0];
      for (const item of items) areas[Number(heavy.has(item.node))] += item.w * item.h;
      const left = Math.max(0.62 * box.w * box.h - areas[1], 0);
      const less = Math.min(1, Math.sqrt(left / (areas[0] || 1)));
      for (const item of items) {
        const fit = heavy.has(item.node) ? 1 : less;
        item.w = Math.min(Math.max(fit * item.w, item.size + 3), box.w);
        item.h = Math.min(Math.max(fit * item.h, item.size + 3), box.h);
        item.x = box.x + item.w / 2 + item.x * (box.w - item.w);
        item.y = box.y + item.h / 2 + item.y * (box.h - item.h);
      }
      apart(items, box);
      for (const { node, x, y, h, size } of items) node.position({ x, y: y - h / 2 + size / 2 + 1 });
    }
  }

  whole() {
    this.cy.viewport({ zoom: 1, pan: { x: 0, y: 0 } });
    this.write();
  }

  // Write the names that can be read, the weightiest first; those looked at before all.
  write() {
    const { cy, order } = this;
    const zoom = cy.zoom();
    const calm = Math.sqrt(zoom); // of a length in the model, as it is then drawn
    const disc = (node) => {
      const { x, y } = node.position();
      const radius = (node.data("size") * calm) / 2;
      return { node, x: x * zoom, y: y * zoom, radius, x1: x * zoom - radius, x2: x * zoom + radius, y1: y * zoom - radius, y2: y * zoom + radius };
    };
    const discs = order.filter((node) => node.visible()).map(disc);
    const near = cy.elements(".near");
    const wanted = near.empty() ? discs : discs.filter((d) => near.has(d.node));
    const first = near.empty() ? wanted : [...wanted].sort((a, b) => b.node.hasClass("self") - a.node.hasClass("self"));
    const taken = [];
    const written = new Map();
    for (const spot of first) {
      const name = this.names.get(spot.node.id());
      for (const [across, along] of SIDES) {
        const x = spot.x + { center: 0, right: 1, left: -1 }[across] * (spot.radius + 3 + name.width / 2);
        const y = spot.y + { center: 0, bottom: 1, top: -1 }[along] * (spot.radius + 3 + name.height / 2);
        const box = { x1: x - name.width / 2, x2: x + name.width / 2, y1: y - name.height / 2, y2: y + name.height / 2 };
        const inside = box.x1 >= 0 && box.y1 >= 0 && box.x2 <= this.sheet.width * zoom && box.y2 <= this.sheet.height * zoom;
        const clear = inside && !taken.some((other) => crossing(box, other)) && !wanted.some((other) => other !== spot && crossing(box, other));
        if (!clear && !spot.node.hasClass("self")) continue;
        taken.push(box);
        written.set(spot.node.id(), { text: name.text, across, along, box });
        break;
      }
    }
    cy.batch(() => {
      for (const node of order) {
        const { text = "", across = "center", along = "bottom" } = written.get(node.id()) ?? {};
        node.data({ text, across, along });
      }
    });
    cy.style().update();
    this.written = written;
  }

  // Show one thing with those it is joined to, or all again.
  look(node) {
    const { cy } = this;
    cy.batch(() => {
      cy.elements().removeClass("faded near self");
      if (node) {
        const near = node.closedNeighborhood();
        cy.elements().not(near).addClass("faded");
        near.addClass("near");
        node.addClass("self");
      }
    });
    this.write();
  }

  // The same, from outside the picture: the thing is kept until another is chosen.
  choose(id) {
    this.kept = id ? this.cy.getElementById(id) : null;
    this.look(this.kept);
  }

  show(kind, on) {
    this.cy.edges().filter((edge) => edge.data("kind") === kind).toggleClass("off", !on);
    this.write();
  }

  zoomBy(factor) {
    const { cy } = this;
    cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  }

  // A finger that moves scrolls the page, as it does beside the picture; two move and zoom the network.
  // The library would take every finger, so it is shown taps only, and let go of what moves.
  fingers() {
    const { place, cy } = this;
    let from;
    const where = ({ touches: [one, two = one, ...more] }) => {
      const { left, top } = place.getBoundingClientRect();
      const x = (one.clientX + two.clientX) / 2 - left;
      const y = (one.clientY + two.clientY) / 2 - top;
      return { x, y, apart: Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY), count: (one === two ? 1 : 2) + more.length };
    };
    const letGo = () => place.dispatchEvent(new TouchEvent("touchcancel", { bubbles: true }));
    const first = { capture: true, passive: false };
    place.addEventListener("mousedown", () => cy.autoungrabify(false), first);
    place.addEventListener("touchstart", (event) => {
      cy.autoungrabify(true);
      from = where(event);
      if (from.count < 2) return;
      event.stopPropagation();
      letGo();
    }, first);
    place.addEventListener("touchmove", (event) => {
      event.stopPropagation();
      const to = where(event);
      if (to.count !== from.count) from = to;
      if (to.count > 1 && event.cancelable) {
        event.preventDefault();
        const old = { zoom: cy.zoom(), pan: cy.pan() };
        const zoom = Math.min(Math.max((old.zoom * to.apart) / (from.apart || 1), cy.minZoom()), cy.maxZoom());
        const by = zoom / old.zoom;
        cy.viewport({ zoom, pan: { x: to.x - by * (from.x - old.pan.x), y: to.y - by * (from.y - old.pan.y) } });
        from = to;
      } else if (to.count < 2 && Math.hypot(to.x - from.x, to.y - from.y) > SLIP) {
        letGo();
        // Who scrolls past the whole picture needs no advice.
        if (this.isWhole() && Math.abs(to.x - from.x) < Math.abs(to.y - from.y)) return;
        this.advise("Two fingers move and zoom this");
      }
    }, first);
    // While it scrolls, a browser may tell of no move at all, and the end would look like that of a tap.
    place.addEventListener("touchend", (event) => {
      const [{ clientX, clientY }] = event.changedTouches;
      const { left, top } = place.getBoundingClientRect();
      if (from.count < 2 && Math.hypot(clientX - left - from.x, clientY - top - from.y) <= SLIP) return;
      event.stopPropagation();
      letGo();
    }, first);
  }

  // The wheel scrolls the page, as it does beside the picture; the library would take it for zooming.
  // With a key held, and by the spread of two fingers on a pad, which browsers tell of likewise, it zooms.
  wheel() {
    const { place } = this;
    place.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) return;
      event.stopImmediatePropagation();
      if (!this.isWhole()) this.advise("Ctrl or ⌘ and the wheel zoom this");
    }, { capture: true, passive: true });
  }

  advise(text) {
    this.hint.textContent = text;
    this.hint.classList.add("shown");
    clearTimeout(this.fading);
    this.fading = setTimeout(() => this.hint.classList.remove("shown"), 1500);
  }

  // Arrow keys scroll the page as long as all of the network is in sight.
  keys() {
    const { place, cy } = this;
    const steps = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    place.tabIndex = 0;
    place.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = steps[event.key];
      if (event.key === "+" || event.key === "=") this.zoomBy(CLOSER);
      else if (event.key === "-") this.zoomBy(1 / CLOSER);
      else if (event.key === "0") this.whole();
      else if (step && !this.isWhole()) cy.panBy({ x: STEP * step[0], y: STEP * step[1] });
      else return;
      event.preventDefault();
    });
  }

  isWhole() {
    const { x, y } = this.cy.pan();
    return this.cy.zoom() === 1 && x === 0 && y === 0;
  }

  // What changes the picture: lines to show, a thing to look at, and the zoom.
  tools(things) {
    const bar = element("fieldset", { className: "kinds toolbar" });
    bar.append(element("legend", { className: "hidden-text", textContent: "What to show" }));
    const { kinds, nodes } = this.graph;
    for (const kind of kinds) {
      const box = element("input", { type: "checkbox", checked: true, hidden: kinds.length < 2 });
      box.addEventListener("change", () => this.show(kind.id, box.checked));
      const key = element("span", { className: kind.dashed ? "key dashed" : "key" });
      key.style.borderTopColor = `var(${kind.colour})`;
      const label = element("label");
      label.append(box, key, kind.label);
      bar.append(label);
    }
    const list = element("select", { id: "look-at" });
    list.add(new Option(`all ${things}`, ""));
    const named = nodes.map(({ id, label, name = label }) => [name === label ? name : `${name} (${label})`, id]);
    for (const [text, id] of named.sort(([a], [b]) => (a < b ? -1 : Number(a > b)))) list.add(new Option(text, id));
    list.addEventListener("change", () => this.choose(list.value));
    const look = element("span", { className: "look" });
    look.append(element("label", { htmlFor: list.id, textContent: "Look at" }), list);
    const zoom = element("span", { className: "look" });
    for (const [textContent, ariaLabel, act] of [
      ["+", "Zoom in", () => this.zoomBy(CLOSER)],
      ["−", "Zoom out", () => this.zoomBy(1 / CLOSER)],
      ["Whole", null, () => this.whole()],
    ]) {
      const button = element("button", { type: "button", className: "small", textContent, ariaLabel });
      button.addEventListener("click", act);
      zoom.append(button);
    }
    bar.append(look, zoom);
    return bar;
  }

  repaint() {
    this.colours = palette(this.graph.kinds);
    this.cy.style().update();
  }

  // Take a picture in light colours on a sheet of a size of its own, and put all back.
  onSheet(sheet, take) {
    const { cy } = this;
    const seen = { zoom: cy.zoom(), pan: { ...cy.pan() } };
    const places = cy.nodes().map((node) => ({ ...node.position() }));
    this.colours = palette(this.graph.kinds, "light");
    this.arrange(sheet);
    cy.viewport({ zoom: 1, pan: { x: 0, y: 0 } });
    this.write();
    try {
      return take();
    } finally {
      this.colours = palette(this.graph.kinds);
      cy.nodes().forEach((node, i) => node.position(places[i]));
      cy.viewport(seen);
      this.write();
    }
  }

  png(output) {
    return this.onSheet(SCREEN, () => this.cy.png({ output, full: true, scale: 2, bg: this.colours.paper }));
  }

  svg() {
    return this.onSheet(SCREEN, () => new XMLSerializer().serializeToString(this.vector(SCREEN)));
  }

  // A canvas would be printed as it stands on the screen, so paper gets lines and letters.
  onPaper() {
    if (!this.place.isConnected) return;
    this.place.parentElement.querySelector(".on-paper").replaceChildren(this.onSheet(SHEET, () => this.vector(SHEET)));
  }

  vector({ width, height }) {
    const { cy, colours } = this;
    const svg = part("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "font-family": FONT, "font-size": SIZE });
    svg.append(part("rect", { width, height, fill: colours.paper }));
    for (const edge of cy.edges(":visible")) {
      const { x: x1, y: y1 } = edge.sourceEndpoint();
      const { x: x2, y: y2 } = edge.targetEndpoint();
      const { x, y } = edge.controlPoints()?.at(-1) ?? edge.midpoint();
      const stroke = colours.lines.get(edge.data("kind"));
      const line = { fill: "none", stroke, opacity: edge.effectiveOpacity() * edge.numericStyle("line-opacity"), "stroke-width": edge.numericStyle("width") };
      if (edge.data("dashed")) line["stroke-dasharray"] = "5 3";
      // What leads back to where it came from bends twice.
      const half = edge.isLoop() ? `Q${bend(edge.controlPoints()[0])} ${bend(edge.midpoint())}` : "";
      svg.append(part("path", { d: `M${n(x1)} ${n(y1)} ${half} Q${n(x)} ${n(y)} ${n(x2)} ${n(y2)}`, ...line }));
      if (edge.data("plain")) continue;
      const [dx, dy] = [x2 - x, y2 - y];
      const long = Math.hypot(dx, dy) || 1;
      const [ux, uy] = [(5 * dx) / long, (5 * dy) / long];
      const head = `${n(x2)},${n(y2)} ${n(x2 - ux - uy / 2)},${n(y2 - uy + ux / 2)} ${n(x2 - ux + uy / 2)},${n(y2 - uy - ux / 2)}`;
      svg.append(part("polygon", { points: head, fill: stroke, opacity: line.opacity }));
    }
    for (const node of cy.nodes()) {
      const { x, y } = node.position();
      svg.append(part("circle", { cx: n(x), cy: n(y), r: n(node.data("size") / 2), fill: colours.ink, opacity: node.effectiveOpacity() }));
    }
    for (const node of cy.nodes()) {
      const box = this.written.get(node.id())?.box;
      if (!box) continue;
      const anchor = { center: "middle", right: "start", left: "end" }[node.data("across")];
      const x = { middle: (box.x1 + box.x2) / 2, start: box.x1 + GAP / 2, end: box.x2 - GAP / 2 }[anchor];
      const text = part("text", { "text-anchor": anchor, fill: colours.ink, stroke: colours.paper, "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke" });
      node.data("text").split("\n").forEach((line, i) => {
        text.append(Object.assign(part("tspan", { x: n(x), y: n(box.y1 + 1 + (i + 0.8) * LINE) }), { textContent: line }));
      });
      svg.append(text);
    }
    return svg;
  }
}

const n = (number) => Math.round(number * 10) / 10;
const bend = ({ x, y }) => `${n(x)} ${n(y)}`;
const element = (name, properties = {}) => Object.assign(document.createElement(name), properties);

function part(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function apart(items, box) {
  for (let turn = 0; turn < 400; turn++) {
    let moved = 0;
    for (let i = 0; i < items.length; i++) {
      for (let j = i + 1; j < items.length; j++) {
        const a = items[i];
        const b = items[j];
        const dx = (a.w + b.w) / 2 - Math.abs(a.x - b.x);
        const dy = (a.h + b.h) / 2 - Math.abs(a.y - b.y);
        if (dx <= 0 || dy <= 0) continue;
        moved++;
        // Along the shorter way out, half of it each.
        const [axis, by] = dx * 0.6 < dy ? ["x", dx] : ["y", dy];
        const sign = a[axis] < b[axis] || (a[axis] === b[axis] && i < j) ? -1 : 1;
        a[axis] += (sign * by) / 2.5;
        b[axis] -= (sign * by) / 2.5;
      }
    }
    for (const item of items) {
      item.x = Math.min(Math.max(item.x, box.x + item.w / 2), box.x + box.w - item.w / 2);
      item.y = Math.min(Math.max(item.y, box.y + item.h / 2), box.y + box.h - item.h / 2);
    }
    if (!moved) return;
  }
}
