// The query editor: YASQE to write, YASR to read. Without this script the plain form does the work.
import { Chart, GraphView, Timeline } from "./results.js";
import { save } from "./pictures.js";

const page = JSON.parse(document.getElementById("editor-facts").textContent);
const { Yasqe, Yasr } = window.Yasgui;
const endpoint = new URL(`${page.root}/sparql`, location.href).href;
const form = document.getElementById("query-form");
const textarea = document.getElementById("query");
const alertBox = document.getElementById("query-error");
const status = document.getElementById("query-status");
const TOO_LARGE = 12 * 1024 * 1024;

// Completion: our prefixes, and the classes and properties of our own VoID description. -----------

async function ask(query) {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/sparql-query", Accept: "application/sparql-results+json" },
    body: query,
  });
  if (!answer.ok) return [];
  return (await answer.json()).results.bindings;
}

const partitions = (kind) => async () => {
  const rows = await ask(
    `PREFIX void: <http://rdfs.org/ns/void#> SELECT ?it { ?set void:${kind}Partition/void:${kind} ?it } ORDER BY ?it`,
  );
  return rows.map((row) => row.it.value);
};
Yasqe.forkAutocompleter("prefixes", {
  name: "own-prefixes",
  persistenceId: null,
  bulk: true,
  get: () => Object.entries(page.prefixes).map(([name, iri]) => `${name}: <${iri}>`).sort(),
});
Yasqe.forkAutocompleter("class", { name: "own-class", persistenceId: null, bulk: true, get: partitions("class") });
Yasqe.forkAutocompleter("property", { name: "own-property", persistenceId: null, bulk: true, get: partitions("property") });
Yasqe.defaults.autocompleters = ["variables", "own-prefixes", "own-class", "own-property"];

// Sharing: all of it stands in the fragment, which no server limits or sees. ----------------------

