import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "node:process";
import { fileURLToPath } from "node:url";
import type { Broker } from "alternats-broker";
import { compileNatsC, natsCArguments } from "../contenders/nats-c.js";
import { startNats, startNatsTls } from "../servers/nats.js";
import { startRedis } from "../servers/redis.js";
import type { ContenderName, Server, Task, Work } from "../work/work.js";

/** Parts of a second in which Linux counts the processor's time. */
const TICKS = 100;

const child = fileURLToPath(new URL("./child.js", import.meta.url));

/** The servers and programs that the works need: only those that are needed, and that are there. */
export class Setting implements AsyncDisposable {
  /** The versions of the servers that run. */
  readonly versions: Record<string, string> = {};
  /** Who cannot take part, and what is missing for it. */
  readonly absent = new Map<ContenderName, string>();
  readonly #node: string;
  readonly #toDispose: AsyncDisposable[] = [];
  #nats!: Server;
  #natsTls: Server | undefined;
  #natsStreams: Broker | undefined;
  #redis: Server | undefined;
  #natsC = "";

  private constructor(node: string) {
    this.#node = node;
  }

  /** @param node The Node.js executable of the contenders. */
  static async prepare(works: readonly Work[], node: string): Promise<Setting> {
    const setting = new Setting(node);
    const needs = (name: ContenderName) => works.some(({ peers }) => name in peers);
    const broker = setting.#own(await startNats());
    setting.#nats = { url: broker.url };
    setting.versions["nats-server"] = broker.log().match(/Version: +(\S+)/)?.[1] ?? "unknown";
    if (works.some(({ jetStream }) => jetStream)) {
      setting.#natsStreams = setting.#own(await startNats({ jetStream: true }));
    }
    if (works.some(({ tls }) => tls)) setting.#natsTls = setting.#own(await startNatsTls());
    if (needs("ioredis")) await setting.#optional(["ioredis", "node-redis"], setting.#startRedis);
    if (needs("nats.c")) await setting.#optional(["nats.c"], setting.#compile);
    return setting;
  }

  /** Where a contender does a work. */
  server(name: ContenderName, { tls, jetStream }: Work): Server {
    if (name === "ioredis" || name === "node-redis") return this.#redis!;
    if (jetStream) return { url: this.#natsStreams!.url };
    return tls ? this.#natsTls! : this.#nats;
  }

  /**
   * The processor's time that a work's server has taken so far, in seconds. Only that of streams is asked for, whose work
   * is the server's for the greater part, and only Linux tells.
   */
  async processorOfServer({ jetStream }: Work): Promise<number | undefined> {
    const id = jetStream ? this.#natsStreams?.processId : undefined;
    if (id === undefined || platform !== "linux") return undefined;
    // Behind the name, which may hold anything: the state is the first field, user and system time are the 12th and 13th.
    const fields = (await readFile(`/proc/${id}/stat`, "utf8")).split(") ").at(-1)!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  /** The process that does a contender's work: the executable and what it is told. */
  command(name: ContenderName, task: Task): [string, ...string[]] {
    if (name === "nats.c") return [this.#natsC, ...natsCArguments(task)];
    return [this.#node, child, name, JSON.stringify(task)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#toDispose.reverse()) await one[Symbol.asyncDispose]();
  }

  #own<T extends AsyncDisposable>(one: T): T {
    this.#toDispose.push(one);
    return one;
  }

  async #optional(names: ContenderName[], prepare: () => Promise<void>): Promise<void> {
    try {
      await prepare();
    } catch (error) {
      for (const name of names) this.absent.set(name, (error as Error).message);
    }
  }

  readonly #startRedis = async () => {
    const redis = this.#own(await startRedis());
    this.#redis = { url: redis.url };
    this.versions["redis-server"] = redis.version;
  };

  readonly #compile = async () => {
    const folder = await mkdtemp(join(tmpdir(), "alternats-bench-"));
    this.#own({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
    this.#natsC = await compileNatsC(folder);
  };
}
