/** The read API: leaderboard, profiles and wipes over HTTP, as described in `openapi.json`. */
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Queries } from "./database.js";

/** A running API. */
export interface Api {
  /** Its address, `http://127.0.0.1:<port>`. */
  readonly url: string;
  close(): Promise<void>;
}

const DOCUMENT = new URL("../openapi.json", import.meta.url);
const MOST = 100;

/** @param port 0 for any free port. */
export async function serve(database: Queries, port: number): Promise<Api> {
  const rows = async (sql: string, parameters: unknown[]): Promise<unknown[]> =>
    (await database.query(sql, parameters)).rows;

  async function answer(path: string, query: URLSearchParams): Promise<unknown> {
    const limit = Math.min(Math.max(1, Math.trunc(Number(query.get("limit"))) || 10), MOST);
    if (path === "/openapi.json") return JSON.parse(await readFile(DOCUMENT, "utf8"));
    if (path === "/leaderboard") {
      return rows(
        `SELECT steam_id, name, points, kills::int, deaths::int FROM leaderboard
           JOIN players USING (steam_id) ORDER BY points DESC, steam_id LIMIT $1`,
        [limit],
      );
    }
    if (path === "/wipes") {
      return rows("SELECT server_id, seed::float8, at FROM wipes ORDER BY sequence DESC LIMIT $1", [
        limit,
      ]);
    }
    const steamId = /^\/players\/(\d{17})$/.exec(path)?.[1];
    if (steamId === undefined) return undefined;
    const [player] = await rows("SELECT * FROM players WHERE steam_id = $1", [steamId]);
    if (player === undefined) return undefined;
    const [sessions, kills] = await Promise.all([
      rows(
        `SELECT server_id, country, joined, gone, reason FROM sessions
          WHERE steam_id = $1 ORDER BY sequence DESC LIMIT $2`,
        [steamId, limit],
      ),
      rows(
        `SELECT server_id, victim, weapon, distance, at FROM kills
          WHERE killer = $1 ORDER BY sequence DESC LIMIT $2`,
        [steamId, limit],
      ),
    ]);
    return { ...player, sessions, kills };
  }

  const server = createServer((request, response) => {
    // A path with two leading slashes would be parsed as a host.
    const [pathname = "", search] = (request.url ?? "/").split("?", 2);
    if (request.method !== "GET") {
      reply(response, 405, { error: "There is nothing to do here but to read." });
      return;
    }
    answer(pathname, new URLSearchParams(search)).then(
      (found) =>
        found === undefined
          ? reply(response, 404, { error: "There is no such thing. See /openapi.json." })
          : reply(response, 200, found),
      () => reply(response, 500, { error: "The database does not answer." }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
