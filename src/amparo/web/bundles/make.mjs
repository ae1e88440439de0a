// Bundles other people's browser code: each entry of a room's folder `bundles` into one module in its `static/vendor`, with the
// licences of what is in it beside. Run by ./amparo after `npm ci`; nothing it writes is committed. Not for our own modules: these are served as they are.

import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..", "..", "..");
const rooms = join(here, "..", "..");
const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;
// The oldest browsers with WebCodecs are newer than this (Chrome 94, Safari 16.4, Firefox 130).
const TARGET = "es2022";

for (const room of (await readdir(rooms)).sort()) {
  const bundles = join(rooms, room, "bundles");
  if (await access(bundles).then(() => true, () => false)) await bundle(bundles, join(rooms, room, "static", "vendor"));
}

/** Every entry of one folder. */
async function bundle(bundles, vendor) {
  const names = (await readdir(bundles)).filter((name) => name.endsWith(".mjs") && name !== basename(import.meta.url));
  await rm(vendor, { recursive: true, force: true });
  await mkdir(vendor, { recursive: true });
  const licences = [];
  for (const name of names.sort()) {
    const file = name.replace(/\.mjs$/, ".js");
    const made = await build({
      entryPoints: [join(bundles, name)],
      outfile: join(vendor, file),
      absWorkingDir: root,
      bundle: true,
      format: "esm",
      target: TARGET,
      minify: true,
      metafile: true,
      legalComments: "none", // they stand in LICENSES.txt, once
      banner: { js: "/* Bundled from packages; which, and their licences: LICENSES.txt beside this file. */" },
      logLevel: "warning",
    });
    for (const folder of packages(made.metafile)) licences.push(await licence(file, folder));
  }
  await writeFile(join(vendor, "LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));
}

/** The folders of the packages that a bundle has code of, from the root. */
function packages(metafile) {
  const bundled = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).filter(([, input]) => input.bytesInOutput > 0).map(([path]) => path));
  const folders = bundled.map((path) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(folders.filter(Boolean))].sort();
}

/** What a package says of its licence, in its own words. */
async function licence(file, folder) {
  const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
  const texts = (await readdir(join(root, folder))).filter((found) => LICENCE_FILE.test(found)).sort();
  if (texts.length === 0) throw new Error(`${folder} holds no licence`);
  const words = await Promise.all(texts.map((found) => readFile(join(root, folder, found), "utf8")));
  return `${file} holds code of ${name} ${version}, unchanged but for bundling and minifying. Licence: ${license}.\n`
    + `Its source is the npm package "${name}", version ${version}.\n\n${words.join("\n")}`;
}
