import type { Finding } from "../diagnostics.js";
import { type DocumentNode, own } from "../document/node.js";
import type { StreamOptions } from "../generate-options.js";
import type { ChannelSource } from "./channels.js";
import { Names } from "./names.js";
import type { Channel, Stream, StreamSettings } from "./sdk.js";
import type { SpecChannel } from "./specification.js";
import { type ReportSetting, readSettings } from "./stream-settings.js";
import { camelCase, pascalCase, words } from "./words.js";

/** A channel with its source in the document. */
interface ReadChannel {
  readonly channel: Channel;
  readonly spec: SpecChannel;
}

/** A stream that is being read. */
interface Draft {
  readonly name: string;
  readonly settings: StreamSettings;
  readonly node: DocumentNode;
  readonly members: ReadChannel[];
  /** Its first settings, for comparison with later ones. */
  readonly said: string;
  /** `true` if it is described in another tool's format, whose problems are only warnings. */
  readonly foreign: boolean;
}

/** Extension that defines streams for the whole document. */
const DEFINITIONS = "x-alternats-streams";
/** Extensions that name the stream of a channel: the generator's own, and those of other tools. */
const DECLARATIONS = ["x-alternats-stream", "x-nats-jetstream-stream", "x-nats-stream", "x-nats"];

/**
 * Decides which streams exist and which subjects they store: from the channels, from the
 * definitions for the whole document, and from the configuration. Later sources apply to the
 * channels whose subjects they name.
 *
 * @param root The root of the document.
 * @param sources The channels with their sources, in the document's order.
 * @param options Streams of the configuration.
 */
export function readStreams(
  root: DocumentNode,
  sources: ReadonlyMap<Channel, ChannelSource>,
  options: StreamOptions,
): readonly Stream[] {
  const channels = [...sources].map(([channel, { channel: spec }]) => ({ channel, spec }));
  const drafts = new Map<string, Draft>();
  for (const node of definitions(root))
    define(drafts, node.key, node.target.value, node, placed(node));
  for (const [name, value] of Object.entries(options)) {
    define(drafts, name, value, root, (property, finding) =>
      root.error({
        ...finding,
        message: `The configuration's stream \`${name}\`${property === undefined ? "" : `, \`${property}\``}: ${finding.message}`,
      }),
    );
  }
  for (const read of channels) declare(drafts, read);
  join([...drafts.values()], channels);
  const all = [...drafts.values()].filter((draft) => check(draft));
  for (const draft of all) checkSubjects(draft);
  checkOverlaps(all);
  return name(all);
}

function definitions(root: DocumentNode): readonly DocumentNode[] {
  const own = root.get(DEFINITIONS);
  const shared = root.get("components")?.get(DEFINITIONS);
  return [...(own?.children ?? []), ...(shared?.children ?? [])];
}

function placed(node: DocumentNode, foreign = false): ReportSetting {
  return (property, finding) => {
    const place = (property === undefined ? undefined : node.get(property)) ?? node;
    tell(place, finding, foreign);
  };
}

function tell(node: DocumentNode, finding: Finding, foreign: boolean): void {
  if (foreign) node.warn(finding);
  else node.error(finding);
}

function define(
  drafts: Map<string, Draft>,
  name: string,
  value: unknown,
  node: DocumentNode,
  report: ReportSetting,
): void {
  const settings = readSettings(value, ["name"], report);
  drafts.set(name, { name, settings, node, members: [], said: "", foreign: false });
}

/** Reads a channel's declaration of its stream. */
function declare(drafts: Map<string, Draft>, read: ReadChannel): void {
  for (const key of DECLARATIONS) {
    const node = read.spec.node.get(key);
    if (node === undefined) continue;
    const declared = declaration(node, key);
    if (declared === undefined) continue;
    const { name, value, besides } = declared;
    const known = drafts.get(name);
    const said = JSON.stringify(value);
    const foreign = key !== DECLARATIONS[0];
    if (typeof value !== "object" && known !== undefined) {
      known.members.push(read);
    } else if (known === undefined) {
      const settings = readSettings(value, besides, placed(node, foreign));
      drafts.set(name, { name, settings, node, members: [read], said, foreign });
    } else if (known.said === said) {
      known.members.push(read);
    } else {
      known.members.push(read);
      const finding = {
        code: "stream-defined-twice",
        message: `The stream \`${name}\` has other settings in another place.`,
        fix: `Define it once, under \`${DEFINITIONS}\`, and use only its name here.`,
      };
      tell(node, finding, foreign);
    }
    return;
  }
}

