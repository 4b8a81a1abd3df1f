// Which modules of Node and of packages the engine loads before anything is used.
import { createRequire } from "node:module";

const before = new Set(process.moduleLoadList);
await import("alternats");
const loaded = process.moduleLoadList.filter((name) => !before.has(name));
const packages = Object.keys(createRequire(import.meta.url).cache);
console.log(JSON.stringify({ loaded, packages }));
