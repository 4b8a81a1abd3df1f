import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { readSettings, settings } from "../../generator/src/model/stream-settings.ts";
import { lacks } from "../support/requirements.js";
import { corpus, formatted, generateFrom, generateText, project } from "./support/workbench.js";

/** Beginning of a document. */
const head = `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
channels:
`;

/** A document with two channels; what is given stands on the first. */
function document(channel: string, rest = "", second = ""): string {
  return `asyncapi: 3.0.0
info: { title: T, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
${rest}
channels:
  hit:
    address: game.{server}.hit
    parameters: { server: {} }
    ${channel}
    messages: { m: { payload: { type: string } } }
  chat:
    address: game.{server}.chat
    parameters: { server: {} }
    ${second}
    messages: { m: { payload: { type: string } } }
`;
}

async function streamsOf(text: string, streams?: Record<string, unknown>) {
  const options = streams === undefined ? {} : { streams };
  const { files, diagnostics } = await generateText({ "asyncapi.yaml": text }, options);
  const file = files.find(({ path }) => path === "streams.ts")?.text;
  return { file, said: diagnostics.map((each) => `${formatted(each)}: ${each.message}`) };
}

describe("streams of a document", () => {
  it("are found in every supported form", async () => {
    const ways = [
      "x-alternats-stream: S0",
      "x-nats-stream: S1",
      "x-alternats-stream: { name: S2 }",
      "x-nats-jetstream-stream: { name: S3 }",
      "x-nats: { stream: S4 }",
    ];
    const channels = ways.map(
      (way, i) => `  c${i}:
    address: game.c${i}
    messages: { m: { payload: { type: string } } }
    ${way}
`,
    );
    const { file, said } = await streamsOf(head + channels.join(""));
    expect(said).toEqual([]);
    for (const i of ways.keys()) {
      expect(file).toContain(`{ name: "S${i}", subjects: ["game.c${i}"] }`);
      expect(file).toContain(`export const appendC${i}: `);
    }
    // The first document of a process pays for the parser's start.
  }, 60_000);

  it("are shared by channels, and defined once for all of them", async () => {
    const definition = "x-alternats-streams: { GAME: { maxAge: 30d, maxBytes: 1GiB } }";
    const name = "x-alternats-stream: GAME";
    const { file, said } = await streamsOf(document(name, definition, name));
    expect(said).toEqual([]);
    expect(file).toContain('subjects: ["game.*.hit", "game.*.chat"]');
    expect(file).toContain("maxAge: 2592000000");
    expect(file).toContain("maxBytes: 1073741824");
  });

  it("come from the configuration for documents without streams, by their subjects", async () => {
    const streams = { GAME: { subjects: ["game.*.hit"], maxAge: "1h" } };
    const { file, said } = await streamsOf(document(""), streams);
    expect(said).toEqual([]);
    expect(file).toContain("export const consumeHit: ");
    expect(file).not.toContain("consumeChat");
    const wrong = await streamsOf(document(""), { GAME: { subjects: ["game.>"], maxAge: 5 } });
    expect(wrong.said.join()).toContain("The configuration's stream `GAME`, `maxAge`");
  });

  it("need no file if there are none", async () => {
    expect(await streamsOf(document(""))).toEqual({ file: undefined, said: [] });
    expect((await streamsOf(document("x-nats: { queue: q }"))).file).toBeUndefined();
  });

  it("that are invalid are all reported with their positions", async () => {
    const wrong: readonly (readonly [stream: string, code: string])[] = [
      ["{ name: A, maxAge: 90 }", "wrong-stream-setting"],
      ["{ name: B, maxAge: soon }", "wrong-stream-setting"],
      ["{ name: C, maxBytes: 1XB }", "wrong-stream-setting"],
      ["{ name: D, maxMessages: 0 }", "wrong-stream-setting"],
      ["{ name: E, replicas: 6 }", "wrong-stream-setting"],
      ["{ name: F, retention: forever }", "wrong-stream-setting"],
      ["{ name: G, subjects: ['a..b'] }", "wrong-stream-setting"],
      ["{ name: H, maxAgee: 1d }", "unknown-stream-setting"],
      ["{ name: I, discardNewPerSubject: true }", "wrong-stream-combination"],
      ["{ name: J, maxAge: 1m, duplicateWindow: 2m }", "wrong-stream-combination"],
      ["{ name: K, subjects: [other.>] }", "stream-misses-channel"],
      ["{ name: L, subjects: [game.c11, game.c11] }", "streams-overlap"],
      ["{ name: M, subjects: ['game.c12.>', 'game.*.x', game.c12] }", "streams-overlap"],
      ["{ maxAge: 1d }", "stream-without-name"],
      ["'a b'", "wrong-stream-name"],
      ["'LOG_{player}'", "wrong-stream-name"],
    ];
    const channels = wrong.map(
      ([stream], i) => `  c${i}:
    address: game.c${i}
    messages: { m: { payload: { type: string } } }
    x-alternats-stream: ${stream}
`,
    );
    const { said } = await streamsOf(head + channels.join(""));
    expect(said.map((each) => each.replace(/:\d+ error ([\w-]+): .*$/, " $1"))).toEqual(
      wrong.map(([, code], i) => `asyncapi.yaml:${8 + 4 * i} ${code}`),
    );
  });

  it("that contradict each other are errors", async () => {
    const one = "x-alternats-stream: { name: A, maxAge: 1d }";
    const other = "x-alternats-stream: { name: A, maxAge: 2d }";
    expect((await streamsOf(document(one, "", other))).said[0]).toContain("stream-defined-twice");
    const wide = "x-alternats-stream: { name: A, subjects: [game.>] }";
    const narrow = "x-alternats-stream: B";
    expect((await streamsOf(document(wide, "", narrow))).said[0]).toContain("streams-overlap");
    const crossing = document("x-alternats-stream: A", "", "x-alternats-stream: A")
      .replace("game.{server}.hit", "game.{server}.eu")
      .replace("game.{server}.chat", "game.chat.{server}");
    expect((await streamsOf(crossing)).said).toEqual([
      expect.stringMatching(
        /^asyncapi.yaml:9:5 error streams-overlap: .*`game.\*.eu` and `game.chat.\*`/,
      ),
    ]);
    for (const subject of [">", "*.>", "$JS.>", "$SYS.REQ.>"]) {
      const { said } = await streamsOf(document(""), { ALL: { subjects: [subject] } });
      expect(said[0]).toContain("stream-answers-requests");
    }
    const accounts = { ACCOUNTS: { subjects: ["$SYS.ACCOUNT.>"] } };
    expect((await streamsOf(document(""), accounts)).said).toEqual([]);
    const nothing = "x-alternats-streams: { A: { maxAge: 1d } }";
    expect((await streamsOf(document("", nothing))).said[0]).toContain("stream-keeps-nothing");
  });

  it("do not store requests, because the stream would answer the requester", async () => {
    const text = `${document("")}
  ban:
    address: game.{server}.ban
    parameters: { server: {} }
    messages: { m: { payload: { type: string } }, r: { payload: { type: string } } }
operations:
  ban: { action: receive, channel: { $ref: "#/channels/ban" }, messages: [{ $ref: "#/channels/ban/messages/m" }], reply: { channel: { $ref: "#/channels/ban" }, messages: [{ $ref: "#/channels/ban/messages/r" }] } }
`;
    const { said } = await streamsOf(text, { GAME: { subjects: ["game.>"] } });
    expect(said[0]).toContain("stream-answers-requests");
  });

  it.skipIf(lacks("corpus"))("of a company's document are read", async () => {
    const { files } = await generateFrom(`${corpus}/valid/wandelbots__nova`, "asyncapi.yaml");
    const file = files.find(({ path }) => path === "streams.ts")?.text;
    expect(file).toContain('name: "system-state"');
    expect(file).toContain("maxMessagesPerSubject: 1");
  });
});

describe("the schema of x-alternats-stream", () => {
  it("names the generator's settings, and accepts the same values", async () => {
    const path = "generator/schemas/x-alternats-stream.schema.json";
    const schema = JSON.parse(await readFile(join(project, path), "utf8"));
    const { name: _name, ...properties } = schema.definitions.settings.properties;
    expect(Object.keys(properties).sort()).toEqual(settings.map(({ name }) => name).sort());
    const fits = new Ajv({ strict: false }).compile(schema);
    const values = [
      ...["limits", "file", "new", "1d", "1h 30m", "0.5h", "1.5GiB", "10kb", "7", "", "1x", "a.b"],
      ...[1, 3, 5, 6, 0, -1, -2, 1.5, true, null, ["a.*"], []],
    ];
    for (const { name } of settings) {
      if (name === "subjects" || name.startsWith("discardNew")) continue;
      for (const value of values) {
        const wrong: unknown[] = [];
        readSettings({ [name]: value }, [], (_property, finding) => wrong.push(finding));
        const stream = { name: "A", [name]: value };
        expect([name, value, fits(stream)]).toEqual([name, value, wrong.length === 0]);
      }
    }
  });
});
