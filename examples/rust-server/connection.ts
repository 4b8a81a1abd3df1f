import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { NatsConnection, type NatsOptions, PermissionViolationError } from "alternats";
import { ensureStreams } from "./sdk/streams.js";

/**
 * Connects to the server in NATS_URL, as the user whose seed is in the file NATS_SEED; without
 * NATS_SEED, without a user.
 *
 * @param name Name of the connection in the server's monitoring.
 */
export function connect(name: string, options: NatsOptions = {}): NatsConnection {
  const { NATS_URL: servers = "nats://localhost:4222", NATS_SEED } = process.env;
  if (NATS_SEED === undefined) return new NatsConnection({ servers, name, ...options });
  const { seed, inboxPrefix } = readSeed(NATS_SEED);
  return new NatsConnection({ servers, name, authenticator: { seed }, inboxPrefix, ...options });
}

/** Credentials of a user, and the prefix of its inboxes. */
export interface User {
  readonly seed: string;
  readonly inboxPrefix: string;
}

/** @param file The file `<user>.nk` that `alternats-gen broker` wrote for a user. */
export function readSeed(file: string): User {
  const seed = readFileSync(file, "utf8").trim();
  return { seed, inboxPrefix: `_INBOX_${basename(file, ".nk")}.` };
}

/** Creates the streams if they do not exist. A user without permission uses existing ones. */
export async function findStreams(nats: NatsConnection): Promise<void> {
  try {
    await ensureStreams(nats);
  } catch (error) {
    if (!(error instanceof PermissionViolationError)) throw error;
  }
}
