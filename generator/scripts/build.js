// Builds the package: creates the generated modules and compiles the sources.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { licences, makePart, parts } from "./parts.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
// Built in another folder and moved at the end, so that running programs always find a complete package.
const dist = join(root, "dist");
const next = join(root, "node_modules", `.dist-${process.pid}`);

mkdirSync(next, { recursive: true });
writeFileSync(join(next, "licences.txt"), await licences());
for (const path of parts) {
  mkdirSync(dirname(join(next, path)), { recursive: true });
  writeFileSync(join(next, path), await makePart(path));
}

const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
try {
  execFileSync(process.execPath, [tsc, "-p", root, "--outDir", next], { stdio: "inherit" });
  const { configSchema } = await import(
    pathToFileURL(join(next, "workshop/config/config-schema.js")).href
  );
  writeFileSync(
    join(next, "config.schema.json"),
    `${JSON.stringify(configSchema(), undefined, 2)}\n`,
  );
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
} catch (error) {
  // The compiler has printed its errors.
  if (error.status === undefined) throw error;
  process.exitCode = 1;
} finally {
  rmSync(next, { recursive: true, force: true });
}
