import type { DocumentNode } from "../document/node.js";
import { type GenerateOptions, generateOptions } from "../generate-options.js";
import { ChannelReader, type ChannelSource } from "./channels.js";
import { MessageReader } from "./messages.js";
import { readVersion2 } from "./read-v2.js";
import { readVersion3 } from "./read-v3.js";
import type { Channel, Sdk } from "./sdk.js";
import { SdkNames } from "./sdk-names.js";
import { readServers } from "./servers.js";
import type { Specification } from "./specification.js";
import { readStreams } from "./streams.js";
import { isNats } from "./subjects.js";
import { Types } from "./types.js";
import type { ValidatorCompiler } from "./validators.js";

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
  {
    role,
    dates = generateOptions.dates.default,
    int64 = generateOptions.int64.default,
    streams = {},
  }: GenerateOptions,
  validators: ValidatorCompiler | undefined,
): Model {
  const specification = root.document.isVersion2 ? readVersion2(root) : readVersion3(root);
  const names = new SdkNames();
  const types = new Types(names.types, specification.schemas, dates, int64);
  const messages = new MessageReader(types, specification.contentType, validators);
  const reader = new ChannelReader(specification, messages, names, role);
  reader.readAll();
  if (!specification.servers.some(isNats)) warnNoNats(root, specification.servers);
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
    servers: readServers(root, specification.servers, names),
    validators: validators?.finish(),
  };
  return { root, sdk, specification, sources: reader.sources };
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