async function pack(value) {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

async function shared() {
  const given = new URLSearchParams(location.hash.slice(1));
  try {
    if (given.has("z")) return await unpack(given.get("z"));
  } catch {
    complain({ title: "The link is damaged", detail: "What stands after # in the address can't be read." });
  }
  if (given.has("query")) return { query: given.get("query"), view: given.get("view") ?? undefined, run: given.has("run") };
  if (given.has("question")) return { query: await question(given.get("question")), run: true };
  return null;
}

async function question(name) {
  const answer = await fetch(`${page.root}/questions/${encodeURIComponent(name)}.rq`);
  return answer.ok ? await answer.text() : `# There is no question called ${name}.\n`;
}

// The editor. --------------------------------------------------------------------------------------

const host = document.getElementById("editor");
host.hidden = false;
const yasqe = new Yasqe(host, {
  value: textarea.value.trim(),
  persistenceId: "mandates-query",
  consumeShareLink: null,
  createShareableLink: () => location.href,
  showQueryButton: false,
  resizeable: false,
  prefixCcApi: null,
  screenReaderLabel: "SPARQL query",
  lineWrapping: true,
  editorHeight: "22rem",
});
// Tab moves on, so that nobody who works by keyboard is caught in the editor.
yasqe.setOption("extraKeys", { ...yasqe.getOption("extraKeys"), Tab: false, "Shift-Tab": false, "Ctrl-Enter": run, "Cmd-Enter": run });
yasqe.getInputField().setAttribute("aria-label", "SPARQL query");
yasqe.getScrollerElement().tabIndex = 0;
textarea.hidden = true;
textarea.labels[0].hidden = true;
form.classList.add("live");
document.getElementById("tools").hidden = false;

let marks = [];
function unmark() {
  for (const undo of marks) undo();
  marks = [];
  alertBox.replaceChildren();
  alertBox.hidden = true;
}

function mark(line, column) {
  const number = Math.min(Math.max(line - 1, 0), yasqe.lineCount() - 1);
  const handle = yasqe.addLineClass(number, "background", "fault");
  marks.push(() => yasqe.removeLineClass(handle, "background", "fault"));
  if (column) {
    const text = yasqe.getLine(number);
    const start = Math.min(column - 1, Math.max(text.length - 1, 0));
    const end = start + (/^[^\s]+/.exec(text.slice(start))?.[0].length ?? 1);
    const spot = yasqe.markText({ line: number, ch: start }, { line: number, ch: end }, { className: "fault-spot" });
    marks.push(() => spot.clear());
  }
  yasqe.scrollIntoView({ line: number, ch: 0 }, 60);
}

function complain(problem) {
  unmark();
  const title = document.createElement("strong");
  title.textContent = problem.title ?? "The query failed";
  const parts = [title, document.createTextNode(` ${problem.detail ?? ""}`)];
  for (const text of [problem.hint, problem.limit && `The limit ${problem.limit.name} is ${Number(problem.limit.value).toLocaleString()}.`, problem.advice]) {
    if (text) parts.push(document.createElement("br"), document.createTextNode(text));
  }
  if (problem.line) {
    mark(problem.line, problem.column);
    const go = document.createElement("button");
    go.type = "button";
    go.className = "small";
    go.textContent = `Go to line ${problem.line}`;
    go.addEventListener("click", () => {
      yasqe.setCursor({ line: problem.line - 1, ch: Math.max((problem.column ?? 1) - 1, 0) });
      yasqe.focus();
    });
    parts.push(document.createTextNode(" "), go);
  }
  alertBox.replaceChildren(...parts);
  alertBox.hidden = false;
}
yasqe.on("change", () => marks.length && unmark());

// The answer. ---------------------------------------------------------------------------------------

class Raw extends Yasr.plugins.response {
  label = "Raw";
}
Yasr.registerPlugin("response", Raw);
Yasr.registerPlugin("chart", Chart);
Yasr.registerPlugin("timeline", Timeline);
Yasr.registerPlugin("graph", GraphView);
const local = (iri) => (iri.startsWith(page.base) ? `${page.root}/${iri.slice(page.base.length)}` : iri);
const results = document.getElementById("results");
const yasr = new Yasr(results, {
  persistenceId: null,
  prefixes: () => ({ ...page.prefixes, ...yasqe.getPrefixesFromQuery() }),
  pluginOrder: ["table", "chart", "timeline", "graph", "response"],
  defaultPlugin: "table",
  // Whole values without datatypes, until the reader wants it otherwise.
  plugins: { ...Yasr.defaults.plugins, table: { enabled: true, dynamicConfig: { compact: true, isEllipsed: false, pageSize: 50 } } },
});
yasr.config.open = (iri) => /^https?:/.test(iri) && window.open(local(iri), "_blank", "noopener");
// What has a page here is opened here: the permanent address leads elsewhere until it is published.
for (const kind of ["click", "auxclick", "focusin", "pointerover"]) {
  results.addEventListener(kind, (event) => {
    const link = event.target.closest?.("a[href]");
    if (link?.href.startsWith(page.base)) {
      link.title ||= link.href;
      link.href = local(link.href);
    }
  }, true);
}
function tidy() {
  for (const link of results.querySelectorAll("a.yasr_external_ref_btn, .yasr_header a[href*='triply']")) link.remove();
  for (const button of results.querySelectorAll(".yasr_btn:not([aria-label])")) {
    if (button.classList.contains("yasr_downloadIcon")) button.remove();
    else if (!button.textContent.trim()) button.setAttribute("aria-label", button.title || button.className.replace(/.*select_/, ""));
  }
  results.querySelector(".tableSizer")?.setAttribute("aria-label", "Rows on a page");
  results.querySelector(".tableFilter")?.setAttribute("aria-label", "Filter the rows");
  for (const scroller of document.querySelectorAll(".workbench .CodeMirror-scroll")) scroller.tabIndex = 0;
}
yasr.on("drawn", tidy);
tidy();

let running = null;
const runButton = document.getElementById("run");
function busy(on) {
  runButton.textContent = on ? "Stop" : "Run";
  form.classList.toggle("busy", on);
  results.setAttribute("aria-busy", String(on));
}

async function run() {
  if (running) {
    running.abort();
    return;
  }
  unmark();
  const controller = new AbortController();
  running = controller;
  busy(true);
  status.textContent = "Running …";
  const started = performance.now();
  try {
    const answer = await fetch(endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/sparql-query",
        Accept: "application/sparql-results+json, text/turtle;q=0.9, application/problem+json;q=0.5",
      },
      body: yasqe.getValue(),
      signal: controller.signal,
    });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({ title: `The server answered ${answer.status}` }));
      status.textContent = "No answer.";
      complain(problem);
      return;
    }
    const size = Number(answer.headers.get("Content-Length") ?? 0);
    if (size > TOO_LARGE) {
      controller.abort();
      status.textContent = "";
      complain({ title: "The answer is too large to show.", detail: `It has ${Math.round(size / 1048576)} MiB. Add a LIMIT, or download it below.` });
      return;
    }
    const text = await answer.text();
    const seconds = (performance.now() - started) / 1000;
    const contentType = answer.headers.get("Content-Type") ?? "";
    yasr.setResponse({ data: text, contentType, status: answer.status, executionTime: seconds * 1000 });
    const found = yasr.results?.getBindings?.();
    const count = found ? `${found.length.toLocaleString()} ${found.length === 1 ? "row" : "rows"}` : "An answer";
    status.textContent = `${count} in ${seconds.toFixed(2)} s, from dataset ${answer.headers.get("Dataset-Version") ?? "?"}`;
    document.documentElement.dataset.answered = "yes";
  } catch (error) {
    status.textContent = error.name === "AbortError" ? "Stopped." : "";
    if (error.name !== "AbortError") complain({ title: "The server can't be reached.", detail: error.message });
  } finally {
    if (running === controller) running = null;
    busy(false);
  }
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});

// Examples, copying, downloads. ---------------------------------------------------------------------

