/**
 * Rooms of a package from the ground up. A room is a folder of `src` with its sub-folders, or one loose file.
 * A file imports only from its own room and from rooms of lower floors.
 */
export type Floors = readonly (readonly string[])[];

export const RUNTIME: Floors = [
  // Ground: used everywhere, uses nothing.
  ["standard-schema.ts", "version.ts", "hidden-keys.ts", "platform"],
  ["errors.ts"],
  ["arguments.ts"],
  ["logger.ts", "waiting", "buffers"],
  // The protocol and its payloads: no sockets, no connections.
  ["protocol"],
  ["serialization", "transport", "auth"],
  // The interface of all commands, and the options of a connection.
  ["commands", "options"],
  // From a received message to a handler.
  ["delivery"],
  // The engine.
  ["connection"],
  // The APIs of the engine, and what stands on their commands.
  ["nats-connection.ts"],
  ["pool", "nats-core", "sdk", "opentelemetry", "socket.io"],
  ["jetstream", "fastify", "nestjs", "index.ts"],
];

export const GENERATOR: Floors = [
  // Ground.
  ["diagnostics.ts", "generated-file.ts", "hidden-characters.ts", "nearest.ts", "paths.ts"],
  ["option.ts", "typescript", "version.ts"],
  ["generate-options.ts"],
  // The core: document, decisions, text, files.
  ["document"],
  ["model"],
  ["render", "output"],
  ["generate.ts"],
  // Everything else that follows from a document, without a command line.
  ["roles", "diff", "lint"],
  ["broker"],
  // Parts that commands share.
  ["workshop"],
  ["accounts"],
  ["commands", "vite.ts", "index.ts"],
  ["cli"],
];
