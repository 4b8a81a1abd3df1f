import { WireClient } from "../generator/broker/support.js";
import { isWithin, type Suspect } from "./document.js";
import {
  directShots,
  instances,
  leaks,
  markOf,
  readingShots,
  replyTricks,
  type Shot,
  shots,
} from "./tricks.js";
import type { StreamState, World } from "./world.js";

/** An effect that an attack had on others. */
export interface Finding {
  readonly attacker: string;
  readonly trick: string;
  readonly effects: readonly string[];
}

/** Options of an attack. */
export interface AttackOptions {
  /** Users who attack; all that are not trusted by default. */
  readonly attackers?: readonly Suspect[];
  /** `true` to send many messages as well. */
  readonly floods?: boolean;
  /** Called after each trick. */
  readonly progress?: (attacker: string, trick: string, effects: readonly string[]) => void;
}

/** Lets each user that is not trusted try everything, and collects the effects on others. */
export async function attack(
  world: World,
  { attackers, floods = false, progress = () => {} }: AttackOptions = {},
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const attacker of attackers ?? strangers(world)) {
    const tricks: (readonly [string, () => Promise<readonly string[]>])[] = [
      ...replyTricks(world, attacker).map((trick) => {
        return [
          trick.name,
          () => fire(world, attacker, shots(world, attacker, trick), trick.targets),
        ] as const;
      }),
      ["what nobody has granted", () => fire(world, attacker, directShots(world, attacker), [])],
      ["answers to itself", () => answerItself(world, attacker)],
      ["groups of others", () => joinGroups(world, attacker)],
      ["parts of others", () => readParts(world, attacker)],
      ["ids of others", () => useIds(world, attacker)],
      ["a flood", () => flood(world, attacker)],
    ];
    for (const [trick, run] of tricks.filter(([name]) => name !== "a flood" || floods)) {
      const effects = await run();
      progress(attacker.name, trick, effects);
      if (effects.length === 0) continue;
      findings.push({ attacker: attacker.name, trick, effects });
      await world.restore();
    }
  }
  return findings;
}

/** Users who are not trusted. */
export function strangers({ surface }: World): readonly Suspect[] {
  return surface.suspects.filter(({ isTrusted }) => !isTrusted);
}

async function enter(world: World, { name }: Suspect): Promise<WireClient> {
  return WireClient.connect(world.broker.url, await world.credentials(name));
}

function lineOf({ subject, reply, payload, id }: Shot): string {
  const head = id === undefined ? "" : `NATS/1.0\r\nNats-Msg-Id: ${id}\r\n\r\n`;
  const bytes = Buffer.byteLength(payload);
  const at = reply === undefined ? subject : `${subject} ${reply}`;
  return head === ""
    ? `PUB ${at} ${bytes}\r\n${payload}`
    : `HPUB ${at} ${head.length} ${head.length + bytes}\r\n${head}${payload}`;
}

const AT_ONCE = 500;

async function send(client: WireClient, all: readonly Shot[]): Promise<string> {
  let text = "";
  for (let i = 0; i < all.length; i += AT_ONCE) {
    text += await client.say(all.slice(i, i + AT_ONCE).map(lineOf));
  }
  return text;
}

/** Sends messages, and returns their effects on streams and on other users. */
async function fire(
  world: World,
  attacker: Suspect,
  all: readonly Shot[],
  targets: readonly string[],
): Promise<readonly string[]> {
  return judged(world, attacker, targets, async (client) => {
    await send(client, all);
    return [];
  });
}

async function judged(
  world: World,
  attacker: Suspect,
  targets: readonly string[],
  act: (client: WireClient) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const before = await world.look();
  world.heard.length = 0;
  const arrived: string[] = [];
  const watches = world.accounts.flatMap((account) =>
    targets
      .filter((target) => !target.startsWith("$JS.") && !isWithin(attacker.sends, target))
      .map((target) =>
        world.judge(account).subscribe(target, {
          callback: (_, { subject, data }) => {
            arrived.push(`${account}: ${subject}: ${Buffer.from(data).toString().slice(0, 60)}`);
          },
        }),
      ),
  );
  for (const account of world.accounts) await world.judge(account).flush();
  let seen: readonly string[];
  {
    using client = await enter(world, attacker);
    seen = await act(client);
    await world.settle();
  }
  for (const watch of watches) watch.unsubscribe();
  const after = await world.look();
  return [
    ...seen,
    ...changes(before, after, attacker),
    ...new Set(arrived.filter((each) => !isOwn(attacker, each))),
    ...new Set(unexplained(world, attacker)),
    ...world.lost.splice(0).map((user) => `${user} lost its connection`),
  ];
}

