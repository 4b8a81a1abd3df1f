// A process of its own: generates every valid document of the corpus and writes the results as JSON.
// Arguments: the corpus, then the index of the built generator. Input: the documents.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const [corpus = "", generator = ""] = process.argv.slice(2);
const { generate } = await import(pathToFileURL(generator).href);

const results = [];
for (const { id, root, main } of await json(process.stdin)) {
  const read = (path) => readFile(join(corpus, root, path), "utf8");
  results.push([id, await generate({ main, read })]);
}
process.stdout.write(JSON.stringify(results));
