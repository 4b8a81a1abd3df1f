import type { DocumentNode } from "../document/node.js";
import { type GenerateOptions, generateOptions, type Role } from "../generate-options.js";
import { ChannelReader, type ChannelSource } from "./channels.js";
import { hasBytes } from "./encodings.js";
import { MessageReader } from "./messages.js";
import { isNats, natsServersOf, onNats } from "./nats-servers.js";
import { readVersion2 } from "./read-v2.js";
import { readVersion3 } from "./read-v3.js";
import type { Channel, Sdk } from "./sdk.js";
import { SdkNames } from "./sdk-names.js";
import { readServers } from "./servers.js";
import type { Specification } from "./specification.js";
import { readStreams } from "./streams.js";
import { NamePlan, type TypeNames } from "./type-names.js";
import { Types } from "./types.js";
import type { ValidatorCompiler } from "./validators.js";
import { words } from "./words.js";

/** The SDK, together with its sources in the document. */
export interface Model {
  /** The document. */
  readonly root: DocumentNode;
  readonly sdk: Sdk;
  readonly specification: Specification;
  /** The source of each channel in the document. */
  readonly sources: ReadonlyMap<Channel, ChannelSource>;
}

/** Decides everything about the SDK; see {@link buildModel}. */
export function buildSdk(
  root: DocumentNode,
  options: GenerateOptions,
  validators: ValidatorCompiler | undefined,
): Sdk {
  return buildModel(root, options, validators).sdk;
}

/**
 * Decides everything about the SDK.
 *
 * @param root The root of a valid document. Assumptions and skipped parts are reported to it.
 * @param options Options of the SDK.
 * @param validators Compiler of schemas, if messages are validated.
 */
export function buildModel(
  root: DocumentNode,
  options: GenerateOptions,
  validators: ValidatorCompiler | undefined,
): Model {
  const plan = new NamePlan();
  for (;;) {
    const { model, names } = attempt(root, options, validators, plan);
    if (plan.grow(names.contests)) continue;
    plan.report(names.settled);
    return { ...model, sdk: { ...model.sdk, validators: validators?.finish() } };
  }
}

/** Decides everything about the SDK, with names of types that are provisional if several want one. */
function attempt(
  root: DocumentNode,
  {
    role,
    dates = generateOptions.dates.default,
    ambiguous = generateOptions.ambiguous.default,
    int64 = generateOptions.int64.default,
    schemas,
    streams = {},
  }: GenerateOptions,
  validators: ValidatorCompiler | undefined,
  plan: NamePlan,
): { readonly model: Model; readonly names: TypeNames } {
  const whole = root.document.isVersion2 ? readVersion2(root) : readVersion3(root);
  const specification = onNats(whole);
  const names = new SdkNames(plan);
  const bytes = hasBytes(specification);
  const types = new Types(names.types, specification.schemas, dates, int64, bytes);
  const messages = new MessageReader(
    types,
    specification.contentType,
    validators,
    ambiguous,
    bytes,
  );
  const reader = new ChannelReader(specification, messages, names, role);
  reader.readAll();
  if (schemas === "all")
    for (const schema of specification.schemas) types.of(schema, words(schema.key));
  if (!whole.servers.some(isNats)) warnNoNats(root, whole.servers);
  warnNoFunctions(whole, specification, reader.channels, root, role);
  const sdk: Sdk = {
    title: specification.info?.text("title") ?? "",
    version: specification.info?.text("version") ?? "",
    description: specification.info?.text("description"),
    dates,
    types: types.finish(),
    keys: reader.keys,
    shared: reader.shared,
    channels: reader.channels,
    responders: reader.responders,
    streams: readStreams(root, reader.sources, streams),
    servers: readServers(root, natsServersOf(whole), names),
    validators: undefined,
  };
  return { model: { root, sdk, specification, sources: reader.sources }, names: names.types };
}

function warnNoNats(root: DocumentNode, servers: readonly DocumentNode[]): void {
  const node = root.get("servers") ?? root;
  node.warn({
    code: "no-nats-server",
    message:
      servers.length === 0
        ? "The document has no server, so the generator assumes NATS."
        : "The document has no NATS server, so the generator uses all of its channels for NATS.",
    fix: "Add a server with `protocol: nats`.",
  });
}

/** Warns of an SDK that can do nothing. */
function warnNoFunctions(
  whole: Specification,
  { channels }: Specification,
  read: readonly Channel[],
  root: DocumentNode,
  role: Role | undefined,
): void {
  // An error that stops the generation is reason enough.
  if (root.document.diagnostics.failed) return;
  if (read.some(({ sends, listens }) => sends || listens)) return;
  const [reason, fix] =
    whole.channels.length === 0
      ? ["the document has no channels", "Add channels and operations to the document."]
      : channels.length === 0
        ? ["none of the channels is on a NATS server", "Add a NATS server to their `servers`."]
        : read.length === 0
          ? ["no channel has an address that is valid in NATS", "Change the addresses."]
          : [
              `no operation is one that the role \`${role}\` can perform`,
              "Generate the SDK for the other role, or for both.",
            ];
  (root.get("channels") ?? root).warn({
    code: "no-functions",
    message: `The SDK has no functions: ${reason}.`,
    fix,
  });
}
