import { join } from "node:path";
import type { Check } from "alternats/sdk/validate";
import { expect } from "vitest";
import { generateText, type Workbench } from "./workbench.js";

/** A schema's check, compiled as the SDK would have it. */
export async function checkOf(bench: Workbench, name: string, schemas: object): Promise<Check> {
  const text = JSON.stringify({
    asyncapi: "3.0.0",
    info: { title: "t", version: "1" },
    servers: { n: { host: "localhost", protocol: "nats" } },
    channels: {
      a: { address: "a", messages: { m: { payload: { $ref: "#/components/schemas/Root" } } } },
    },
    components: { schemas },
  });
  const { files, diagnostics } = await generateText({ "a.json": text }, { validate: "both" });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  await bench.writeAll(name, files);
  const module: { readonly checkM: Check } = await import(
    join(bench.folder, name, "validators.js")
  );
  return module.checkM;
}
