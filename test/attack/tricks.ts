import { instance, isWithin, type Suspect } from "./document.js";
import { ANYONE, secretOf, type World } from "./world.js";

/** Message that an attacker sends. */
export interface Shot {
  readonly subject: string;
  readonly reply?: string;
  readonly payload: string;
  readonly id?: string;
}

/** A way to attack. */
export interface Trick {
  readonly name: string;
  /** Subjects that the answers of others are to reach. */
  readonly targets: readonly string[];
}

/** Text that shows who sent a message. */
export const markOf = ({ name }: Suspect): string => `mark of ${name}`;

/** All kinds of reply subjects. */
export function replyTricks(world: World, attacker: Suspect): readonly Trick[] {
  const { streams, surface } = world;
  const others = surface.suspects.filter((each) => each !== attacker);
  const foreign = [...new Set(others.flatMap(({ sends, hears }) => [...sends, ...hears]))]
    .map((pattern) => instance(pattern, ANYONE))
    .filter((subject) => !isWithin(attacker.sends, subject));
  const of = (...verbs: readonly string[]) =>
    streams.flatMap((stream) => verbs.map((verb) => `$JS.API.${verb.replace("*", stream)}`));
  // Everybody's answers go to inboxes of these forms.
  const inboxes = others.flatMap(({ name }) => [`_INBOX_${name}.x.1`, `_INBOX.${name}.x.1`]);
  return [
    { name: "a reply that deletes streams", targets: of("STREAM.DELETE.*") },
    { name: "a reply that empties streams", targets: of("STREAM.PURGE.*") },
    { name: "a reply that removes a message", targets: of("STREAM.MSG.DELETE.*") },
    { name: "a reply that changes streams", targets: of("STREAM.UPDATE.*", "STREAM.CREATE.*") },
    { name: "a reply that deletes consumers", targets: of("CONSUMER.DELETE.*.history") },
    {
      name: "a reply that creates consumers",
      targets: of("CONSUMER.CREATE.*.stolen", "CONSUMER.DURABLE.CREATE.*.stolen"),
    },
    { name: "a reply that pulls from consumers", targets: of("CONSUMER.MSG.NEXT.*.history") },
    {
      name: "a reply that acknowledges for others",
      targets: streams.map((stream) => `$JS.ACK.${stream}.history.1.1.1.1700000000000000000.0`),
    },
    { name: "a reply that forges events and requests", targets: foreign },
    {
      name: "a reply to the inboxes of others",
      targets: inboxes,
    },
    { name: "a reply to the system", targets: ["$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.APP.X"] },
    {
      name: "a reply to what it may send itself",
      targets: attacker.sends.map((pattern) => instance(pattern, "twice")),
    },
  ];
}

/** Bodies that an attacker sends: answers are made of them, and JetStream's API reads them. */
function bodies(world: World, attacker: Suspect, subject: string): readonly string[] {
  const stored = world.storedSubjects();
  const foreign = stored.find((each) => !isWithin(attacker.hears, each)) ?? stored[0] ?? "x";
  if (isWithin(attacker.sends, subject)) {
    return [markOf(attacker), JSON.stringify({ filter: foreign, mark: markOf(attacker) })];
  }
  if (subject.startsWith("$JS.ACK.")) return ["", "+NXT", "+TERM"];
  const event = world.surface.suspects
    .flatMap(({ hears }) => hears)
    .map((pattern) => instance(pattern, ANYONE))
    .find((each) => !isWithin(attacker.sends, each));
  const reads = [
    "",
    '{"seq":1}',
    '{"seq":1,"batch":3}',
    '{"batch":5,"no_wait":true}',
    JSON.stringify({ last_by_subj: foreign }),
    JSON.stringify({ multi_last: stored, batch: 100 }),
    '{"seq":1,"batch":100,"next_by_subj":">"}',
  ];
  const isCreation = /CREATE/.test(subject);
  if (!isCreation) return reads;
  return world.streams.flatMap((stream) =>
    [{ deliver_subject: event }, { filter_subject: foreign, deliver_subject: event }, {}].map(
      (config) =>
        JSON.stringify({
          stream_name: stream,
          config: { name: "stolen", deliver_policy: "all", ack_policy: "none", ...config },
          action: "",
        }),
    ),
  );
}

/** Subjects of a permission: its wildcards stand for the names that could do harm. */
export function instances(pattern: string): readonly string[] {
  const names = pattern.startsWith("$JS.") ? ["history", "stolen"] : [ANYONE, "twice"];
  return [...new Set(names.map((name) => instance(pattern, name)))];
}

/** Every granted subject, with every body, and a reply. */
export function shots(world: World, attacker: Suspect, { targets }: Trick): readonly Shot[] {
  const subjects = attacker.publishes.flatMap((pattern) => instances(pattern));
  return subjects.flatMap((subject) =>
    bodies(world, attacker, subject).flatMap((payload) =>
      targets.map((reply): Shot => ({ subject, reply, payload })),
    ),
  );
}

/** Subjects that are not granted: the targets themselves, and commands of the server. */
export function directShots(world: World, attacker: Suspect): readonly Shot[] {
  return replyTricks(world, attacker).flatMap(({ name, targets }) =>
    name.includes("itself")
      ? []
      : targets.map((subject): Shot => ({ subject, payload: markOf(attacker) })),
  );
}

/** Attempts to read: each answer goes to the attacker's own inbox. */
export function readingShots(world: World, attacker: Suspect, inbox: string): readonly Shot[] {
  const api = world.streams.flatMap((stream) => [
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.history`,
    ...world.storedSubjects().map((subject) => `$JS.API.DIRECT.GET.${stream}.${subject}`),
  ]);
  const granted = attacker.publishes.flatMap((pattern) => instances(pattern));
  return [...new Set([...granted, ...api])].flatMap((subject) =>
    bodies(world, attacker, subject).map((payload): Shot => {
      const own = payload.replaceAll(/"deliver_subject":"[^"]*"/g, `"deliver_subject":"${inbox}"`);
      return { subject, reply: inbox, payload: own };
    }),
  );
}

/** Secrets in a text that a user may not read. */
export function leaks(world: World, attacker: Suspect, text: string): readonly string[] {
  return world
    .storedSubjects()
    .filter((subject) => !isWithin(attacker.hears, subject) && text.includes(secretOf(subject)));
}
