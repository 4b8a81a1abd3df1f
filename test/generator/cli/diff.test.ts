import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import diffTask from "../../../generator/src/commands/diff/task.ts";
import type { Change } from "../../../generator/src/diff/change.ts";
import { diff } from "../../../generator/src/diff/diff.ts";
import { formatMarkdown } from "../../../generator/src/diff/report.ts";
import { type Run, run, Workbench } from "../support/workbench.js";
import { executable, runHere } from "./support.js";

/** A document of AsyncAPI 3 around some channels. */
const version3 = (channels: object, operations: object = {}, components: object = {}) => ({
  asyncapi: "3.0.0",
  info: { title: "T", version: "1" },
  servers: { n: { host: "localhost", protocol: "nats" } },
  channels,
  operations,
  components,
});

const files = (document: object) => ({
  main: "asyncapi.json",
  read: async () => JSON.stringify(document),
});

async function changesBetween(old: object, now: object): Promise<readonly Change[]> {
  const { changes, errors } = await diff(files(old), files(now));
  expect(errors).toEqual({ old: [], new: [] });
  return changes;
}

const said = ({ rule, breaks }: Change): string => `${rule}: ${breaks.join(" and ") || "nobody"}`;

/** An object with properties and those of them that are required. */
const object = (properties: object, ...required: string[]) => ({
  type: "object",
  properties,
  required,
});
const text = { type: "string" };
const closed = { additionalProperties: false };