/** Checks if a message arrived in an account in which the attacker is alone. */
function isOwn({ account, isTrusted }: Suspect, arrived: string): boolean {
  return !isTrusted && arrived.startsWith(`${account}: `);
}

/** Messages that reached users and that the attacker may not send. */
function unexplained(world: World, attacker: Suspect): readonly string[] {
  return world.heard
    .filter(({ user, subject, text }) => {
      if (user === attacker.name) return false;
      return !isWithin(attacker.sends, subject) || !text.includes(markOf(attacker));
    })
    .filter(({ subject, text }) => !(isWithin(attacker.sends, subject) && text === ""))
    .map(({ user, subject, text }) => `${user} heard ${subject}: ${text.slice(0, 60)}`);
}

/** Differences of streams that an attacker may not make: it may only add its own events. */
function changes(
  before: ReadonlyMap<string, StreamState>,
  after: ReadonlyMap<string, StreamState>,
  attacker: Suspect,
): readonly string[] {
  const effects: string[] = [];
  for (const name of after.keys()) if (!before.has(name)) effects.push(`stream ${name} is new`);
  for (const [name, old] of before) {
    const now = after.get(name);
    if (now === undefined) {
      effects.push(`stream ${name} is gone`);
      continue;
    }
    if (now.config !== old.config) effects.push(`stream ${name} has another configuration`);
    if (now.first !== old.first || now.deleted !== old.deleted)
      effects.push(`stream ${name} lost messages: first ${now.first}, ${now.deleted} deleted`);
    for (const [subject, count] of now.subjects) {
      const more = count - (old.subjects.get(subject) ?? 0);
      if (more !== 0 && !isWithin(attacker.sends, subject))
        effects.push(`stream ${name} has ${more} more on ${subject}`);
    }
    for (const [subject, count] of old.subjects) {
      if ((now.subjects.get(subject) ?? 0) < count && !isWithin(attacker.sends, subject))
        effects.push(`stream ${name} lost messages on ${subject}`);
    }
    // What it has evicted of its own log, its readers do not get.
    const isOwn = old.stores.length > 0 && old.stores.every((each) => isCovered(attacker, each));
    for (const [consumer, { config, position }] of old.consumers) {
      const found = now.consumers.get(consumer);
      const mayMove = isOwn || consumer.startsWith(`${attacker.account}_`);
      if (found?.config !== config || (found.position !== position && !mayMove))
        effects.push(`consumer ${consumer} of ${name} changed or is gone`);
    }
    for (const consumer of now.consumers.keys()) {
      if (!old.consumers.has(consumer)) effects.push(`stream ${name} has a consumer ${consumer}`);
    }
  }
  return effects;
}

/** Checks if only one user sends what a stream stores. */
function isCovered({ sends, isTrusted }: Suspect, stored: string): boolean {
  return !isTrusted && sends.some((each) => isWithin([stored], each));
}

/** Listens to what it sends, and answers to replies of its choice. */
async function answerItself(world: World, attacker: Suspect): Promise<readonly string[]> {
  const targets = replyTricks(world, attacker)
    .filter(({ name }) => !name.includes("itself"))
    .flatMap((trick) => trick.targets);
  return judged(world, attacker, targets, async (client) => {
    const heard = [...attacker.hears, ...attacker.sends];
    await client.say([
      ...heard.map((subject, i) => `SUB ${subject} ${i + 1}`),
      ...attacker.groups.map(({ subject, group }, i) => `SUB ${subject} ${group} ${i + 1_000}`),
    ]);
    const subjects = [...heard, ...attacker.publishes].flatMap((each) => instances(each));
    for (const reply of targets) {
      const asked = subjects.map((subject) => ({ subject, reply, payload: markOf(attacker) }));
      await send(client, asked);
      await send(client, [{ subject: reply, payload: "{}" }]);
    }
    return [];
  });
}

