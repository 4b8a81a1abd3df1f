import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import brokerTask from "../../../generator/src/commands/broker/task.ts";

const head = `asyncapi: 3.0.0
info: { title: Game, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
`;

const channels = `channels:
  moved:
    address: game/{room_id}/moved/{playerId}
    parameters: { room_id: {}, playerId: {} }
    messages: { m: { payload: { type: string } } }
  lap:
    address: race.lap-{lap}.of-{track}-{day}
    parameters: { lap: {}, track: {}, day: { enum: [mon, tue] } }
    messages: { m: { payload: { type: string } } }
  scores:
    address: scores
    bindings: { nats: { queue: counters } }
    messages: { m: { payload: { type: string } } }
  history:
    address: game.{room_id}.history
    parameters: { room_id: {} }
    messages: { m: { payload: { type: string } } }
  everything: { address: 'game.>', messages: { m: { payload: { type: string } } } }
  reply: { address: null, messages: { r: { payload: { type: number } } } }
  later: { address: null, messages: { m: { payload: { type: string } } } }
operations:
  sendMoved: { action: send, channel: { $ref: '#/channels/moved' } }
  sendLap: { action: send, channel: { $ref: '#/channels/lap' } }
  sendScores: { action: send, channel: { $ref: '#/channels/scores' } }
  askHistory:
    action: receive
    channel: { $ref: '#/channels/history' }
    reply: { channel: { $ref: '#/channels/reply' } }
    x-alternats-reply: many
  hearEverything: { action: receive, channel: { $ref: '#/channels/everything' } }
  sendLater: { action: send, channel: { $ref: '#/channels/later' } }
`;

