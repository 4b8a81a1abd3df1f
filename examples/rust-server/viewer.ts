/**
 * Shows a server in the browser: players, chat, kills, and the past.
 *
 * NATS_WEBSOCKET_URL=ws://localhost:8080 node dist/viewer.js eu-1
 *
 * NATS_SEED is the file with the seed of the viewer's user, PORT the port of the page (default
 * 8000).
 */
import { readSeed } from "./connection.js";
import { ended } from "./ending.js";
import { serveViewer } from "./viewer-server.js";

const { NATS_WEBSOCKET_URL: servers = "ws://localhost:8080", NATS_SEED, PORT } = process.env;
const user = NATS_SEED === undefined ? undefined : readSeed(NATS_SEED);
await using page = await serveViewer(
  new URL("viewer/", import.meta.url),
  { servers, serverId: process.argv[2] ?? "eu-1", ...user },
  Number(PORT ?? 8000),
);
console.log(`the viewer is on ${page.url}`);
await ended;
