/** The secured broker of the document's roles, on the same machine. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Broker, startBroker } from "alternats-broker";

/** A NATS server with the users of the document's roles, which also accepts browsers. */
export interface SecuredBroker extends AsyncDisposable {
  readonly broker: Broker;
  /** Address for browsers, `ws://127.0.0.1:<port>`. The same after a restart. */
  readonly websocketUrl: string;
  /** @returns The path of a user's seed. */
  seedOf(user: string): string;
}

/**
 * Creates keys for all users and starts a server with JetStream that accepts them.
 *
 * @param project The folder with the document and `alternats.config.ts`.
 */
export async function startSecuredBroker(project: string): Promise<SecuredBroker> {
  const folder = await mkdtemp(join(tmpdir(), "rust-server-"));
  const removed = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const output = join(folder, "broker");
    const secrets = join(folder, "secrets");
    const generator = join(
      dirname(createRequire(import.meta.url).resolve("alternats-gen/package.json")),
      "bin/alternats-gen.js",
    );
    const args = [generator, "broker", "--output", output, "--secrets", secrets];
    await promisify(execFile)(process.execPath, args, { cwd: project });
    const accounts = await readFile(join(output, "accounts.conf"), "utf8");
    const port = await freePort();
    const websocket = `websocket { listen: "127.0.0.1:${port}", no_tls: true }`;
    const broker = await startBroker({ config: `${accounts}\n${websocket}`, jetStream: true });
    return {
      broker,
      websocketUrl: `ws://127.0.0.1:${port}`,
      seedOf: (user) => join(secrets, "users", `${user}.nk`),
      async [Symbol.asyncDispose]() {
        await broker[Symbol.asyncDispose]();
        await removed();
      },
    };
  } catch (error) {
    await removed();
    throw error;
  }
}

/** A port that stays the same when the server is restarted. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}
