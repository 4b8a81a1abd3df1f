import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromSeed } from "@nats-io/nkeys";
import { type Broker, startBroker } from "../../support/broker.js";
import { runIn } from "../cli/support.js";

/** A folder with a document and what the broker command made of it; the secrets are beside. */
export class Workplace implements AsyncDisposable {
  readonly folder: string;
  readonly secrets: string;
  readonly #place: string;

  private constructor(place: string) {
    this.#place = place;
    this.folder = join(place, "project");
    this.secrets = join(place, "secrets");
  }

  /** @param files Texts by the names of their files. */
  static async make(files: Readonly<Record<string, string>>): Promise<Workplace> {
    const work = new Workplace(await mkdtemp(join(tmpdir(), "alternats-roles-")));
    await mkdir(work.folder);
    for (const [name, text] of Object.entries(files)) await writeFile(work.path(name), text);
    return work;
  }

  /** The path of a file in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Reads a file of the folder. */
  read(name: string): Promise<string> {
    return readFile(this.path(name), "utf8");
  }

  /** Reads a file of the secrets. */
  secret(name: string): Promise<string> {
    return readFile(join(this.secrets, name), "utf8");
  }

  /** Runs `alternats-gen broker` with the secrets beside the folder. */
  broker(...args: readonly string[]): ReturnType<typeof runIn> {
    return runIn(this.folder, ["broker", ...args, "--secrets", this.secrets]);
  }

  /**
   * Starts a server of the configuration: as it is, but for ports, which are free ones, the folders that it
   * stores in, and the routes, which go to the server that is given, the first one's to nobody.
   */
  async start(name = "nats-1", route = "nats://127.0.0.1:9"): Promise<Broker> {
    const { NATS_ROUTE_PASSWORD: password = "" } = await this.environment("broker.env");
    const local = async (file: string): Promise<string> =>
      (await this.read(`broker/${file}`))
        .replaceAll(/0\.0\.0\.0:\d+/g, "127.0.0.1:-1")
        .replaceAll('"./', `"${this.#place}/`)
        .replaceAll("$NATS_ROUTES", `["${route.replace("://", `://route:${password}@`)}"]`)
        .replaceAll('"accounts.conf"', `"${name}-accounts.conf"`)
        .replaceAll("$NATS_ROUTE_PASSWORD", password);
    const file = this.path(`broker/${name}-local.conf`);
    await writeFile(this.path(`broker/${name}-accounts.conf`), await local("accounts.conf"));
    await writeFile(file, await local(`${name}.conf`));
    return startBroker({ monitoring: true, args: ["-c", file] });
  }

  /** The variables of a file of the secrets. */
  async environment(file: string): Promise<Readonly<Record<string, string>>> {
    const lines = (await this.secret(file)).matchAll(/^(\w+)=('?)(.*)\2$/gm);
    return Object.fromEntries([...lines].map(([, name = "", , value = ""]) => [name, value]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#place, { recursive: true });
  }
}

/** A client of a few lines, which shows what the server says to each line. */
export class WireClient implements Disposable {
  readonly #socket: Socket;
  #text = "";
  #heard: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text;
      this.#heard();
    });
    socket.on("close", () => this.#heard());
  }

  /** @param credentials The text of a `.nk` or a `.creds` file. */
  static async connect(url: string, credentials: string): Promise<WireClient> {
    const { hostname, port } = new URL(url);
    const client = new WireClient(connect(Number(port), hostname));
    const { nonce } = JSON.parse(/^INFO (.*)/.exec(await client.until(/\r\n/))?.[1] ?? "{}");
    const key = fromSeed(new TextEncoder().encode(/^SU\w+$/m.exec(credentials)?.[0] ?? ""));
    const sig = Buffer.from(key.sign(new TextEncoder().encode(nonce))).toString("base64url");
    const jwt = /^eyJ\S+$/m.exec(credentials)?.[0];
    const who = jwt === undefined ? { nkey: key.getPublicKey() } : { jwt };
    const options = { verbose: false, headers: true, no_responders: true, ...who, sig };
    await client.say([`CONNECT ${JSON.stringify(options)}`]);
    return client;
  }

  /** Sends lines, and resolves with all that the server has said by the time it has read them. */
  async say(lines: readonly string[]): Promise<string> {
    this.#socket.write([...lines, "PING", ""].join("\r\n"));
    return this.until(/PONG\r\n/);
  }

  /** Resolves with all that the server has said since the last time, when the pattern is among it. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      if (this.#socket.closed || this.#socket.destroyed)
        throw new Error(`The server has hung up: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    const text = this.#text;
    this.#text = "";
    return text;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
