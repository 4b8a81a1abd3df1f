import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "node:process";
import { setImmediate } from "node:timers/promises";
import { installHint, natsServer } from "./nats-server.js";

/** Milliseconds until a server that does not get ready, or does not end, is killed. */
const patience = 10_000;

const CONFIG_FILE = "nats-server.conf";

/** What a broker should be like. */
export interface BrokerOptions {
  /** Text of a nats-server configuration file. Ports in it are best given as `127.0.0.1:-1`. */
  readonly config?: string;
  /** With JetStream, stored in the broker's temporary folder. */
  readonly jetStream?: boolean;
  /** With the monitoring endpoint, see {@link Broker.monitoringUrl}. */
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
 * @throws Error when there is no nats-server (says how to install it), or when it does not start (holds its log).
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

/** A real nats-server with a temporary folder of its own. Made by {@link startBroker}. */
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

  /** The address for the routes of other servers, where the configuration opened a cluster. */
  get clusterUrl(): string {
    return address(this.#addresses.cluster, "cluster (option `config`)");
  }

  /** The number of the running server's process. */
  get processId(): number | undefined {
    return this.#process?.pid;
  }

  /** All that the server wrote so far, over its restarts. */
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
        // A client that dials the port meanwhile may get it as its own, and keeps it for a moment.
        const isTaken = /address already in use/.test(this.#log.slice(before));
        if (!isRestart || !isTaken || Date.now() > last) throw error;
      }
    }
  }

  async #launch(): Promise<void> {
    const process = spawn(natsServer(), await this.#args(), {
      stdio: ["ignore", "pipe", "pipe"],
      // A Ctrl-C in the terminal ends who uses the server, and they end the server.
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
   * Ends the server and waits until it is gone. The folder stays for {@link start}.
   *
   * @param signal `SIGTERM` for a server that says goodbye, `SIGKILL` for one that dies.
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

  /** Freezes the server: its sockets stay open, but it neither reads nor writes. Resolves when it stands still. */
  async pause(): Promise<void> {
    const process = this.#process;
    if (process?.pid === undefined) return;
    process.kill("SIGSTOP");
    // The signal reaches one thread after the other, and nothing but the process table tells.
    while (process.exitCode === null && !(await standsStill(process.pid))) await setImmediate();
  }

  /** Ends {@link pause}. */
  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /**
   * Announces the server's end (lame duck mode): clients are asked to go elsewhere, and new ones are
   * refused. It goes on until {@link stop}, or ends by itself after `lame_duck_duration`.
   */
  lameDuck(): void {
    this.#process?.kill("SIGUSR2");
  }

  /**
   * Has the running server read another configuration.
   *
   * @param config Text of a configuration file, instead of the option `config`; without it, the files of `args`
   *   are read again.
   * @throws Error when the broker was started without a configuration, or the server refuses this one.
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
 * A shell that outlives this process, however it ends: when its standard input closes, it kills the
 * server whose number it was told last and removes the folder.
 */
function spawnKeeper(folder: string): ChildProcess {
  const script =
    'trap "" INT TERM HUP; pid=; while read line; do pid=$line; done; [ -z "$pid" ] || kill -9 $pid; rm -rf "$0"';
  const keeper = spawn("/bin/sh", ["-c", script, folder], { stdio: ["pipe", "ignore", "ignore"] });
  keeper.unref();
  return keeper;
}

/** Resolves when the server has written its ports file, which it does once it listens everywhere. */
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
  // It may have been written before the watching began.
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
  // The file is watched while it is written: without its last brace, another change will follow.
  return text.trimEnd().endsWith("}") ? (JSON.parse(text) as Addresses) : undefined;
}

/** Whether every thread of a process is stopped. Only Linux tells; elsewhere the signal is trusted. */
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
