import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { runIn } from "./cli/support.js";
import { project, run, Workbench } from "./support/workbench.js";

/**
 * Another AsyncAPI Generator than the installed one, and the Node.js that it needs: the folder that it is installed in
 * with `npm install node@24 npm @asyncapi/generator@3`.
 */
const installed = process.env.ASYNCAPI_GENERATOR;
const generator = createRequire(
  installed === undefined ? import.meta.url : join(installed, "package.json"),
).resolve("@asyncapi/generator");
const node = installed === undefined ? process.execPath : join(installed, "node_modules/.bin/node");

/** Runs the real AsyncAPI Generator, in a process of its own. */
const program = `
const Generator = require(${JSON.stringify(generator)});
const [template, target, document, parameters, how] = process.argv.slice(2);
const options = { forceWrite: true, templateParams: JSON.parse(parameters) };
const made = new Generator(template, target, options);
const text = require("node:fs").readFileSync(document, "utf8");
(how === "text" ? made.generateFromString(text) : made.generateFromFile(document)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
`;

await whenBuilt("generator");

describe("alternats-template in the AsyncAPI Generator", { timeout: 90_000 }, () => {
  let bench: Workbench;
  const generate = (target: string, document: string, parameters: object, how = "file") =>
    run(
      node,
      ["program.cjs", "./template", target, document, JSON.stringify(parameters), how],
      bench.folder,
    );

  beforeAll(async () => {
    bench = await Workbench.open();
    await bench.write("program.cjs", program);
    // The generator writes into the template, which is not to be the project's own.
    await cp(join(project, "templates"), join(bench.folder, "template"), { recursive: true });
    await bench.write(
      "api/asyncapi.yaml",
      `asyncapi: 3.0.0
info: { title: T, version: 1.0.0 }
servers: { n: { host: localhost, protocol: nats } }
channels:
  moved: { address: moved, messages: { Moved: { payload: { $ref: ./moved.yaml } } } }
operations:
  moved: { action: send, channel: { $ref: "#/channels/moved" } }
`,
    );
    await bench.write("api/moved.yaml", "type: object\nproperties: { x: { type: number } }\n");
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("writes the files of alternats-gen, byte for byte, with names from other files", async () => {
    const options = { role: "client", validate: "receive" };
    const { code, output } = await generate("theirs", "api/asyncapi.yaml", options);
    expect(code === 0 ? "" : output).toBe("");
    const flags = ["--role", "client", "--validate", "receive"];
    await runIn(bench.folder, ["api/asyncapi.yaml", "-o", "ours", ...flags]);
    expect(await bench.list("theirs")).toHaveLength(12);
    expect(await run("diff", ["-r", "theirs", "ours"], bench.folder)).toEqual({
      code: 0,
      output: "",
    });
  });

  it("also accepts a document as text, and reports its errors", async () => {
    const text = {
      target: "from-text",
      document: join(project, "examples/rust-server/asyncapi.yaml"),
    };
    const { code, output } = await generate(text.target, text.document, {}, "text");
    expect(code === 0 ? "" : output).toBe("");
    const sdk = join(project, "examples/rust-server/sdk");
    expect(await run("diff", ["-r", text.target, sdk], bench.folder)).toEqual({
      code: 0,
      output: "",
    });
    const wrong = await generate("wrong", "api/asyncapi.yaml", { role: "server" });
    expect(wrong.code).toBe(1);
    expect(wrong.output).toContain("--role is application or client");
  });
});
