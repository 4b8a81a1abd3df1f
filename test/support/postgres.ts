import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** User to run the server as, which refuses to run as root. */
const nobody =
  process.getuid?.() === 0 ? { uid: idOf("-u", "nobody"), gid: idOf("-g", "nobody") } : undefined;

/** The folder with PostgreSQL's programs, where it is installed. */
export const postgresPrograms: string | undefined = [
  ...(process.env.PATH ?? "").split(":"),
  // Debian keeps the server's programs out of the way.
  ...versions("/usr/lib/postgresql").map((version) => `/usr/lib/postgresql/${version}/bin`),
].find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));

/** A PostgreSQL server of its own, in a temporary folder, reached by a socket of the file system. */
export class Postgres implements AsyncDisposable {
  readonly #programs: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(programs: string, folder: string) {
    this.#programs = programs;
    this.#folder = folder;
  }

  /** Makes a database and starts a server for it. */
  static async start(): Promise<Postgres> {
    if (postgresPrograms === undefined) throw new Error("PostgreSQL is not installed.");
    const folder = await mkdtemp(join(tmpdir(), "alternats-postgres-"));
    if (nobody !== undefined) chownSync(folder, nobody.uid, nobody.gid);
    execFileSync(
      join(postgresPrograms, "initdb"),
      ["--pgdata", join(folder, "data"), "--username=game", "--auth=trust", "--no-sync"],
      { ...nobody, stdio: "pipe", cwd: folder },
    );
    const server = new Postgres(postgresPrograms, folder);
    await server.start();
    return server;
  }

  /** Its address, for clients. */
  get url(): string {
    return `postgresql:///postgres?host=${encodeURIComponent(this.#folder)}&user=game`;
  }

  /** Starts the server, again after {@link stop}. Resolves when it takes connections. */
  async start(): Promise<void> {
    const folder = this.#folder;
    const server = spawn(
      join(this.#programs, "postgres"),
      ["-D", join(folder, "data"), "-k", folder, "-c", "listen_addresses="],
      { ...nobody, stdio: ["ignore", "ignore", "pipe"], cwd: folder },
    );
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      let log = "";
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
      server.stderr.setEncoding("utf8").on("data", (text: string) => {
        log += text;
        if (log.includes("ready to accept connections")) resolve();
      });
    });
  }

  /** Ends the server as if the machine had lost its power. */
  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, "exit");
    // Quitting at once, connections and all, without writing anything: recovery follows at the start.
    server.kill("SIGQUIT");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function versions(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort((a, b) => Number(b) - Number(a)) : [];
}

function idOf(which: "-u" | "-g", user: string): number {
  return Number(execFileSync("id", [which, user], { encoding: "utf8" }));
}