const kept = document.getElementById("examples");
kept.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-question]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  yasqe.setValue(await question(link.dataset.question));
  for (const other of kept.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  run();
});
document.getElementById("example-filter").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const section of kept.querySelectorAll("section")) {
    let any = false;
    for (const item of section.querySelectorAll("li")) {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
      any ||= !item.hidden;
    }
    section.hidden = !any;
  }
});

const dialog = document.getElementById("copy");
function show(title, text, note) {
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("textarea").value = text;
  dialog.querySelector(".quiet").textContent = note ?? "";
  dialog.querySelector("[data-copy]").textContent = "Copy";
  dialog.showModal();
  dialog.querySelector("textarea").select();
}
dialog.querySelector("[data-copy]").addEventListener("click", async (event) => {
  const field = dialog.querySelector("textarea");
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    document.execCommand("copy");
  }
  event.target.textContent = "Copied";
});

function code(language) {
  const query = yasqe.getValue();
  const graph = ["CONSTRUCT", "DESCRIBE"].includes(yasqe.getQueryType());
  const type = graph ? "text/turtle" : "text/csv";
  if (language === "curl") {
    return `curl -sS '${endpoint}' -H 'Accept: ${type}' \\\n  --data-urlencode query@- <<'SPARQL'\n${query}\nSPARQL\n`;
  }
  if (language === "Python") {
    const text = query.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"');
    const read = graph
      ? "print(answer.read().decode())"
      : 'for row in csv.DictReader(io.TextIOWrapper(answer, "utf-8")):\n        print(row)';
    return `${graph ? "" : "import csv\nimport io\n"}from urllib.request import Request, urlopen\n\nquery = """\n${text}\n"""\nrequest = Request(\n    "${endpoint}",\n    data=query.encode(),\n    headers={"Content-Type": "application/sparql-query", "Accept": "${type}"},\n)\nwith urlopen(request) as answer:\n    ${read}\n`;
  }
  let dashes = "---";
  while (query.includes(`)${dashes}"`)) dashes += "-";
  const read = graph ? "cat(resp_body_string(answer))" : "rows <- read.csv(text = resp_body_string(answer))\nprint(rows)";
  return `library(httr2)\n\nquery <- r"${dashes}(\n${query}\n)${dashes}"\nanswer <- request("${endpoint}") |>\n  req_headers(Accept = "${type}") |>\n  req_body_raw(query, type = "application/sparql-query") |>\n  req_perform()\n${read}\n`;
}
for (const button of document.querySelectorAll("[data-code]")) {
  button.addEventListener("click", () => show(`The query for ${button.dataset.code}`, code(button.dataset.code)));
}

const title = () => kept.querySelector("[aria-current]")?.textContent ?? /^#\+ title:\s*(.+)$/m.exec(yasqe.getValue())?.[1] ?? "";
async function link(more) {
  const view = yasr.getSelectedPluginName?.() ?? "table";
  const packed = await pack({ query: yasqe.getValue(), view, run: true, title: title(), ...more });
  return `${location.origin}${location.pathname}#z=${packed}`;
}
document.getElementById("share").addEventListener("click", async () => {
  const address = await link();
  history.replaceState(null, "", address);
  show("A link to this query", address, "The whole query stands in the link; nothing is kept on the server.");
});
document.getElementById("read").addEventListener("click", async () => window.open(await link({ only: true }), "_blank", "noopener"));

document.getElementById("download").addEventListener("click", async () => {
  const format = document.getElementById("format").value;
  unmark();
  status.textContent = "Downloading …";
  const answer = await fetch(`${endpoint}?format=${format}`, {
    method: "POST",
    headers: { "Content-Type": "application/sparql-query" },
    body: yasqe.getValue(),
  }).catch((error) => ({ ok: false, json: async () => ({ title: "The server can't be reached.", detail: error.message }) }));
  if (!answer.ok) {
    status.textContent = "";
    complain(await answer.json().catch(() => ({})));
    return;
  }
  save(await answer.blob(), `mandates.${format}`);
  status.textContent = "Downloaded.";
});

// Reading only: the answer fills the page. ----------------------------------------------------------

function reading(given) {
  document.documentElement.classList.add("reading");
  const heading = typeof given.title === "string" && given.title ? given.title : "Answer";
  document.querySelector("h1").textContent = heading;
  document.title = `${heading} – Mandates`;
  const back = document.getElementById("edit");
  back.hidden = false;
  back.addEventListener("click", () => {
    document.documentElement.classList.remove("reading");
    back.hidden = true;
    yasqe.refresh();
  });
}

async function begin() {
  const given = await shared();
  if (!given || typeof given.query !== "string") return;
  yasqe.setValue(given.query);
  if (given.only) reading(given);
  if (given.run) {
    await run();
    if (typeof given.view === "string" && yasr.plugins[given.view]?.canHandleResults()) yasr.selectPlugin(given.view);
  }
}
window.addEventListener("hashchange", begin);
await begin();
document.documentElement.dataset.ready = "yes";