/** Changes of a payload: its old and its new schema, and each change with the side that it breaks. */
const payloads: readonly (readonly [
  sentence: string,
  old: object,
  now: object,
  ...changes: string[],
])[] = [
  ["nothing", object({ a: text }, "a"), object({ a: text }, "a")],
  ["another description", { type: "string", description: "a" }, { type: "string", title: "b" }],
  ["a new optional property", object({}), object({ a: text }), "property-added: nobody"],
  [
    "a new required property",
    object({}),
    object({ a: text }, "a"),
    "required-property-added: publishers",
  ],
  [
    "a new property where others were forbidden",
    { ...object({ b: text }), ...closed },
    { ...object({ b: text, a: text }), ...closed },
    "property-added: subscribers",
  ],
  ["an optional property gone", object({ a: text }), object({}), "property-removed: nobody"],
  [
    "an optional property gone, and forbidden",
    { ...object({ a: text, b: text }), ...closed },
    { ...object({ b: text }), ...closed },
    "property-removed: publishers",
  ],
  [
    "a required property gone",
    object({ a: text }, "a"),
    object({}),
    "property-removed: subscribers",
  ],
  [
    "a property that is required now",
    object({ a: text }),
    object({ a: text }, "a"),
    "property-required: publishers",
  ],
  [
    "a property that is optional now",
    object({ a: text }, "a"),
    object({ a: text }),
    "property-optional: subscribers",
  ],
  ["another type", text, { type: "boolean" }, "type-changed: publishers and subscribers"],
  ["an integer for a number", { type: "number" }, { type: "integer" }, "type-narrowed: publishers"],
  ["a number for an integer", { type: "integer" }, { type: "number" }, "type-widened: subscribers"],
  ["null as well", text, { type: ["string", "null"] }, "type-widened: subscribers"],
  ["`nullable`", text, { type: "string", nullable: true }, "type-widened: subscribers"],
  ["null no more", { type: ["string", "null"] }, text, "type-narrowed: publishers"],
  ["an enum value less", { enum: ["a", "b"] }, { enum: ["b"] }, "value-removed: publishers"],
  ["an enum value more", { enum: ["b"] }, { enum: ["a", "b"] }, "value-added: subscribers"],
  ["enum values in another order", { enum: ["a", "b"] }, { enum: ["b", "a"] }],
  [
    "another const",
    { const: 1 },
    { const: 2 },
    "value-added: subscribers",
    "value-removed: publishers",
  ],
  ["a list of values where any did", text, { enum: ["a"], ...text }, "values-listed: publishers"],
  ["any value where some did", { enum: ["a"], ...text }, text, "values-opened: subscribers"],
  ["a format", text, { ...text, format: "uuid" }, "format-added: publishers"],
  ["no format", { ...text, format: "uuid" }, text, "format-removed: subscribers"],
  [
    "another pattern",
    { ...text, pattern: "^a" },
    { ...text, pattern: "^b" },
    "pattern-changed: publishers and subscribers",
  ],
  [
    "a shorter limit",
    { ...text, maxLength: 9 },
    { ...text, maxLength: 8 },
    "bound-tightened: publishers",
  ],
  [
    "a longer limit",
    { ...text, maxLength: 8 },
    { ...text, maxLength: 9 },
    "bound-loosened: subscribers",
  ],
  [
    "a lower minimum",
    { type: "number", minimum: 2 },
    { type: "number", minimum: 1 },
    "bound-loosened: subscribers",
  ],
  [
    "a minimum where there was none",
    { type: "number" },
    { type: "number", minimum: 1 },
    "bound-tightened: publishers",
  ],
  [
    "other properties forbidden",
    object({ a: text }),
    { ...object({ a: text }), ...closed },
    "properties-closed: publishers",
  ],
  [
    "other properties allowed",
    { ...object({ a: text }), ...closed },
    object({ a: text }),
    "properties-opened: subscribers",
  ],
  [
    "a map of something else",
    { type: "object", additionalProperties: text },
    { type: "object", additionalProperties: { type: "number" } },
    "type-changed: publishers and subscribers",
  ],
  [
    "items of another type",
    { type: "array", items: text },
    { type: "array", items: { enum: ["a"] } },
    "values-listed: publishers",
  ],
  [
    "a property deep inside",
    object({ a: object({ b: { type: "array", items: object({ c: text }) } }) }),
    object({ a: object({ b: { type: "array", items: object({ c: text }, "c") } }) }),
    "property-required: publishers",
  ],
  [
    "the same, put together with `allOf`",
    object({ a: text }, "a"),
    { allOf: [object({ a: text }), { required: ["a"] }] },
  ],
  [
    "another alternative",
    { oneOf: [text, { type: "number" }] },
    { oneOf: [text, { type: "number" }, { type: "boolean" }] },
    "alternative-added: subscribers",
  ],
  [
    "an alternative less, the others in another order",
    { oneOf: [text, { type: "number" }, { type: "boolean" }] },
    { oneOf: [{ type: "boolean" }, text] },
    "alternative-removed: publishers",
  ],
  [
    "an alternative where there was none",
    text,
    { anyOf: [text, { type: "number" }] },
    "alternative-added: subscribers",
  ],
  [
    "a change within an alternative",
    {
      oneOf: [
        object({ kind: { const: "a" }, x: text }, "kind"),
        object({ kind: { const: "b" } }, "kind"),
      ],
    },
    {
      oneOf: [
        object({ kind: { const: "b" } }, "kind"),
        object({ kind: { const: "a" }, x: text }, "kind", "x"),
      ],
    },
    "property-required: publishers",
  ],
  [
    "a condition that is different",
    { ...text, not: { const: "a" } },
    { ...text, not: { const: "b" } },
    "not-changed: publishers and subscribers",
  ],
];

describe("a change of a payload", () => {
  // One document with a channel for each case: the parser takes its time for each document.
  const found = new Map<string, string[]>();
  beforeAll(async () => {
    const channels = (pick: (row: (typeof payloads)[number]) => object) =>
      version3(
        Object.fromEntries(
          payloads.map((row, i) => [
            `c${i}`,
            { address: `c.${i}`, messages: { [`m${i}`]: { payload: pick(row) } } },
          ]),
        ),
      );
    const changes = await changesBetween(
      channels(([, old]) => old),
      channels(([, , now]) => now),
    );
    for (const change of changes) {
      for (const channel of change.channels) {
        found.set(channel, [...(found.get(channel) ?? []), said(change)].sort());
      }
    }
  });

  it.each(payloads.map(([sentence, , , ...changes], i) => [sentence, changes, i] as const))(
    "%s: %j",
    (_sentence, changes, i) => {
      expect(found.get(`c.${i}`) ?? []).toEqual(changes);
    },
  );
});