/** The name of the stream, and the place of its settings. */
function declaration(
  node: DocumentNode,
  key: string,
): { name: string; value: unknown; besides: readonly string[] } | undefined {
  const { value } = node.target;
  if (typeof value === "string" && key !== "x-nats") return { name: value, value: "", besides: [] };
  // `x-nats` may be about any other topic.
  if (key === "x-nats") {
    const stream = own(value, "stream");
    if (stream === undefined) return undefined;
    if (typeof stream === "string") return { name: stream, value, besides: ["stream"] };
    const name = own(stream, "name");
    if (typeof name === "string") return { name, value: stream, besides: ["name"] };
  }
  const name = own(value, "name");
  if (typeof name === "string") return { name, value, besides: ["name"] };
  const finding = {
    code: "stream-without-name",
    message: "The name of the channel's stream is missing.",
    fix: "Write the stream's name, or an object with `name` and settings.",
  };
  tell(node, finding, key !== DECLARATIONS[0]);
  return undefined;
}

/** Adds channels without a declaration to the stream that names their subjects. */
function join(drafts: readonly Draft[], channels: readonly ReadChannel[]): void {
  const declared = new Set(drafts.flatMap(({ members }) => members));
  for (const read of channels) {
    if (declared.has(read) || read.channel.key.isGiven) continue;
    const subject = wildcards(read.channel.key.subject);
    const draft = drafts.find(({ settings: { subjects = [] } }) =>
      subjects.some((each) => covers(each, subject)),
    );
    draft?.members.push(read);
  }
}

/** Reports and removes settings that cannot work. @returns `true` if the stream remains. */
function check(draft: Draft): boolean {
  const { name, node, members, settings, foreign } = draft;
  if (/[\s\p{Cc}.*>/\\]/u.test(name.replace(/\{[^{}]*\}/g, "x")) || name === "") {
    const finding = {
      code: "wrong-stream-name",
      message: `${JSON.stringify(name)} is not a valid name of a stream.`,
      fix: "Use letters, digits, `-` and `_`, without white space, `.`, `*`, `>`, `/` or `\\`.",
    };
    tell(node, finding, foreign);
    return false;
  }
  const parameters = parametersOf(name);
  const good = members.filter(({ channel, spec }) => {
    const finding = misfit(name, parameters, settings, channel);
    if (finding === undefined) return true;
    const [place = spec.node] = DECLARATIONS.flatMap((each) => spec.node.get(each) ?? []);
    tell(place, finding, foreign);
    return false;
  });
  const named = members.length > 0;
  members.splice(0, members.length, ...good);
  if (good.length > 0 || settings.subjects !== undefined) return true;
  if (!named) {
    node.error({
      code: "stream-keeps-nothing",
      message: `The stream \`${name}\` stores no channel.`,
      fix: "Name it on a channel with `x-alternats-stream`, or add `subjects`.",
    });
  }
  return false;
}

/** Reason why a stream cannot store a channel. */
function misfit(
  name: string,
  parameters: readonly string[],
  { subjects }: StreamSettings,
  { key, kind }: Channel,
): Finding | undefined {
  if (key.isGiven) {
    return {
      code: "stream-without-subject",
      message: `The stream \`${name}\` cannot store a channel without an address.`,
      fix: "Give the channel an address.",
    };
  }
  if (kind === "procedure") {
    return {
      code: "stream-answers-requests",
      message: `The stream \`${name}\` stores requests on \`${key.address}\`: requesters would get its acknowledgement instead of the reply.`,
      fix: "Store another channel, whose replies have their own channel.",
    };
  }
  const subject = wildcards(key.subject);
  if (subjects !== undefined && !subjects.some((each) => overlap(each, subject))) {
    return {
      code: "stream-misses-channel",
      message: `The stream \`${name}\` stores ${subjects.join(", ")}, which does not include \`${key.address}\`.`,
      fix: "Add the subject to the stream's `subjects`, or remove `subjects`.",
    };
  }
  const unknown = parameters.find((each) => !key.parameters.some((own) => own.name === each));
  if (unknown === undefined) return undefined;
  return {
    code: "wrong-stream-name",
    message: `The stream's name \`${name}\` contains \`{${unknown}}\`, but the channel's address does not.`,
    fix: "Use a parameter of the address, or a name without parameters.",
  };
}

/**
 * Subjects of requests to the server: a stream would acknowledge them, and the requester would
 * mistake that for the reply.
 */
const SERVER_REQUESTS = ["$JS.API.>", "$SYS.>"];
/** Subjects of the server's own events. */
const SERVER_EVENTS = "$SYS.ACCOUNT.>";

/**
 * Reports subjects that overlap each other or the server's own; the server rejects such a stream.
 */
