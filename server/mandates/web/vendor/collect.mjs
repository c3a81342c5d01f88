// Copy the minified builds of what the pages load into ../static/vendor/, with every licence.
// Run by `make vendor` after `npm ci`; what is copied is committed, so serving needs no npm.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const modules = join(here, "node_modules");
const target = join(here, "..", "static", "vendor");
const files = {
  "yasgui.min.js": "@zazuko/yasgui/build/yasgui.min.js",
  "yasgui.min.css": "@zazuko/yasgui/build/yasgui.min.css",
  "vega.min.js": "vega/build/vega.min.js",
  "vega-lite.min.js": "vega-lite/build/vega-lite.min.js",
  "vega-embed.min.js": "vega-embed/build/vega-embed.min.js",
  "cytoscape.min.js": "cytoscape/dist/cytoscape.min.js",
};
const MOST = 1.5 * 1024 * 1024;

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const sums = [];
for (const [name, source] of Object.entries(files)) {
  // Maps lead to sources that are not served.
  const text = readFileSync(join(modules, source), "utf-8").replace(/\n\/[/*]# sourceMappingURL=.*\s*$/, "\n");
  if (Buffer.byteLength(text) > MOST) throw new Error(`${name} is larger than 1.5 MiB`);
  writeFileSync(join(target, name), text);
  sums.push(`${createHash("sha256").update(text).digest("hex")}  ${name}`);
}
writeFileSync(join(target, "SHA256SUMS"), sums.join("\n") + "\n");

// A build contains the packages it depends on, so their licences go with it.
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf-8"));
const packages = Object.entries(lock.packages).filter(([path, entry]) => path && !entry.dev && !entry.optional);
const own = (name) => {
  const given = join(here, "licences", `${name.split("/")[0]}.txt`);
  return existsSync(given) ? readFileSync(given, "utf-8") : "";
};
const parts = ["# Licences of what is in this folder\n"];
for (const [path, entry] of packages.sort()) {
  const name = path.replace(/^.*node_modules\//, "");
  const folder = join(here, path);
  if (!existsSync(folder)) continue;
  const found = readdirSync(folder).find((file) => /^(licen[cs]e|copying)/i.test(file));
  const text = found ? readFileSync(join(folder, found), "utf-8") : own(name);
  parts.push(`## ${name} ${entry.version}: ${entry.license ?? "see below"}\n\n${text.trim()}\n`);
}
writeFileSync(join(target, "LICENCES.md"), parts.join("\n").replace(/[ \t]+$/gm, "") + "\n");