const message = { payload: text };
const at = (address: string | null, more: object = {}) => ({
  address,
  messages: { m: message },
  ...more,
});
const operation = (action: string, channel: string, more: object = {}) => ({
  action,
  channel: { $ref: `#/channels/${channel}` },
  ...more,
});
const queue = (name: string) => ({ bindings: { nats: { queue: name } } });
const parameter = (schema: object) => ({ parameters: { id: schema } });

/** Changes of a channel. Its name has the number of the case, so that all fit into one document. */
const channels: readonly (readonly [
  sentence: string,
  old: readonly [channel: object | undefined, operations?: Readonly<Record<string, object>>],
  now: readonly [channel: object | undefined, operations?: Readonly<Record<string, object>>],
  ...changes: string[],
])[] = [
  ["a channel gone", [at("a0")], [undefined], "channel-removed: publishers and subscribers"],
  ["a new channel", [undefined], [at("a1")], "channel-added: nobody"],
  [
    "another subject",
    [at("a2.old")],
    [at("a2.new")],
    "subject-renamed: publishers and subscribers",
  ],
  ["slashes for dots", [at("a3.b")], [at("a3/b")]],
  ["a parameter of another name", [at("a4.{x}")], [at("a4.{y}")], "parameter-renamed: nobody"],
  [
    "a wildcard for a parameter",
    [at("a5.{x}.z")],
    [at("a5.*.z")],
    "parameter-to-wildcard: publishers and subscribers",
  ],
  ["a parameter for a wildcard", [at("a6.*.z")], [at("a6.{x}.z")], "wildcard-to-parameter: nobody"],
  ["text for a parameter", [at("a7.{x}")], [at("a7.eu")], "parameter-to-text: publishers"],
  ["a parameter for text", [at("a8.eu")], [at("a8.{x}")], "text-to-parameter: subscribers"],
  ["a token more", [at("a9.b")], [at("a9.b.c")], "subject-renamed: publishers and subscribers"],
  [
    "a value less for a parameter",
    [at("a10.{id}", parameter({ enum: ["a", "b"] }))],
    [at("a10.{id}", parameter({ enum: ["b"] }))],
    "parameter-narrowed: publishers",
  ],
  [
    "any value for a parameter",
    [at("a11.{id}", parameter({ enum: ["a", "b"] }))],
    [at("a11.{id}", parameter({}))],
    "parameter-widened: subscribers",
  ],
  [
    "another default for a parameter",
    [at("a12.{id}", parameter({ default: "a" }))],
    [at("a12.{id}", parameter({ default: "b" }))],
    "parameter-default-changed: publishers and subscribers",
  ],
  ["no address any more", [at("a13")], [at(null)], "address-changed: publishers and subscribers"],
  [
    "another queue group",
    [at("a14"), { o: operation("receive", "a14", queue("x")) }],
    [at("a14"), { o: operation("receive", "a14", queue("y")) }],
    "queue-changed: subscribers",
  ],
  [
    "the subject by the NATS binding instead of the address",
    [at("a15")],
    [at("a15.handler", { bindings: { nats: { subject: "a15" } } })],
  ],
  [
    "an application that sends no more",
    [at("a16"), { o: operation("send", "a16"), p: operation("receive", "a16") }],
    [at("a16"), { p: operation("receive", "a16") }],
    "sending-dropped: subscribers",
  ],
  [
    "an application that receives no more",
    [at("a17"), { o: operation("send", "a17"), p: operation("receive", "a17") }],
    [at("a17"), { o: operation("send", "a17") }],
    "receiving-dropped: publishers",
  ],
  [
    "an operation of another name",
    [at("a18"), { oOld: operation("send", "a18") }],
    [at("a18"), { oNew: operation("send", "a18") }],
    "operation-renamed: nobody",
  ],
  [
    "a reply",
    [at("a19"), { o: operation("receive", "a19") }],
    [at("a19"), { o: operation("receive", "a19", { reply: {} }) }],
    "reply-added: publishers and subscribers",
  ],
  [
    "a new message",
    [at("a20")],
    [{ address: "a20", messages: { m: message, n: { payload: object({ k: text }) } } }],
    "message-added: subscribers",
  ],
  [
    "a message gone",
    [{ address: "a21", messages: { m: message, n: { payload: { type: "number" } } } }],
    [at("a21")],
    "message-removed: publishers",
  ],
  [
    "the only message by another name",
    [{ address: "a22", messages: { first: message } }],
    [{ address: "a22", messages: { second: message } }],
    "message-renamed: nobody",
  ],
  [
    "renamed messages that only the name distinguishes",
    [
      {
        address: "a23",
        messages: { a: { payload: object({ x: text }) }, b: { payload: object({ x: text }) } },
      },
    ],
    [
      {
        address: "a23",
        messages: { a: { payload: object({ x: text }) }, c: { payload: object({ x: text }) } },
      },
    ],
    "message-renamed: publishers and subscribers",
  ],
  [
    "messages that nothing distinguishes any more",
    [
      {
        address: "a24",
        messages: {
          a: { payload: object({ k: { const: 1 } }, "k") },
          b: { payload: object({ k: { const: 2 } }, "k") },
        },
      },
    ],
    [
      {
        address: "a24",
        messages: {
          a: { payload: object({ k: { type: "integer" } }, "k") },
          b: { payload: object({ k: { type: "integer" } }, "k") },
        },
      },
    ],
    "messages-indistinguishable: publishers",
    "values-opened: subscribers",
    "values-opened: subscribers",
  ],
  [
    "MessagePack for JSON",
    [{ address: "a25", messages: { m: message } }],
    [{ address: "a25", messages: { m: { ...message, contentType: "application/msgpack" } } }],
    "encoding-changed: publishers and subscribers",
  ],
  [
    "another spelling of JSON",
    [{ address: "a26", messages: { m: message } }],
    [{ address: "a26", messages: { m: { ...message, contentType: "application/vnd.x+json" } } }],
  ],
  [
    "a header that has to be there",
    [at("a27")],
    [{ address: "a27", messages: { m: { ...message, headers: object({ h: text }, "h") } } }],
    "required-property-added: publishers",
  ],
];