function checkSubjects(draft: Draft): void {
  const { name, settings, node, foreign } = draft;
  const place = node.get("subjects") ?? node;
  const all = subjectsOf(draft).map(plain);
  const [pair] = all.flatMap((b, i) =>
    all.slice(0, i).flatMap((a) => (overlap(a, b) ? [[a, b]] : [])),
  );
  if (pair !== undefined) {
    const finding = {
      code: "streams-overlap",
      message: `The stream \`${name}\` would store messages twice, on \`${pair[0]}\` and \`${pair[1]}\`; the server rejects that.`,
      fix:
        settings.subjects === undefined
          ? "Add `subjects` with one that covers both."
          : "Remove one of them, or use one that covers both.",
    };
    tell(place, finding, foreign);
  }
  const taken = all.find(
    (each) => SERVER_REQUESTS.some((own) => overlap(each, own)) && !covers(SERVER_EVENTS, each),
  );
  if (taken !== undefined) {
    const finding = {
      code: "stream-answers-requests",
      message: `The stream \`${name}\` would store \`${taken}\`, which includes requests to the server: requesters would get its acknowledgement instead of the reply.`,
      fix: "Start the subject with a common token of the messages, for example `game.>`.",
    };
    tell(place, finding, foreign);
  }
}

/** Reports two streams that store the same subject, which the server rejects. */
function checkOverlaps(drafts: readonly Draft[]): void {
  for (const [i, draft] of drafts.entries()) {
    for (const earlier of drafts.slice(0, i)) {
      // Streams of one template differ in the parameters of their names.
      const pair = subjectsOf(draft).flatMap((a) =>
        subjectsOf(earlier).flatMap((b) => (overlap(plain(a), plain(b)) ? [[a, b]] : [])),
      )[0];
      if (pair === undefined) continue;
      const finding = {
        code: "streams-overlap",
        message: `The streams \`${earlier.name}\` and \`${draft.name}\` would both store messages on \`${pair[1]}\` and \`${pair[0]}\`; the server rejects that.`,
        fix: "Remove the subject from one of them.",
      };
      tell(draft.node, finding, draft.foreign);
    }
  }
}

function name(drafts: readonly Draft[]): readonly Stream[] {
  const functions = drafts.flatMap(({ members }) =>
    members.flatMap(({ channel: { base } }) =>
      ["append", "consume", "replay", "last"].map((verb) => `${verb}${base}`),
    ),
  );
  const names = new Names(["ensureStreams", "Channels", "JetStream", ...functions]);
  const types = new Names([]);
  return drafts.map((draft) => {
    const parts = words(draft.name.replace(/\{[^{}]*\}/g, " ")).map((word) =>
      word === word.toUpperCase() ? word.toLowerCase() : word,
    );
    const parameters = parametersOf(draft.name);
    return {
      name: names.take(camelCase(parts.length === 0 ? ["stream"] : parts)),
      channelsType: types.take(`${pascalCase(parts.length === 0 ? ["stream"] : parts)}Channels`),
      stream: draft.name,
      parameters,
      settings: { ...draft.settings, subjects: subjectsOf(draft) },
      channels: draft.members.map(({ channel }) => channel),
    };
  });
}

/**
 * The subjects of a stream: those of its settings, else those of its channels. Parameters of its
 * name remain.
 */
function subjectsOf({ name, settings, members }: Draft): readonly string[] {
  if (settings.subjects !== undefined) return settings.subjects;
  const kept = new Set(parametersOf(name));
  const all = [...new Set(members.map(({ channel }) => wildcards(channel.key.subject, kept)))];
  return all.filter((each) => !all.some((other) => other !== each && covers(other, each)));
}

function parametersOf(name: string): readonly string[] {
  return [...name.matchAll(/\{([^{}]*)\}/g)].map(([, parameter = ""]) =>
    camelCase(words(parameter)),
  );
}

/** A subject with `*` for each token that contains a parameter, except those in `kept`. */
function wildcards(subject: string, kept: ReadonlySet<string> = new Set()): string {
  return subject
    .split(".")
    .map((token) => {
      const parameters = [...token.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
      return parameters.every((parameter) => kept.has(parameter)) ? token : "*";
    })
    .join(".");
}

function plain(subject: string): string {
  return wildcards(subject);
}

/** Checks if `wide` matches every subject that `narrow` matches. */
export function covers(wide: string, narrow: string): boolean {
  const a = wide.split(".");
  const b = narrow.split(".");
  for (const [i, token] of a.entries()) {
    const other = b[i];
    if (token === ">") return other !== undefined;
    if (other === undefined || other === ">") return false;
    if (token !== "*" && token !== other) return false;
  }
  return a.length === b.length;
}

/** Checks if both match a common subject. */
export function overlap(first: string, second: string): boolean {
  const a = first.split(".");
  const b = second.split(".");
  for (let i = 0; ; i++) {
    const x = a[i];
    const y = b[i];
    if (x === undefined || y === undefined) return x === y;
    if (x === ">" || y === ">") return true;
    if (x !== "*" && y !== "*" && x !== y) return false;
  }
}
