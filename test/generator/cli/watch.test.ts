import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Workbench } from "../support/workbench.js";
import { executable, good, Running, terminal } from "./support.js";

const split = good.replace("{ type: string }", '{ $ref: "./schemas/a.yaml#/A" }');
const schema = (name: string): string =>
  `A: { type: object, properties: { ${name}: { type: string } } }\n`;

describe("--watch", { timeout: 60_000 }, () => {
  const start = (bench: Workbench, ...args: readonly string[]): Running =>
    new Running(bench.folder, process.execPath, [executable, ...args, "--watch"]);

  it("writes again when a file changes, continues after an error, and ends on request", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", split);
    await bench.write("schemas/a.yaml", schema("first"));
    using watch = start(bench, "asyncapi.yaml", "--json");
    const types = (): Promise<string> => readFile(join(bench.folder, "sdk/types.ts"), "utf8");
    let seen = 0;
    /** Waits for the next run with that end; each run is a line of JSON. A file may be seen half written. */
    const run = async (done: boolean): Promise<object> => {
      let found: { readonly done: boolean } | undefined;
      await watch.until(() => {
        const lines = watch.out.split("\n").slice(0, -1);
        while (found?.done !== done && seen < lines.length) found = JSON.parse(lines[seen++]!);
        return found?.done === done;
      });
      return found!;
    };
    await run(true);

    await bench.write("schemas/a.yaml", schema("second"));
    expect(await run(true)).toMatchObject({
      sdks: [{ changed: ["codecs.ts", "types.ts", "alternats.json"] }],
    });
    expect(await types()).toContain("second?: string");

    await bench.write("schemas/a.yaml", "B: {}\n");
    expect(await run(false)).toMatchObject({ sdks: [{ errors: 1 }] });
    expect(await types()).toContain("second?: string");

    // As many editors save: written beside, and put in its place.
    await bench.write("schemas/.a.yaml.swp", schema("third"));
    await rename(join(bench.folder, "schemas/.a.yaml.swp"), join(bench.folder, "schemas/a.yaml"));
    await run(true);
    expect(await types()).toContain("third?: string");

    await rm(join(bench.folder, "schemas/a.yaml"));
    await run(false);
    await bench.write("schemas/a.yaml", schema("fourth"));
    await run(true);
    expect(await types()).toContain("fourth?: string");

    // A file that the document did not refer to before.
    await bench.write("other/b.yaml", schema("fifth"));
    await bench.write("asyncapi.yaml", split.replace("./schemas/a.yaml", "./other/b.yaml"));
    await run(true);
    await bench.write("other/b.yaml", schema("sixth"));
    await run(true);
    expect(await types()).toContain("sixth?: string");

    watch.child.kill("SIGTERM");
    expect(await watch.ended).toMatchObject({ code: 0, error: "" });
    expect((await bench.list("sdk")).filter((path) => path.startsWith("."))).toEqual([]);
  });

  it("follows its configuration, shows errors, and ends with Ctrl+C on a terminal", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
    await bench.write("alternats.config.yaml", "document: asyncapi.yaml\n");
    using watch = terminal(bench.folder, ["--watch"]);
    await watch.says("Watching 2 files; Ctrl+C ends it.");
    let from = watch.out.length;
    await bench.write("alternats.config.yaml", "document: asyncapi.yaml\nouput: b\n");
    await watch.says('unknown key "ouput". Did you mean "output"?', from);
    await watch.says("Watching", from);
    from = watch.out.length;
    await bench.write("alternats.config.yaml", "document: asyncapi.yaml\noutput: b\n");
    await watch.says("b/index.ts: 10 files added", from);
    await watch.says("Watching", from);
    // The terminal turns it into the signal.
    watch.child.kill("SIGINT");
    expect((await watch.ended).code).toBe(0);
  });
});