describe("a change of a channel", () => {
  const found = new Map<string, string[]>();
  let changes: readonly Change[];
  beforeAll(async () => {
    const document = (side: 1 | 2) => {
      const all = channels.map((row, i) => [i, row[side][0], row[side][1] ?? {}] as const);
      return version3(
        Object.fromEntries(all.flatMap(([i, channel]) => (channel ? [[`a${i}`, channel]] : []))),
        Object.fromEntries(
          all.flatMap(([i, , operations]) =>
            Object.entries(operations).map(([name, each]) => [`${name}A${i}`, each]),
          ),
        ),
      );
    };
    changes = await changesBetween(document(1), document(2));
    for (const change of changes) {
      for (const channel of change.channels) {
        // The number of the case stands in front of the address, or in the channel's key.
        const [number = ""] = /^a\d+/.exec(channel) ?? [];
        found.set(number, [...(found.get(number) ?? []), said(change)].sort());
      }
    }
  });

  it.each(channels.map(([sentence, , , ...all], i) => [sentence, all, i] as const))(
    "%s: %j",
    (_sentence, all, i) => {
      expect(found.get(`a${i}`) ?? []).toEqual(all);
    },
  );

  it("is reported with breaking changes first", () => {
    const order = changes.map(({ breaks }) => breaks.length);
    expect(order).toEqual([...order].sort((a, b) => b - a));
  });
});

