// The explorer's pictures and its slider. Every page reads without this script.
import { Network } from "./network.js";
import { chartButtons, draw, networkButtons } from "./pictures.js";

const form = document.querySelector(".clocks");
const asOf = document.getElementById("as-of");
const slider = document.getElementById("slider");
const stops = form.dataset.stops.split(" ").filter(Boolean);

// Below this width a picture that has a form for it is drawn in that.
const narrow = matchMedia("(width < 56rem)");

async function chart(section, specification) {
  const place = section.querySelector(".canvas");
  place.hidden = false;
  const other = section.querySelector(".narrow");
  const chosen = other && narrow.matches ? JSON.parse(other.textContent) : specification;
  const { view } = await draw(place, chosen);
  section.querySelector(".save")?.remove();
  section.append(chartButtons(view, section.dataset.picture));
}

const LINES = {
  overlap: { colour: "--c2", plain: true },
  oversight: { colour: "--c5" },
  control: { colour: "--c1" },
  condition: { colour: "--c3", dashed: true },
};
let drawn;
async function network(section, { kinds, ...graph }) {
  const place = section.querySelector(".canvas");
  place.hidden = false;
  const links = section.parentElement.querySelectorAll(".as-table tbody a");
  const lines = kinds.map(([id, label]) => ({ id, label, ...LINES[id] }));
  drawn = await Network.make(place, { ...graph, kinds: lines }, { line: (number) => links[number] && location.assign(links[number].href) });
  section.prepend(drawn.tools("institutions"));
  section.append(networkButtons(drawn, "network"));
  section.dataset.nodes = String(graph.nodes.length);
}

// A sheet is narrow too, but takes what is on the screen.
narrow.addEventListener("change", () => {
  if (!matchMedia("print").matches && document.querySelector("[data-picture] .narrow")) pictures();
});

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
  drawn = drawn?.end();
  const folded = other.querySelector("#view details.drawing");
  if (folded) folded.open = Boolean(document.querySelector("#view details.drawing")?.open);
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