/** Number of messages of which a thief should get some. */
const STEALABLE = 20;

/** Joins each group of another user, and counts what the other still gets. */
async function joinGroups(world: World, attacker: Suspect): Promise<readonly string[]> {
  const groups = world.surface.suspects
    .filter((each) => each !== attacker)
    .flatMap((each) => each.groups.map((group) => ({ ...group, user: each.name })));
  const effects: string[] = [];
  for (const { subject, group, user } of groups) {
    if (attacker.groups.some((own) => own.group === group && own.subject === subject)) continue;
    const victim = world.users.get(user)!;
    let received = 0;
    const working = victim.subscribe(subject, { queue: group, callback: () => void received++ });
    await victim.flush();
    using client = await enter(world, attacker);
    await client.say([
      `SUB ${subject} ${group} 1`,
      `SUB ${subject.replace(/[^.]+$/, "*")} ${group} 2`,
    ]);
    const [at = ""] = instances(subject);
    const judge = world.judge("APP");
    for (let n = 0; n < STEALABLE; n++) judge.publish(at, "work");
    await judge.flush();
    // A stream passes messages on when it has stored them.
    for (let tries = 0; received < STEALABLE && tries < 20; tries++) await world.settle();
    working.unsubscribe();
    if (received < STEALABLE)
      effects.push(`${user} got ${received} of ${STEALABLE} messages of its group ${group}`);
  }
  return effects;
}

/** Reads with each command, and looks for what it may not read. */
async function readParts(world: World, attacker: Suspect): Promise<readonly string[]> {
  return judged(world, attacker, [], async (client) => {
    const inbox = `_INBOX_${attacker.name}.x.y`;
    const shared = `_INBOX.${attacker.name}.x.y`;
    await client.say([
      `SUB _INBOX_${attacker.name}.> 1`,
      `SUB _INBOX.${attacker.name}.> 2`,
      "SUB _INBOX.> 3",
      "SUB > 4",
      ...world.storedSubjects().map((subject, i) => `SUB ${subject} ${i + 10}`),
    ]);
    let text = "";
    for (const each of [inbox, shared]) {
      text += await send(client, readingShots(world, attacker, each));
      await world.settle();
      text += await client.say([]);
    }
    return leaks(world, attacker, text).map((subject) => `${attacker.name} read ${subject}`);
  });
}

/** Uses up the ids of others, who then append as the SDK does. */
async function useIds(world: World, attacker: Suspect): Promise<readonly string[]> {
  const ids = Array.from({ length: STEALABLE }, (_, i) => `event-${i}`);
  const mine = attacker.sends.flatMap((pattern) => instances(pattern));
  const effects = await fire(
    world,
    attacker,
    mine.flatMap((subject) => ids.map((id) => ({ subject, payload: markOf(attacker), id }))),
    [],
  );
  return [...effects, ...(await missing(world, attacker))];
}

/** Appends as the SDK does on a subject of others, and counts what is stored. */
async function missing(world: World, attacker: Suspect): Promise<readonly string[]> {
  const victim = world.storedSubjects().find((subject) => !isWithin(attacker.sends, subject));
  if (victim === undefined) return [];
  const stored = await world.appendAll(victim, STEALABLE);
  return stored === STEALABLE ? [] : [`${stored} of ${STEALABLE} events of others are stored`];
}

/** Number of messages of a flood, and their size. */
const FLOOD = 3_000;
const LARGE = 1_000;

/** Appends more than a stream can hold: events of others must stay, and new ones must be stored. */
async function flood(world: World, attacker: Suspect): Promise<readonly string[]> {
  const payload = markOf(attacker).padEnd(LARGE, ".");
  const mine = attacker.sends.flatMap((pattern) => instances(pattern));
  const all = Array.from({ length: FLOOD }, (_, i) => ({
    subject: mine[i % mine.length] ?? "nobody",
    payload,
  }));
  const effects = await fire(world, attacker, all, []);
  // The oldest of its own events may make room, and then the first sequence is another one.
  const lost = effects.filter((each) => !each.includes("lost messages: first"));
  return [
    ...lost.filter((each) => !attacker.sends.some((own) => each.endsWith(`on ${own}`))),
    ...(await missing(world, attacker)),
  ];
}
