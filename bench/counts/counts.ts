import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startNats } from "../servers/nats.js";

/** What does not depend on the machine's mood. */
export interface Counts {
  readonly client: "alternats" | "nats.js";
  /** For a million posts of 16 bytes, by how many are posted in a turn of the event loop. */
  readonly posts: Readonly<Record<number, PostCounts>>;
  /** Bytes allocated on the heap for a request, 256 in flight, besides its caller's own await. */
  readonly bytesPerRequest: number;
}

/** Of a million posts. */
export interface PostCounts {
  /** Bytes allocated on the heap for each. */
  readonly bytes: number;
  /** Garbage collections. */
  readonly collections: number;
  /** Calls of a socket's `write`. */
  readonly writes: number;
  /** Turns of the event loop. */
  readonly turns: number;
}

const child = fileURLToPath(new URL("./child.js", import.meta.url));
const windows = [10_000, 2000];
/** A young generation that holds everything, so that what was allocated can be read off. */
const room = ["--min-semi-space-size=256", "--max-semi-space-size=256"];

/** Counts for both clients, each in a process of its own. @param node The Node.js executable. */
export async function counts(node: string): Promise<Counts[]> {
  await using broker = await startNats();
  const count = async (flags: string[], ...args: string[]) => {
    const { stdout } = await promisify(execFile)(node, [...flags, child, ...args]);
    return JSON.parse(stdout, (_, count) =>
      typeof count === "number" ? Number(count.toFixed(2)) : count,
    );
  };
  const all: Counts[] = [];
  for (const client of ["alternats", "nats.js"] as const) {
    const posts: Record<number, PostCounts> = {};
    for (const window of windows) {
      const args = [client, broker.url, String(window)];
      posts[window] = {
        ...(await count(room, "allocations", ...args)),
        ...(await count([], "causes", ...args)),
      };
    }
    const responder = spawn(node, [child, "respond", client, broker.url]);
    await once(responder.stdout, "data");
    const { bytes } = await count(room, "requests", client, broker.url);
    responder.kill();
    all.push({ client, posts, bytesPerRequest: bytes });
  }
  return all;
}
