import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as alternats from "alternats";
import * as fastify from "alternats/fastify";
import * as jetstream from "alternats/jetstream";
import * as sdk from "alternats/sdk";
import * as validate from "alternats/sdk/validate";
import { describe, expect, it } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const read = (path: string) => readFile(join(root, path), "utf8");
const blocks = (markdown: string) =>
  [...markdown.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

describe("the README", () => {
  it("shows a program that compiles on the example's SDK", async () => {
    const program = blocks(await read("README.md"))[0]!;
    const example = join(root, "examples/rust-server");
    // Beside the SDK, so that its imports are found.
    const folder = await mkdtemp(join(example, ".readme-"));
    try {
      await writeFile(join(folder, "program.ts"), program.replace('"./sdk/', '"../sdk/'));
      await writeFile(
        join(folder, "tsconfig.json"),
        JSON.stringify({
          extends: "../tsconfig.json",
          compilerOptions: { noEmit: true, rootDir: ".." },
          include: ["program.ts"],
        }),
      );
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(
        (failure: { stdout: string }) => failure,
      );
      expect(stdout).toBe("");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("quotes generated code as it is", async () => {
    const generated =
      (await read("examples/rust-server/sdk/types.ts")) +
      (await read("examples/rust-server/sdk/operations.ts"));
    const quoted = blocks(await read("README.md")).slice(1);
    expect(quoted.length).toBeGreaterThan(0);
    for (const code of quoted) expect(generated).toContain(code);
  });
});

describe("docs/errors.md", () => {
  it("names every error with its code, and no other", async () => {
    const rows = [...(await read("docs/errors.md")).matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)];
    const named = new Map(rows.map(([, name, code]) => [name!, code!]));
    const classes = Object.entries({ ...alternats, ...jetstream, ...sdk, ...validate }).filter(
      ([name, value]) =>
        typeof value === "function" &&
        value.prototype instanceof alternats.NatsError &&
        name !== "",
    );
    expect([...named.keys()].sort()).toEqual(classes.map(([name]) => name).sort());
    const files = ["errors.ts", "jetstream/errors.ts", "sdk/errors.ts"];
    const sources = (await Promise.all(files.map((file) => read(`runtime/src/${file}`)))).join();
    for (const [name, code] of named) {
      const written = new RegExp(`class ${name} [^]*?code(?:: string)? = "(\\w+)"`).exec(sources);
      expect(`${name} ${code}`).toBe(`${name} ${written?.[1]}`);
    }
  });
});

describe("docs/options.md", () => {
  it("names every option with its default, and no other", async () => {
    const rows = [...(await read("docs/options.md")).matchAll(/^\| `(\w+)` \| `?([^`|]+?)`? \|/gm)];
    const { options } = new alternats.NatsConnection();
    const optional = ["name", "tls", "onConnecting", "reconnectDelay"];
    expect(rows.map(([, name]) => name).sort()).toEqual(
      [...Object.keys(options), ...optional].sort(),
    );
    for (const [, name, text] of rows) {
      const value = options[name as keyof typeof options];
      const shown = text!.replaceAll(",", "");
      if (typeof value === "number" || typeof value === "boolean")
        expect(shown).toBe(String(value));
    }
  });
});

describe("docs/engine.md", () => {
  it("names every option of TLS, and no other", async () => {
    const [table = ""] = /\| `tls` \|[\s\S]*?\n\n/.exec(await read("docs/engine.md")) ?? [];
    const named = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`([a-z]\w+)`/gi)].map(([, name]) => name!),
    );
    const source = await read("runtime/src/transport/tls-options.ts");
    const [, members = ""] = /interface NatsTlsOptions \{([\s\S]*?)\n\}/.exec(source)!;
    const options = [...members.matchAll(/readonly (\w+)\?:/g)].map(([, name]) => name!);
    expect(named.filter((name) => name !== "tls" && name !== "null").sort()).toEqual(
      options.sort(),
    );
  });
});

describe("docs/configuration.md", () => {
  it("names every setting with its flag, and no other", async () => {
    const rows = [...(await read("docs/configuration.md")).matchAll(/^\| `(\w+)` \| (.+?) \|/gm)];
    const { sdkSettings, configSettings } = await import(
      "../../generator/dist/workshop/config/settings.js"
    );
    const { document: _, ...settings } = { ...sdkSettings, ...configSettings };
    const flags = Object.entries(settings).map(([name, option]) => {
      const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      return [name, `${"short" in option ? `\`-${option.short}\`, ` : ""}\`--${dashed}\``];
    });
    expect(rows.map(([, name, flag]) => [name, flag])).toEqual([
      ["document", "`<document>`"],
      ...flags,
    ]);
  });
});

describe("docs/generator.md", () => {
  it("names every option of the command, and no other", async () => {
    const text = await read("docs/generator.md");
    const [table = ""] = /\| option \|[\s\S]*?\n\n/.exec(text) ?? [];
    const named = [...table.matchAll(/`--([\w-]+)/g)].map(([, name]) => name);
    const { generateOptions } = await import("../../generator/dist/commands/generate/command.js");
    const options = Object.keys(generateOptions).map((name) =>
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(named).toEqual([...options, "help", "version"]);
  });
});

describe("docs/alternats.md", () => {
  it("names only members that exist", async () => {
    const members = [
      ...(await read("docs/alternats.md")).matchAll(/^\| [^|]+ \| `(\w+)(?:\(\)|`)/gm),
    ];
    const known = [
      ...Object.keys(alternats),
      ...Object.keys(fastify),
      ...Object.getOwnPropertyNames(alternats.NatsConnection.prototype),
      ...Object.getOwnPropertyNames(alternats.NatsConnectionPool.prototype),
      ...[
        "options",
        "on",
        "NatsCommand",
        "NatsOptions",
        "NatsSerializer",
        "NatsWriter",
        "msgpackSerializer",
      ],
    ];
    expect(members.length).toBeGreaterThan(20);
    for (const [, member] of members) expect(known).toContain(member);
  });
});