/** The rows of a user's table, without the marks of Markdown. */
function rowsOf(report: string, user: string): readonly string[] {
  const section = report.split(/^## /m).find((each) => each.startsWith(`${user}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => /^\| (?!permission|-)/.test(line));
  return rows.map((line) => line.replace(/^\| | \|$/g, "").replaceAll("`", ""));
}

describe("roles", { timeout: 60_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "alternats-roles-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Output of the command: the tables, and the problems by line. */
  async function report(
    described: string,
    configured: Readonly<Record<string, unknown>> = {},
    all = channels,
  ) {
    const document = relative(process.cwd(), join(folder, "asyncapi.yaml"));
    await writeFile(document, `${head}${described}${all}`);
    const { plan, diagnostics } = await brokerTask(
      {
        document,
        root: undefined,
        roles: configured,
        accounts: {},
        streams: {},
        serverVersion: "2.14",
      },
      () => {},
    );
    const told = (severity: string) =>
      diagnostics
        .filter((each) => each.severity === severity)
        .map(({ line, message, code }) => `${line} ${message} [${code}]`);
    const fixes = diagnostics.map(({ fix }) => fix);
    return { out: plan?.report ?? "", errors: told("error"), warnings: told("warning"), fixes };
  }

  it("become the permitted subjects, with wildcards for unbound parameters", async () => {
    const { errors, out } = await report(`x-alternats-roles:
  room:
    trusted: true
    publish: [sendMoved, lap]
    users:
      a: { room_id: EU-1, lap: 3, track: [north, south], day: mon }
      b: { room_id: [r1, r2] }
  fan:
    description: Watches, <b>loudly</b> | and often
    account: FANS
    trusted: true
    subscribe: [scores, moved]
    parameters: { playerId: 7 }
`);
    expect(errors).toEqual([]);
    expect(rowsOf(out, "a")).toEqual([
      "publish moved | game.EU-1.moved.* | ",
      "publish lap | race.lap-3.of-north-mon<br>race.lap-3.of-south-mon | ",
    ]);
    expect(rowsOf(out, "b")).toEqual([
      "publish moved | game.r1.moved.*<br>game.r2.moved.* | ",
      "publish lap | race.*.* | ",
    ]);
    expect(rowsOf(out, "fan")).toEqual([
      "subscribe moved |  | game.*.moved.7<br>game.*.moved.7 in group fan",
      "subscribe scores |  | scores<br>scores in group counters",
    ]);
    expect(out).toContain("Role `fan`, account `FANS`; `playerId` is `7`.");
    expect(out).toContain("Watches, \\<b\\>loudly\\</b\\> \\| and often\n");
  });

  it("request with their own inbox, and answer to the inboxes of those that may request", async () => {
    const { out } = await report(`x-alternats-roles:
  asker: { trusted: true, request: askHistory, parameters: { room_id: r1 } }
  other: { trusted: true, request: askHistory, parameters: { room_id: r2 } }
  teller: { trusted: true, respond: "*", parameters: { room_id: r1 } }
  elsewhere: { account: FANS, respond: "*" }
`);
    expect(rowsOf(out, "asker")).toEqual(["request askHistory | game.r1.history | _INBOX_asker.>"]);
    expect(rowsOf(out, "teller")).toEqual([
      "respond askHistory | _INBOX_asker.><br>_R_.> | game.r1.history in group askHistory",
    ]);
    expect(rowsOf(out, "elsewhere")).toEqual([
      "respond askHistory | _R_.> | game.*.history in group askHistory",
    ]);
    expect(out).toContain("Inbox prefix `_INBOX_asker.`.");
    expect(out).not.toContain("Inbox prefix `_INBOX_teller");
  });

  it("are reported with all their errors and positions", async () => {
    const { errors, out, fixes } = await report(`x-alternats-roles:
  a: { subscribe: [sendMovd, askHistory, later], parametres: {} }
  b: { publish: [hearEverything, moved], parameters: { roomId: r1, room_id: "a.b", playerId: [] } }
  c: { publish: lap, parameters: { lap: 1, track: x } }
  d: { publish: lap, users: { D1: { day: tues }, d1: {}, sys: {}, "e f": {} } }
  e: {}
  f: { subscribe: scores, account: SYS }
  g: { subscribe: scores, parameters: { room_id: 1 } }
  h: [subscribe]
`);
    expect(out).toBe("");
    expect(errors).toEqual([
      "5 There is no operation `sendMovd`. [unknown-operation]",
      "5 A role cannot `subscribe` `askHistory`: it has a reply. [unfit-operation]",
      "5 A role cannot `subscribe` `later`: its address is known only at run time. [unfit-operation]",
      "5 A role has no `parametres`. [unknown-role-key]",
      "6 A role cannot `publish` `hearEverything`: its address has wildcards. [unfit-operation]",
      "6 No operation of the role has a parameter `roomId`. [unknown-parameter]",
      '6 "a.b" is not a valid token of a subject. [unfit-value]',
      "6 The list of allowed values of `playerId` is empty. [unfit-value]",
      "7 In the token `of-{track}-{day}` of `race.lap-{lap}.of-{track}-{day}`, `day` may have any value and other parameters may not. NATS permissions cannot express this. [unenforceable-binding]",
      "8 In the token `of-{track}-{day}` of `race.lap-{lap}.of-{track}-{day}`, `track` may have any value and other parameters may not. NATS permissions cannot express this. [unenforceable-binding]",
      '8 `day` cannot be "tues". [unfit-value]',
      "8 Another user is named `d1`; names are not case-sensitive. [unfit-name]",
      "8 Another user is named `sys`; names are not case-sensitive. [unfit-name]",
      '8 "e f" is not a valid name of a user. [unfit-name]',
      "9 The role `e` has no permissions. [idle-role]",
      "10 The account `SYS` is reserved for the servers. [unfit-name]",
      "11 No operation of the role has a parameter `room_id`. [unknown-parameter]",
      '12 The role `h` must be an object, not ["subscribe"]. [role-form]',
    ]);
    const meant = fixes.flatMap((fix) => /Did you mean `([^`]+)`/.exec(fix)?.[1] ?? []);
    expect(meant).toEqual(["sendMoved", "parameters", "room_id", "tue"]);
  });

  it("that are permitted more than declared because subjects are shared are reported", async () => {
    const { errors, warnings } = await report(`x-alternats-roles:
  listener: { subscribe: hearEverything }
`);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      "5 Permission to `subscribe` `hearEverything` also allows to `subscribe` `moved`: `game/{room_id}/moved/{playerId}` and `game.>` can be the same subject. [overlapping-permission]",
      "5 Permission to `subscribe` `hearEverything` also allows to `respond` `askHistory`: `game.{room_id}.history` and `game.>` can be the same subject. [overlapping-permission]",
    ]);
  });

  it("may join a queue group of the document only if they name the operation that has it", async () => {
    const { out, errors } = await report(
      `x-alternats-roles:
  counter: { trusted: true, subscribe: countHits }
  spy: { trusted: true, subscribe: sendHit }
  every: { trusted: true, subscribe: "*" }
`,
      {},
      `channels:
  hit: { address: game.hit, messages: { m: { payload: { type: string } } } }
operations:
  sendHit: { action: send, channel: { $ref: '#/channels/hit' } }
  countHits: { action: receive, channel: { $ref: '#/channels/hit' }, bindings: { nats: { queue: counters } } }
`,
    );
    expect(errors).toEqual([]);
    const groups = ["counter", "spy", "every"].map(
      (user) => rowsOf(out, user)[0]!.split("<br>")[1],
    );
    expect(groups).toEqual(
      ["counters", "spy", "every"].map((group) => `game.hit in group ${group}`),
    );
    const taken = await report("x-alternats-roles: { counters: { subscribe: scores } }\n");
    expect(taken.errors).toEqual([
      "4 The user `counters` has the name of a queue group of the document. It would take messages from the members of the group. [unfit-name]",
    ]);
  });

  it("are trusted unless they only listen, or are bound to values", async () => {
    const { out, errors } = await report(`x-alternats-roles:
  keeper: { publish: scores }
  fan: { subscribe: scores }
  room: { publish: moved, parameters: { room_id: r1 } }
  crew: { trusted: true, publish: moved, users: { crew-1: { room_id: r1 } } }
  guest: { trusted: false, publish: lap }
`);
    expect(errors).toEqual([]);
    const trust = Object.fromEntries(
      [...out.matchAll(/^## (?!Trust$)(\S+)$[\s\S]*?^(Trusted|Not trusted): (.*)\.$/gm)].map(
        ([, user, isTrusted, reason]) => [user, `${isTrusted}: ${reason}`],
      ),
    );
    expect(trust).toEqual({
      keeper: "Trusted: it does more than listen, and is bound to no values of parameters",
      fan: "Not trusted: it only listens",
      room: "Not trusted: its users are bound to values of parameters",
      "crew-1": "Trusted: the role says `trusted: true`",
      guest: "Not trusted: the role says `trusted: false`",
    });
    const wrong = await report(
      "x-alternats-roles: { fan: { subscribe: scores, trusted: perhaps } }\n",
    );
    expect(wrong.errors).toEqual([
      '4 `trusted` must be `true` or `false`, not "perhaps". [role-form]',
    ]);
  });

  it("are refused subjects of the server, which wildcards at the start would include", async () => {
    const parts = ["a", "b", "c", "d", "e"];
    const parameters = parts.map((each) => `${each}: {}`).join(", ");
    const wide = `channels:
  wide: { address: '${parts.map((each) => `{${each}}`).join(".")}', parameters: { ${parameters} }, messages: { m: { payload: { type: string } } } }
  api: { address: '$JS.API.INFO', messages: { m: { payload: { type: string } } } }
  tenant: { address: '{a}.orders', parameters: { a: {} }, messages: { m: { payload: { type: string } } } }
`;
    const { errors, out } = await report(
      "x-alternats-roles: { all: { trusted: true, publish: [wide, api, tenant] }, one: { trusted: true, subscribe: wide, parameters: { a: x } } }\n",
      {},
      wide,
    );
    expect(out).toBe("");
    expect(errors).toEqual([
      "4 `{a}.{b}.{c}.{d}.{e}` allows `*.*.*.*.*`, which includes subjects of the server such as `$JS.API.STREAM.DELETE.*`. [reserved-subject]",
      "4 `$JS.API.INFO` is a subject of the server. [reserved-subject]",
    ]);
  });

  it.each([
    ["publish", "{a}.API.STREAM.PURGE.{b}", "`$JS.API.STREAM.PURGE.*`"],
    ["publish", "{a}.API.STREAM.{verb}.EVENTS", "`$JS.API.STREAM.DELETE.*`"],
    ["publish", "{a}.{b}.{c}.{d}.chat", "`$JS.API.STREAM.DELETE.*`"],
    ["publish", "{a}.ACK.EVENTS.worker.{b}.{c}.3.{d}.0", "`$JS.ACK."],
    ["subscribe", "{game}.hit.{id}", "`_live.hit.*`"],
    ["publish", "{game}.hit.{id}", "`_live.hit.*`"],
    ["publish", "{serverId}.chat", undefined],
    ["publish", "{game}.hits.{id}", undefined],
    ["publish", "{site}.{area}.{line}.temperature", undefined],
    ["publish", "{site}.{area}.events.{kind}.{id}", undefined],
    ["publish", "{a}.{b}.{c}.line.{e}.{f}.{g}.{h}.watts", undefined],
  ])(
    "are refused subjects of the server that a pattern can match: %s %s",
    async (verb, address, subject) => {
      const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => `${name}: {}`);
      const { errors } = await report(
        `x-alternats-streams: { HITS: { maxBytes: 1MB } }\nx-alternats-roles: { one: { trusted: false, ${verb}: tried } }\n`,
        {},
        `channels:
  hit: { address: 'hit.{id}', parameters: { id: {} }, x-alternats-stream: HITS, messages: { m: { payload: { type: string } } } }
  tried: { address: '${address}', parameters: { ${names.join(", ")} }, messages: { m: { payload: { type: string } } } }
`,
      );
      expect(errors).toEqual(
        subject === undefined
          ? []
          : [
              expect.stringMatching(
                /includes subjects of the server such as .*\[reserved-subject\]/,
              ),
            ],
      );
      expect(errors.join()).toContain(subject ?? "");
    },
  );

  it("of the configuration replace the document's with the same name", async () => {
    const described = 'x-alternats-roles: { fan: { subscribe: "*" } }\n';
    const fan = { subscribe: "scores", trusted: true };
    const wrong = await report(described, { fan, more: { publish: "scorse" } });
    expect(wrong.errors).toEqual([
      "1 The configuration's roles, `more.publish`: There is no operation `scorse`. [unknown-operation]",
    ]);
    expect(wrong.fixes).toContain("Did you mean `scores`?");
    const { out } = await report(described, { fan });
    expect(rowsOf(out, "fan")).toEqual([
      "subscribe scores |  | scores<br>scores in group counters",
    ]);
  });

  it("are requested if there are none", async () => {
    const { errors } = await report("");
    expect(errors).toEqual([
      "1 The document has no roles, so no user would have any permission. [no-roles]",
    ]);
  });

  it("know the parameter's name in every channel that shares the subject", async () => {
    const { out, errors } = await report(
      `x-alternats-roles:
  one: { publish: [left, right], parameters: { b: 7 } }
  two: { publish: left, parameters: { a: 1, b: 7 } }
`,
      {},
      `channels:
  left: { address: 'x.{a}', parameters: { a: {} }, messages: { m: { payload: { type: string } } } }
  right: { address: 'x/{b}', parameters: { b: {} }, messages: { m: { payload: { type: number } } } }
`,
    );
    expect(errors).toEqual(["6 `a` and `b` are the same parameter of `x.{a}`. [bound-twice]"]);
    expect(out).toBe("");
  });

  it("get the consumers of a stream if they may receive all of it, else those of their part", async () => {
    const described = `x-alternats-streams:
  MOVES: { subjects: ['game.*.moved.*'] }
x-alternats-roles:
  keeper: { streams: "*" }
  room: { trusted: true, publish: [sendMoved, sendScores], parameters: { room_id: r1 } }
  archive: { trusted: true, subscribe: sendMoved }
  visitor: { trusted: true, subscribe: sendMoved, parameters: { room_id: r1 } }
  lost: { streams: MOVE }
`;
    const streamed = channels.replace("moved:\n", "moved:\n    x-alternats-stream: MOVES\n");
    const wrong = await report(described, {}, streamed);
    expect(wrong.errors).toEqual(['11 There is no stream "MOVE". [unknown-stream]']);
    expect(wrong.fixes).toContain("Did you mean `MOVES`?");
    const { out, warnings } = await report(described.replace(/ {2}lost.*\n/, ""), {}, streamed);
    const ofStreams = warnings.filter((each) => each.includes("[undivided-stream]"));
    expect(ofStreams).toEqual([
      expect.stringMatching(/^10 `visitor` may read only a part of the stream `MOVES`/),
    ]);
    expect(rowsOf(out, "keeper")[0]).toBe(
      "manage stream MOVES | $JS.API.STREAM.INFO.MOVES<br>$JS.API.STREAM.CREATE.MOVES<br>$JS.API.STREAM.UPDATE.MOVES<br>$JS.API.STREAM.DELETE.MOVES<br>$JS.API.STREAM.PURGE.MOVES<br>$JS.API.STREAM.MSG.DELETE.MOVES | _INBOX_keeper.>",
    );
    expect(rowsOf(out, "room")).toEqual([
      "publish moved | game.r1.moved.* | ",
      "publish scores | scores | ",
      "append moved |  | _INBOX_room.>",
    ]);
    expect(rowsOf(out, "archive")[1]).toContain("$JS.API.CONSUMER.CREATE.MOVES.>");
    expect(rowsOf(out, "visitor").slice(1)).toEqual([
      "latest of stream MOVES | $JS.API.DIRECT.GET.MOVES.game.r1.moved.* | _INBOX_visitor.>",
      "replay of stream MOVES | $JS.API.CONSUMER.CREATE.MOVES.*.game.r1.><br>$JS.API.CONSUMER.INFO.MOVES.*<br>$JS.FC.MOVES.> | _INBOX_visitor.>",
      "consumer visitor of stream MOVES | $JS.API.CONSUMER.MSG.NEXT.MOVES.visitor<br>$JS.ACK.MOVES.visitor.> | ",
    ]);
  });

  it("get nothing of a stream if their subjects end in a wildcard and others are longer", async () => {
    // Where `*` is allowed, the server takes `>` for it.
    const described = `x-alternats-streams:
  ALL: { subjects: ['game.>'] }
x-alternats-roles:
  near: { trusted: true, subscribe: open }
  both: { trusted: true, subscribe: [open, hidden] }
`;
    const nested = `channels:
  open: { address: 'game.{a}', parameters: { a: {} }, messages: { m: { payload: { type: string } } } }
  hidden: { address: 'game.{a}.hidden', parameters: { a: {} }, messages: { m: { payload: { type: string } } } }
`;
    const { out } = await report(described, {}, nested);
    expect(rowsOf(out, "near")).toEqual(["subscribe open |  | game.*<br>game.* in group near"]);
    expect(rowsOf(out, "both").at(-1)).toContain("$JS.API.CONSUMER.CREATE.ALL.>");
  });
});