describe("two versions of a document", () => {
  it("are compared across versions of AsyncAPI", async () => {
    const old = {
      asyncapi: "2.6.0",
      info: { title: "T", version: "1" },
      servers: { n: { url: "localhost", protocol: "nats" } },
      channels: {
        "players/{id}/moved": {
          parameters: { id: { schema: text } },
          publish: {
            operationId: "moved",
            message: { name: "moved", payload: object({ x: text }) },
          },
        },
      },
    };
    const now = version3(
      {
        moved: {
          address: "players.{id}.moved",
          parameters: { id: {} },
          messages: { moved: { payload: object({ x: text }, "x") } },
        },
      },
      { moved: operation("receive", "moved") },
    );
    expect((await changesBetween(old, now)).map(said)).toEqual(["property-required: publishers"]);
  });

  it("report a change of a shared schema once, with every affected channel", async () => {
    const document = (...required: string[]) =>
      version3(
        {
          a: {
            address: "a",
            messages: { m: { payload: object({ who: { $ref: "#/components/schemas/Player" } }) } },
          },
          b: {
            address: "b",
            messages: { m: { payload: { $ref: "#/components/schemas/Player" } } },
          },
        },
        {},
        { schemas: { Player: object({ name: text }, ...required) } },
      );
    const changes = await changesBetween(document(), document("name"));
    expect(changes).toMatchObject([
      { what: "Player.name", rule: "property-required", channels: ["a", "b"], version: "new" },
    ]);
  });

  it("can have recursive schemas", async () => {
    const document = (type: string) =>
      version3(
        {
          a: { address: "a", messages: { m: { payload: { $ref: "#/components/schemas/Tree" } } } },
        },
        {},
        {
          schemas: {
            Tree: object({
              value: { type },
              children: { type: "array", items: { $ref: "#/components/schemas/Tree" } },
            }),
          },
        },
      );
    const changes = await changesBetween(document("string"), document("number"));
    expect(changes.map(said)).toEqual(["type-changed: publishers and subscribers"]);
  });

  it("are not compared if one of them has an error, which is reported", async () => {
    const { changes, errors } = await diff(files({ asyncapi: "1.0.0" }), files(version3({})));
    expect(changes).toEqual([]);
    expect(errors.old).toMatchObject([{ code: "unsupported-version" }]);
    expect(errors.new).toEqual([]);
  });
});

