import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { generate } from "../../generator/src/index.ts";
import { rules } from "../../generator/src/lint/rules.ts";

const page = (name: string): string =>
  readFileSync(join(import.meta.dirname, "../../docs", `${name}.md`), "utf8");
const code = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

it("docs/names.md lists the generated functions", async () => {
  const rows = [...page("names").matchAll(/^\| (`[^|]+`) \| (`publish[^|]+) \| ([^|]+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(4);
  for (const hasReply of [false, true]) {
    // A document for each name: some of them would collide.
    const all = rows.map(async ([, name, plain, replying]) => {
      const document = {
        asyncapi: "2.6.0",
        info: { title: "T", version: "1" },
        channels: {
          c: {
            ...(hasReply && { bindings: { nats: { is: "requestReply" } } }),
            publish: { operationId: code(name!)[0], message: { name: "M", payload: {} } },
            ...(hasReply && { subscribe: { message: { name: "N", payload: {} } } }),
          },
        },
      };
      const { files } = await generate({
        main: "asyncapi.json",
        read: async () => JSON.stringify(document),
      });
      const text = files.find(({ path }) => path === "operations.ts")!.text;
      const functions = [...text.matchAll(/export (?:function|const) (\w+)/g)].map(
        ([, each]) => each,
      );
      expect(functions).toEqual(code((hasReply ? replying : plain)!));
    });
    await Promise.all(all);
  }
}, 40_000);

it("docs/checking.md lists every rule with its description", () => {
  const rows = [...page("checking").matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)];
  const listed = new Map(rows.map(([, name, text]) => [name!, text!]));
  for (const [name, { summary, preset }] of Object.entries(rules)) {
    const only = preset === undefined ? "" : ` (${preset})`;
    expect(listed.get(name)).toBe(`${summary}${only}`);
  }
});

it("every warning of the generator is a rule of lint", () => {
  const sources = join(import.meta.dirname, "../../generator/src");
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" });
  const warned = files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => [
      ...readFileSync(join(sources, file), "utf8").matchAll(/\.warn\(\{\s*code: "([a-z-]+)"/g),
    ])
    .map(([, code]) => code!);
  expect(warned.length).toBeGreaterThan(20);
  expect(warned.filter((code) => !Object.hasOwn(rules, code))).toEqual([]);
});
