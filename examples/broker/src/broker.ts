import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "node:process";
import { setImmediate } from "node:timers/promises";
import { installHint, natsServer } from "./nats-server.js";

/** Milliseconds after which a server that does not start or end is killed. */
const patience = 10_000;

const CONFIG_FILE = "nats-server.conf";

/** Options of a broker. */
export interface BrokerOptions {
  /** Text of a nats-server configuration file. Use `127.0.0.1:-1` for ports. */
  readonly config?: string;
  /** Enables JetStream, stored in the broker's temporary folder. */
  readonly jetStream?: boolean;
  /** Enables the monitoring endpoint, see {@link Broker.monitoringUrl}. */
  readonly monitoring?: boolean;
  /** Further command-line arguments, for example `["-DV"]`. */
  readonly args?: readonly string[];
}

/** The ports file of nats-server: the addresses that it listens on, by service. */
interface Addresses {
  readonly nats?: readonly string[];
  readonly monitoring?: readonly string[];
  readonly cluster?: readonly string[];
  readonly websocket?: readonly string[];
}

/**
 * Starts a nats-server on a free port and waits until it is ready.
 *
 * ```ts
 * await using broker = await startBroker();
 * const nats = new NatsConnection({ servers: broker.url });
 * ```
 *
 * @throws Error with installation instructions if there is no nats-server, or with its log if it
 * does not start.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), "alternats-broker-"));
  const broker = new Broker(folder, options);
  try {
    await broker.start();
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  return broker;
}

/** A real nats-server with its own temporary folder. {@link startBroker} creates it. */
export class Broker implements AsyncDisposable {
  readonly #folder: string;
  readonly #options: BrokerOptions;
  readonly #keeper: ChildProcess;
  #process: ChildProcess | undefined;
  #addresses: Addresses = {};
  #log = "";

  constructor(folder: string, options: BrokerOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#keeper = spawnKeeper(folder);
  }