describe("alternats-gen diff", { timeout: 40_000 }, () => {
  let bench: Workbench;
  const executed = (...args: readonly string[]): Promise<Run> =>
    run(process.execPath, [executable, "diff", ...args], bench.folder);
  const command = async (...args: readonly string[]): Promise<Run> => {
    const { code, out, error } = await runHere(bench.folder, ["diff", ...args]);
    return { code, output: error + out };
  };
  const git = async (...args: readonly string[]): Promise<void> => {
    const identity = [
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@example.com",
      "-c",
      "commit.gpgsign=false",
    ];
    const { code, output } = await run("git", [...identity, ...args], bench.folder);
    expect(output === "" || code === 0 ? 0 : output).toBe(0);
  };
  const yaml = (audience: string) => `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
  chatted:
    address: chatted
    messages:
      Chatted: { $ref: "./messages/chatted.yaml" }
# ${audience}
`;
  const chatted = (...audience: string[]) => `payload:
  type: object
  properties:
    audience:
      enum: [${audience.join(", ")}]
`;

  beforeEach(async () => {
    bench = await Workbench.open();
    await bench.write("api/asyncapi.yaml", yaml("all"));
    await bench.write("api/messages/chatted.yaml", chatted("team", "everyone"));
    await writeFile(join(bench.folder, ".gitignore"), "node_modules\n");
    await git("init", "--quiet", "--initial-branch=main");
    await git("add", "api");
    await git("commit", "--quiet", "--message", "first");
    await bench.write("api/messages/chatted.yaml", chatted("team", "nobody"));
  });

  afterEach(() => bench[Symbol.asyncDispose]());

  it("compares a revision and its referenced files with the working copy", async () => {
    expect(await executed("main:api/asyncapi.yaml", "api/asyncapi.yaml")).toEqual({
      code: 1,
      output: `Breaking for publishers
  api/messages/chatted.yaml:4:5 Chatted.audience: \`"everyone"\` removed [value-removed]
    Publishers may still send it. On chatted

Breaking for subscribers
  api/messages/chatted.yaml:4:5 Chatted.audience: \`"nobody"\` added [value-added]
    Subscribers do not know it. On chatted

2 changes: 1 breaking for publishers, 1 breaking for subscribers, 0 compatible.
`,
    });
  });

  it("reports as one line of JSON for programs, and as Markdown for pull requests", async () => {
    const json = await command("HEAD:./api/asyncapi.yaml", "api/asyncapi.yaml", "--json");
    expect(json.code).toBe(1);
    expect(json.output).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(json.output)).toMatchObject({
      breaking: true,
      diagnostics: [],
      changes: [
        {
          rule: "value-removed",
          level: "schema",
          breaks: ["publishers"],
          file: "api/messages/chatted.yaml",
          line: 4,
          column: 5,
          channels: ["chatted"],
        },
        { rule: "value-added", breaks: ["subscribers"] },
      ],
    });
    const output = formatMarkdown(JSON.parse(json.output).changes);
    expect(output).toContain(
      "### Breaking for publishers\n\n| what | change | why | on | where |\n",
    );
    expect(output).toContain(
      '| `Chatted.audience` | `"everyone"` removed | Publishers may still send it. | `chatted` | `api/messages/chatted.yaml:4` |\n',
    );
  });

  it("writes nothing into Markdown that could end a cell or start markup", () => {
    const hostile = "`a`|<img src=x>[b](c)\n# d";
    const change: Change = {
      rule: "type-changed",
      level: "schema",
      breaks: ["publishers"],
      what: hostile,
      message: `was ${hostile}`,
      reason: "r",
      channels: [hostile],
      version: "new",
      file: "f|g.yaml",
      line: 1,
      column: 1,
    };
    const row = formatMarkdown([change])
      .split("\n")
      .find((line) => line.includes("img"));
    expect(row).toMatch(/ \| `f\\\|g\.yaml:1` \|$/);
    // What is neither in code nor escaped.
    const outside = row!.replace(/``.*?``(?!`)|`[^`]*`|\\./g, "").replaceAll(" | ", "");
    expect(outside).not.toMatch(/[<>[\]#]/);
  });

  it("ends with 0 when all changes are compatible", async () => {
    const added = "api/messages/chatted.yaml";
    await bench.write(added, `${chatted("team", "everyone")}    text: { type: string }\n`);
    expect(await command("main:api/asyncapi.yaml", "api/asyncapi.yaml")).toEqual({
      code: 0,
      output: `Compatible
  api/messages/chatted.yaml:6:5 Chatted.text: added [property-added]
    No program must send or read it. On chatted

1 change: 0 breaking for publishers, 0 breaking for subscribers, 1 compatible.
`,
    });
    await bench.write(added, chatted("team", "everyone"));
    expect(await command("main:api/asyncapi.yaml", "api/asyncapi.yaml")).toEqual({
      code: 0,
      output: "Nothing changed for publishers and subscribers.\n",
    });
  });

  it.each([
    ["nowhere:api/asyncapi.yaml", '"nowhere" cannot be read: there is no such revision.'],
    ["main:nowhere.yaml", "there is no such file in that revision"],
    ["main:api", "it is a folder"],
    ["main:../asyncapi.yaml", "it is outside of the repository"],
    ["main:api/link.yaml", "it is a link, which is not followed in a revision"],
  ])("reports why there is no %s", async (old, message) => {
    await symlink("../../outside.yaml", join(bench.folder, "api/link.yaml"));
    await git("add", "api/link.yaml");
    await git("commit", "--quiet", "--message", "link");
    const before = process.cwd();
    process.chdir(bench.folder);
    try {
      const input = { old, now: "nowhere.yaml", root: undefined };
      const { changes, diagnostics } = await diffTask(input, () => {});
      expect(changes).toEqual([]);
      expect(diagnostics[0]).toMatchObject({ severity: "error", line: 1, column: 1 });
      expect(diagnostics[0]?.file).toBe(old);
      expect(diagnostics[0]?.message).toContain(message);
    } finally {
      process.chdir(before);
    }
  });

  it.each([
    [["--", "--output=x:api/asyncapi.yaml", "api/asyncapi.yaml"], "begins with a hyphen"],
    [["api/asyncapi.yaml"], "<new>"],
    [["a.yaml", "b.yaml", "--json", "--markdown"], "Use --json or --markdown, not both."],
  ])("answers wrong usage with exit code 2: %j", async (args, message) => {
    const { code, output } = await executed(...args);
    expect(output).toContain(message);
    expect(code).toBe(2);
    expect(await bench.list()).not.toContain("x:api");
  });
});
