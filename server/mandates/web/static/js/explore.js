// The explorer's pictures and its slider. Every page reads without this script.
import { chartButtons, colour, cytoscape, draw, graphButtons } from "./pictures.js";

const form = document.querySelector(".clocks");
const asOf = document.getElementById("as-of");
const slider = document.getElementById("slider");
const stops = form.dataset.stops.split(" ").filter(Boolean);

async function chart(section, specification) {
  const place = section.querySelector(".canvas");
  place.hidden = false;
  const { view } = await draw(place, specification);
  section.append(chartButtons(view, section.dataset.picture));
}

async function network(section, graph) {
  const place = section.querySelector(".canvas");
  place.hidden = false;
  const make = await cytoscape();
  const ink = colour("--ink", "#222222");
  const paper = colour("--raised", "#ffffff");
  const hue = { overlap: colour("--c2", "#9a4a12"), oversight: colour("--c5", "#5b5590"), control: colour("--c1", "#174a7c"), condition: colour("--c3", "#2b6a45") };
  const cy = make({
    container: place,
    elements: [
      ...graph.nodes.map((node) => ({ data: { ...node, size: 10 + 2.2 * Math.sqrt(node.mandates) } })),
      ...graph.edges.map((edge, i) => ({ data: { id: `e${i}`, source: edge.a, target: edge.b, kind: edge.kind, width: edge.kind === "overlap" ? 1 + edge.score / 20 : 1.6, hue: hue[edge.kind] } })),
    ],
    layout: { name: "cose", animate: false, nodeDimensionsIncludeLabels: true, nodeRepulsion: () => 90000, idealEdgeLength: () => 80, numIter: 1500 },
    minZoom: 0.2,
    maxZoom: 4,
    style: [
      { selector: "node", style: { "background-color": ink, width: "data(size)", height: "data(size)", label: "data(label)", color: ink, "font-size": 12, "text-valign": "bottom", "text-margin-y": 3, "text-outline-color": paper, "text-outline-width": 2, "text-wrap": "wrap", "text-max-width": 120 } },
      { selector: "edge", style: { width: "data(width)", "line-color": "data(hue)", "line-opacity": 0.65, "curve-style": "bezier" } },
      { selector: "edge[kind != 'overlap']", style: { "target-arrow-shape": "triangle", "target-arrow-color": "data(hue)", "arrow-scale": 0.8 } },
      { selector: "edge[kind = 'condition']", style: { "line-style": "dashed" } },
      { selector: ".off", style: { display: "none" } },
      { selector: ".faded", style: { opacity: 0.12 } },
    ],
  });
  cy.on("tap", "node", (event) => {
    cy.elements().addClass("faded");
    event.target.closedNeighborhood().removeClass("faded");
  });
  cy.on("tap", (event) => event.target === cy && cy.elements().removeClass("faded"));
  cy.on("tap", "edge", (event) => {
    const link = section.parentElement.querySelectorAll(".as-table tbody a")[Number(event.target.id().slice(1))];
    if (link) location.href = link.href;
  });
  const kinds = section.querySelector(".kinds");
  kinds.hidden = false;
  kinds.addEventListener("change", () => {
    for (const box of kinds.querySelectorAll("input")) cy.edges(`[kind = '${box.value}']`).toggleClass("off", !box.checked);
  });
  section.append(graphButtons(cy, "network"));
  section.dataset.nodes = String(cy.nodes().length);
}

async function pictures() {
  for (const section of document.querySelectorAll("[data-picture]")) {
    const data = JSON.parse(section.querySelector(".specification").textContent);
    await (section.dataset.kind === "network" ? network(section, data) : chart(section, data));
  }
  document.documentElement.dataset.drawn = "yes";
}

// Moving the slider asks for the same page at another day and puts its view in place of this one.
let asked = 0;
async function move(address) {
  const number = ++asked;
  document.documentElement.dataset.drawn = "no";
  const answer = await fetch(address);
  const text = await answer.text();
  if (number !== asked) return;
  const other = new DOMParser().parseFromString(text, "text/html");
  document.getElementById("view").replaceWith(document.adoptNode(other.getElementById("view")));
  const tabs = other.querySelector(".explorer .tabs");
  document.querySelector(".explorer .tabs").replaceWith(document.adoptNode(tabs));
  history.replaceState(null, "", address);
  await pictures();
}

function address() {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) values.set(name, String(value));
  return `${location.pathname}?${values}`;
}

function place() {
  const at = stops.findLastIndex((day) => day <= asOf.value);
  slider.value = String(Math.max(at, 0));
  slider.setAttribute("aria-valuetext", asOf.value);
}

if (stops.length > 1) {
  slider.max = String(stops.length - 1);
  slider.closest(".slider").hidden = false;
  place();
  let waiting;
  slider.addEventListener("input", () => {
    asOf.value = stops[Number(slider.value)];
    slider.setAttribute("aria-valuetext", asOf.value);
    clearTimeout(waiting);
    waiting = setTimeout(() => move(address()), 120);
  });
}
asOf.addEventListener("change", () => {
  if (!asOf.value) return;
  place();
  move(address());
});
await pictures();