  /** The address for clients, `nats://127.0.0.1:<port>`. The same after a restart. */
  get url(): string {
    return address(this.#addresses.nats, "client port");
  }

  /** The port for clients. The same after a restart. */
  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The address of the monitoring endpoint, `http://127.0.0.1:<port>`. */
  get monitoringUrl(): string {
    return address(this.#addresses.monitoring, "monitoring port (option `monitoring`)");
  }

  /** The address of the WebSocket listener that the configuration opened, `ws://127.0.0.1:<port>`. */
  get websocketUrl(): string {
    return address(this.#addresses.websocket, "websocket listener (option `config`)");
  }

  /** The address for the routes of other servers, if the configuration opened a cluster. */
  get clusterUrl(): string {
    return address(this.#addresses.cluster, "cluster (option `config`)");
  }

  /** The id of the running server's process. */
  get processId(): number | undefined {
    return this.#process?.pid;
  }

  /** The server's log so far, including restarts. */
  log(): string {
    return this.#log;
  }

  /** Starts the server again after {@link stop}: same client port, same store. */
  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error("The broker is running already.");
    const isRestart = this.#addresses.nats !== undefined;
    const last = Date.now() + patience;
    while (true) {
      const before = this.#log.length;
      try {
        return await this.#launch();
      } catch (error) {
        // In the meantime, a client that connects to the port may use it as its own port for a
        // moment.
        const isTaken = /address already in use/.test(this.#log.slice(before));
        if (!isRestart || !isTaken || Date.now() > last) throw error;
      }
    }
  }

  async #launch(): Promise<void> {
    const process = spawn(natsServer(), await this.#args(), {
      stdio: ["ignore", "pipe", "pipe"],
      // Ctrl-C in the terminal ends the programs that use the server, and they end the server.
      detached: true,
    });
    this.#process = process;
    this.#keeper.stdin?.write(`${process.pid ?? ""}\n`);
    for (const stream of [process.stdout, process.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
    }
    try {
      this.#addresses = await ready(process, this.#folder);
    } catch (error) {
      await this.stop("SIGKILL");
      throw new Error(`nats-server did not start: ${message(error)}\n${this.#log}`, {
        cause: error,
      });
    }
  }

  /**
   * Stops the server and waits until it has ended. The folder remains for {@link start}.
   *
   * @param signal `SIGTERM` for a regular end, `SIGKILL` for a crash.
   */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    if (process.pid !== undefined && process.exitCode === null && process.signalCode === null) {
      const gone = once(process, "close");
      process.kill(signal);
      process.kill("SIGCONT");
      const last = setTimeout(() => process.kill("SIGKILL"), patience);
      await gone;
      clearTimeout(last);
    }
    this.#keeper.stdin?.write("\n");
  }

  /** {@link stop} and {@link start}. */
  async restart(signal?: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /**
   * Freezes the server: its sockets stay open, but it neither reads nor writes. Resolves when it is
   * frozen.
   */
  async pause(): Promise<void> {
    const process = this.#process;
    if (process?.pid === undefined) return;
    process.kill("SIGSTOP");
    // The signal reaches one thread after the other, and only the process table shows when it has
    // reached all.
    while (process.exitCode === null && !(await standsStill(process.pid))) await setImmediate();
  }

  /** Ends {@link pause}. */
  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /**
   * Announces the server's shutdown (lame duck mode): it asks clients to move and rejects new ones.
   * It continues until {@link stop}, or ends after `lame_duck_duration`.
   */
  lameDuck(): void {
    this.#process?.kill("SIGUSR2");
  }

  /**
   * Makes the running server read another configuration.
   *
   * @param config Text of a configuration file, which replaces the option `config`; without it, the
   * files of `args` are read again.
   * @throws Error if the broker was started without a configuration, or if the server rejects this
   * one.
   */
  async reload(config?: string): Promise<void> {
    const { stderr } = this.#process ?? {};
    if (stderr == null || (config !== undefined && this.#options.config === undefined)) {
      throw new Error(
        "Only a running broker that was started with the option `config` can reload another one.",
      );
    }
    const before = this.#log.length;
    if (config !== undefined) await writeFile(join(this.#folder, CONFIG_FILE), config);
    this.#process?.kill("SIGHUP");
    while (true) {
      const said = this.#log.slice(before);
      if (/Reloaded server configuration/.test(said)) return;
      if (/Failed to reload/.test(said)) throw new Error(`nats-server refused to reload:\n${said}`);
      await once(stderr, "data");
    }
  }

  /** Stops the server and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#keeper.exitCode !== null) return;
    const removed = once(this.#keeper, "exit");
    this.#keeper.ref();
    this.#keeper.stdin?.end();
    await removed;
  }

  async #args(): Promise<string[]> {
    const { config, jetStream, monitoring, args = [] } = this.#options;
    const port = this.#addresses.nats === undefined ? -1 : this.port;
    const all = ["-a", "127.0.0.1", "-p", String(port), "--ports_file_dir", this.#folder];
    if (monitoring) all.push("-m", "-1");
    if (jetStream) all.push("--jetstream", "--store_dir", join(this.#folder, "jetstream"));
    if (config !== undefined) {
      const file = join(this.#folder, CONFIG_FILE);
      await writeFile(file, config);
      all.push("-c", file);
    }
    return [...all, ...args];
  }
}

/**
 * Starts a shell that outlives this process, however it ends: when its standard input closes, it
 * kills the last announced server and removes the folder.
 */
function spawnKeeper(folder: string): ChildProcess {
  const script =
    'trap "" INT TERM HUP; pid=; while read line; do pid=$line; done; [ -z "$pid" ] || kill -9 $pid; rm -rf "$0"';
  const keeper = spawn("/bin/sh", ["-c", script, folder], { stdio: ["pipe", "ignore", "ignore"] });
  keeper.unref();
  return keeper;
}

/** Resolves when the server has written its ports file, after it has opened all listeners. */
async function ready(process: ChildProcess, folder: string): Promise<Addresses> {
  const watcher = watch(folder);
  const { promise, resolve, reject } = deferred<Addresses>();
  const read = () => readAddresses(folder, process.pid).then((found) => found && resolve(found));
  watcher.on("change", () => void read().catch(reject));
  process.once("error", (error: NodeJS.ErrnoException) => {
    reject(error.code === "ENOENT" ? new Error(`there is none. ${installHint}`) : error);
  });
  process.once("close", (code, signal) => reject(new Error(`it ended with ${signal ?? code}`)));
  const late = setTimeout(() => reject(new Error(`not ready after ${patience} ms`)), patience);
  // The file may exist before the watching began.
  read().catch(reject);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    watcher.close();
  }
}

async function readAddresses(folder: string, pid?: number): Promise<Addresses | undefined> {
  const name = (await readdir(folder)).find((file) => file.endsWith(`_${pid}.ports`));
  if (name === undefined) return undefined;
  const text = await readFile(join(folder, name), "utf8");
  // The file may be incomplete: without its last brace, another change follows.
  return text.trimEnd().endsWith("}") ? (JSON.parse(text) as Addresses) : undefined;
}

/**
 * Checks if every thread of a process is stopped. Only Linux shows this; other systems are assumed
 * to obey the signal.
 */
async function standsStill(pid: number): Promise<boolean> {
  if (platform !== "linux") return true;
  const tasks = `/proc/${pid}/task`;
  const threads = await readdir(tasks).catch(() => []);
  const states = await Promise.all(
    threads.map((thread) => readFile(join(tasks, thread, "status"), "utf8").catch(() => "")),
  );
  return states.every((status) => /^State:\s+T/m.test(status));
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function address(found: readonly string[] | undefined, what: string): string {
  if (found?.[0] === undefined) throw new Error(`The broker has no ${what}.`);
  return found[0];
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
