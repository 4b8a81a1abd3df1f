import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connect as encrypt } from "node:tls";
import { fromSeed } from "@nats-io/nkeys";
import { type Broker, startBroker } from "../../support/broker.js";
import { makeAuthority, makeCertificate } from "../../support/certificates.js";
import { type Result, runHere } from "../cli/support.js";

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
  broker(...args: readonly string[]): Promise<Result> {
    return this.command("broker", ...args);
  }

  /** Runs a command with the secrets beside the folder. */
  command(...args: readonly string[]): Promise<Result> {
    return runHere(this.folder, [...args, "--secrets", this.secrets]);
  }

  /** Starts a server of the configuration, see {@link startConfigured}. */
  start(name?: string, route?: string, gateway?: string): Promise<Broker> {
    return startConfigured(this.path("broker"), this.secrets, name, route, gateway);
  }

  /** Brings what is written by now to where the only server reads it again. */
  async renew(): Promise<void> {
    const nobody = "nats://127.0.0.1:9";
    await configureLocally(this.path("broker"), this.secrets, "nats-1", nobody, nobody);
  }

  /** The variables of a file of the secrets. */
  environment(file: string): Promise<Readonly<Record<string, string>>> {
    return readEnvironment(join(this.secrets, file));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#place, { recursive: true });
  }
}

/**
 * Starts a server of a configuration: as it is, but for ports, which are free ones, the folders that it stores in,
 * which are beside the configuration's project, and the routes and gateways, which go to the servers that are given,
 * the first one's to nobody.
 *
 * @param folder Folder that `alternats-gen broker` wrote.
 * @param secrets The folder of its secrets.
 */
export async function startConfigured(
  folder: string,
  secrets: string,
  name = "nats-1",
  route = "nats://127.0.0.1:9",
  gateway = "nats://127.0.0.1:9",
): Promise<Broker> {
  const file = await configureLocally(folder, secrets, name, route, gateway);
  return startBroker({ monitoring: true, args: ["-c", file] });
}

/** Writes the configuration of such a server. @returns Its path. */
export async function configureLocally(
  folder: string,
  secrets: string,
  name: string,
  route: string,
  gateway: string,
): Promise<string> {
  const place = dirname(dirname(folder));
  const { NATS_ROUTE_PASSWORD: password = "" } = await readEnvironment(join(secrets, "broker.env"));
  const urls = (user: string, url: string) =>
    `["${url.replace("://", `://${user}:${password}@`)}"]`;
  const local = async (file: string): Promise<string> =>
    (await readFile(join(folder, file), "utf8"))
      .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:-1")
      .replaceAll(/^( *port: )\d+$/gm, "$1-1")
      .replaceAll("$NATS_LISTEN", '"127.0.0.1"')
      .replaceAll('"./', `"${place}/`)
      .replaceAll(/\$NATS_ROUTES_\d/g, urls("route", route))
      .replaceAll(/\$NATS_GATEWAYS_\d/g, urls("gateway", gateway))
      .replaceAll('"accounts.conf"', `"${name}-accounts.conf"`)
      .replaceAll("$NATS_ROUTE_PASSWORD", password);
  const file = join(folder, `${name}-local.conf`);
  await writeFile(join(folder, `${name}-accounts.conf`), await local("accounts.conf"));
  await writeFile(file, await local(`${name}.conf`));
  return file;
}

/** Writes `ca.crt`, `server.crt` and `server.key` for this machine into a folder. @returns The authority's text. */
export async function writeCertificates(folder: string): Promise<string> {
  const authority = await makeAuthority();
  const { cert, key } = await makeCertificate(authority, "localhost");
  const files = { "ca.crt": authority.cert, "server.crt": cert, "server.key": key };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return authority.cert;
}

async function readEnvironment(path: string): Promise<Readonly<Record<string, string>>> {
  const lines = (await readFile(path, "utf8")).matchAll(/^(\w+)=('?)(.*)\2$/gm);
  return Object.fromEntries([...lines].map(([, name = "", , value = ""]) => [name, value]));
}

/** A client of a few lines, which shows what the server says to each line. */
export class WireClient implements Disposable {
  #socket: Socket;
  #text = "";
  #heard: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = this.#listening(socket);
  }

  /**
   * @param credentials The text of a `.nk` or a `.creds` file.
   * @param ca The authority of a server that wants TLS.
   */
  static async connect(url: string, credentials: string, ca?: string): Promise<WireClient> {
    const { hostname, port } = new URL(url);
    const client = new WireClient(connect(Number(port), hostname));
    const { nonce } = JSON.parse(/^INFO (.*)/.exec(await client.until(/\r\n/))?.[1] ?? "{}");
    if (ca !== undefined) await client.#encrypt(ca);
    const key = fromSeed(new TextEncoder().encode(/^SU\w+$/m.exec(credentials)?.[0] ?? ""));
    const sig = Buffer.from(key.sign(new TextEncoder().encode(nonce))).toString("base64url");
    const jwt = /^eyJ\S+$/m.exec(credentials)?.[0];
    const who = jwt === undefined ? { nkey: key.getPublicKey() } : { jwt };
    const options = { verbose: false, headers: true, no_responders: true, ...who, sig };
    await client.say([`CONNECT ${JSON.stringify(options)}`]);
    return client;
  }

  readonly #read = (bytes: Buffer): void => {
    this.#text += bytes.toString();
    this.#heard();
  };

  async #encrypt(ca: string): Promise<void> {
    this.#socket.off("data", this.#read);
    const secure = encrypt({ socket: this.#socket, ca, servername: "localhost" });
    await once(secure, "secureConnect");
    this.#socket = this.#listening(secure);
  }

  #listening<T extends Socket>(socket: T): T {
    // A server that hangs up on what it has not read resets the connection. Whoever waits hears of the end.
    socket.on("error", () => {});
    return socket.on("data", this.#read).on("close", () => this.#heard());
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
