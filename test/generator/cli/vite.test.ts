import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, createServer } from "vite";
import { describe, expect, it } from "vitest";
import type * as vite from "../../../generator/src/vite.ts";
import { builtModule } from "../../support/built.js";
import { Workbench } from "../support/workbench.js";
import { good } from "./support.js";

const { default: alternats } = await builtModule<typeof vite>("vite.js");

const split = good.replace("{ type: string }", '{ $ref: "./a.yaml" }');
const schema = (name: string): string =>
  `type: object\nproperties: { ${name}: { type: string } }\n`;

describe("alternats-gen/vite", { timeout: 60_000 }, () => {
  it("writes the SDK before a build, and an error in the document ends the build", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
    await bench.write(
      "alternats.config.json",
      '{ "document": "asyncapi.yaml", "output": "src/sdk" }',
    );
    await bench.write("main.ts", 'export { moved } from "./src/sdk/keys.js";\n');
    const built = (): Promise<unknown> =>
      build({
        root: bench.folder,
        configFile: false,
        logLevel: "silent",
        plugins: [alternats()],
        build: {
          lib: { entry: "main.ts", formats: ["es"], fileName: "main" },
          rollupOptions: { external: /^alternats/ },
          write: false,
        },
      });
    const [output] = (await built()) as {
      output: { code: string }[];
    }[];
    expect(output?.output[0]?.code).toContain('"moved"');
    await bench.write("asyncapi.yaml", good.replace("string", "nonsense"));
    await expect(built()).rejects.toThrow("asyncapi.yaml has errors; no SDK was written.");
  });

  it("writes it again while a server runs, and shows errors", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", split);
    await bench.write("a.yaml", schema("first"));
    const said: string[] = [];
    let heard: () => void = () => {};
    const log = (text: string): void => {
      said.push(text);
      heard();
    };
    const server = await createServer({
      root: bench.folder,
      configFile: false,
      customLogger: {
        ...{ hasWarned: false, hasErrorLogged: () => false, clearScreen() {} },
        ...{ info() {}, warn: log, warnOnce: log, error: log },
      },
      plugins: [alternats({ document: "asyncapi.yaml", output: "sdk" })],
      server: { port: 0, host: "127.0.0.1" },
    });
    try {
      await server.listen();
      const types = join(bench.folder, "sdk/types.ts");
      expect(await readFile(types, "utf8")).toContain("first?: string");
      const changed = new Promise<void>((resolve) => {
        server.watcher.on("all", (_event, path) => path.endsWith("sdk/types.ts") && resolve());
      });
      await bench.write("a.yaml", schema("second"));
      await changed;
      expect(await readFile(types, "utf8")).toContain("second?: string");
      const warned = new Promise<void>((resolve) => {
        heard = resolve;
      });
      await bench.write("a.yaml", "type: nonsense\n");
      await warned;
      expect(said.join("\n")).toContain("a.yaml:1:");
    } finally {
      await server.close();
    }
  });
});
