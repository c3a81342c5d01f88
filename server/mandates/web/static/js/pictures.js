// Draw Vega-Lite specifications, and save what is drawn. The libraries come when first needed.
const here = new URL(".", import.meta.url);
const loaded = new Map();

function script(name) {
  if (!loaded.has(name)) {
    loaded.set(
      name,
      new Promise((resolve, reject) => {
        const element = document.createElement("script");
        element.src = new URL(`../vendor/${name}`, here);
        element.addEventListener("load", resolve);
        element.addEventListener("error", () => reject(new Error(`${name} could not be loaded`)));
        document.head.append(element);
      }),
    );
  }
  return loaded.get(name);
}

export async function vega() {
  for (const name of ["vega.min.js", "vega-lite.min.js", "vega-embed.min.js"]) await script(name);
  return window.vegaEmbed;
}

export async function cytoscape() {
  // It would add a style element of its own, which the page's policy forbids; base styles have it.
  const id = "__________cytoscape_stylesheet";
  if (!document.getElementById(id)) document.head.append(Object.assign(document.createElement("meta"), { id }));
  await script("cytoscape.min.js");
  return window.cytoscape;
}

// Expressions are interpreted (`ast`), since the page's policy forbids code made from strings.
export async function draw(element, specification) {
  const embed = await vega();
  const { $schema: _, ...plain } = specification;
  // What Vega says of itself would take the place of the words that the page gives the picture.
  const inner = document.createElement("div");
  inner.className = "vega";
  element.replaceChildren(inner);
  element.tabIndex = 0;
  return embed(inner, plain, {
    mode: "vega-lite",
    logLevel: 1,
    ast: true,
    actions: false,
    renderer: "svg",
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function button(text, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "small";
  element.textContent = text;
  element.addEventListener("click", action);
  return element;
}

function row(...buttons) {
  const element = document.createElement("p");
  element.className = "save";
  element.append(...buttons);
  return element;
}

// A picture leaves the page without its background, so it is given paper.
export function chartButtons(view, name) {
  const onPaper = async (take) => {
    const before = view.background();
    await view.background("#ffffff").runAsync();
    try {
      return await take();
    } finally {
      await view.background(before).runAsync();
    }
  };
  return row(
    button("Save as SVG", async () => {
      const text = await onPaper(() => view.toSVG());
      save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
    }),
    button("Save as PNG", async () => {
      const address = await onPaper(() => view.toImageURL("png", 2));
      const bytes = Uint8Array.from(atob(address.split(",")[1]), (c) => c.charCodeAt(0));
      save(new Blob([bytes], { type: "image/png" }), `${name}.png`);
    }),
  );
}

export function networkButtons(network, name) {
  return row(
    button("Save as SVG", () => save(new Blob([network.svg()], { type: "image/svg+xml" }), `${name}.svg`)),
    button("Save as PNG", async () => save(await network.png("blob-promise"), `${name}.png`)),
  );
}

// A colour of the page's own, in a form that a canvas understands; of one theme if it is named.
export function colour(name, fallback, scheme = "") {
  const probe = document.createElement("span");
  probe.style.colorScheme = scheme;
  probe.style.color = `var(${name}, ${fallback})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = found;
  return canvas.fillStyle;
}

export const CONFIG = {
  background: null,
  font: "Arial, Liberation Sans, sans-serif",
  axis: {
    labelColor: "currentColor", titleColor: "currentColor", domainColor: "currentColor",
    tickColor: "currentColor", gridColor: "currentColor", gridOpacity: 0.15, labelLimit: 320,
    titleFontWeight: "normal",
  },
  legend: { labelColor: "currentColor", titleColor: "currentColor" },
  text: { color: "currentColor" },
  view: { stroke: null },
};
export const HUE = "#b5532f";
