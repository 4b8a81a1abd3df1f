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
import { brokerCommandOptions } from "../../generator/src/commands/broker/options.ts";
import { generateCommandOptions } from "../../generator/src/commands/generate/options.ts";
import { either } from "../../generator/src/nearest.ts";
import type { Option } from "../../generator/src/option.ts";
import { runOptions, sdkOptions } from "../../generator/src/workshop/config/options.ts";
import { NATS_OPTIONS } from "../../runtime/src/options/nats-options.js";
import { whenBuilt } from "../support/built.js";

await whenBuilt("runtime");

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
  // `npx vitest run test/docs -u` writes the names and defaults; the other columns are written by hand.
  it("has a row for every option with its default", async () => {
    const page = await read("docs/options.md");
    const [table = ""] = /(?<=\|---.*\n)(?:\| `.*\n)+/.exec(page) ?? [];
    const cells = new Map(
      table.split("\n").map((row) => {
        const [, name = "", fallback, ...others] = row.split("|").map((cell) => cell.trim());
        return [name.slice(1, -1), { fallback, others }];
      }),
    );
    const rows = Object.entries(NATS_OPTIONS).map(([name, option]) => {
      const { fallback: words = "", others = ["", "", ""] } = cells.get(name) ?? {};
      const { fallback }: { fallback: unknown } = option;
      const shown =
        typeof fallback === "number"
          ? fallback.toLocaleString("en-US")
          : ["boolean", "string"].includes(typeof fallback)
            ? `\`${fallback}\``
            : words || "none";
      return `| \`${name}\` | ${shown} | ${others.slice(0, -1).join(" | ")} |\n`.replaceAll(
        "|  |",
        "| |",
      );
    });
    await expect(page.replace(table, rows.join(""))).toMatchFileSnapshot(
      join(root, "docs/options.md"),
    );
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

/** Rows of the first table whose header begins with a word, without the Markdown of links and code. */
async function tableOf(file: string, head: string): Promise<readonly (readonly string[])[]> {
  const [table = ""] =
    new RegExp(`^\\| ${head} \\|[\\s\\S]*?\\n\\n`, "m").exec(await read(file)) ?? [];
  const rows = table.trim().split("\n").slice(2);
  return rows.map((row) =>
    row
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replaceAll("`", "")
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  );
}

const dashed = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const flagOf = (name: string, { short }: Option): string =>
  `${short === undefined ? "" : `-${short}, `}--${dashed(name)}`;

const defaultOf = (option: Option): string | undefined =>
  option.type === "boolean" ? undefined : (option.default ?? option.otherwise);

/** Row of an option in a table of a command, as far as its declaration determines it. */
function rowOf(name: string, option: Option): readonly unknown[] {
  const choices = option.type === "boolean" ? undefined : option.choices;
  const value = option.type === "boolean" ? "" : ` ${choices?.join("|") ?? `<${option.value}>`}`;
  const fallback = defaultOf(option);
  const description = fallback === undefined ? option.help : `${option.help}; default: ${fallback}`;
  // What a reader of the page needs beyond that follows.
  return [flagOf(name, option) + value, expect.stringMatching(begin(description))];
}

const begin = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);

describe("docs/configuration.md", () => {
  it("has a row for every setting, as its declaration says", async () => {
    const { document, ...settings } = { ...sdkOptions, ...runOptions };
    const rows = Object.entries<Option>(settings).map(([name, option]) => {
      const { choices = [] } = option.type === "boolean" ? {} : option;
      const none = option.type === "boolean" ? "false" : "none";
      const description = choices.length > 0 ? `${either(choices)}: ${option.help}` : option.help;
      return [
        name,
        flagOf(name, option),
        defaultOf(option) ?? none,
        expect.stringMatching(begin(description)),
      ];
    });
    expect(await tableOf("docs/configuration.md", "key")).toEqual([
      ["document", "<document>", "none", document.help],
      ...rows,
    ]);
  });
});

describe("docs/generator.md", () => {
  it("has a row for every option of the command, as its declaration says", async () => {
    const [document, ...rows] = await tableOf("docs/generator.md", "option");
    expect(document?.[0]).toBe("<document>");
    const declared = Object.entries<Option>(generateCommandOptions);
    expect(rows.slice(0, -1)).toEqual(declared.map(([name, option]) => rowOf(name, option)));
    expect(rows.at(-1)?.[0]).toBe("-h, --help · -v, --version");
  });
});

describe("docs/accounts.md", () => {
  it("has a row for every option of the broker command, as its declaration says", async () => {
    const { root, allowNet, lenient, limits, config, verbose, ...own } = brokerCommandOptions;
    const rows = Object.entries<Option>(own).map(([name, option]) => rowOf(name, option));
    const flags = [
      `${flagOf("root", root)} <folder>`,
      flagOf("allowNet", allowNet),
      flagOf("lenient", lenient),
      `${flagOf("limits", limits)} <growth>`,
      `${flagOf("config", config)} <file>`,
      flagOf("verbose", verbose),
    ].join(", ");
    expect(await tableOf("docs/accounts.md", "option")).toEqual([
      ...rows,
      [flags, "the same as for generate"],
    ]);
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
