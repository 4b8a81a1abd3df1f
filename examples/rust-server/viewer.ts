/**
 * Shows a server in the browser: who plays, what is said, who shoots whom, and what was.
 *
 *     NATS_WEBSOCKET_URL=ws://localhost:8080 node dist/viewer.js eu-1
 *
 * NATS_SEED names the file with the seed of the viewer's user, PORT is that of the page (8000 without it).
 */
import { readSeed } from "./connection.js";
import { serveViewer } from "./viewer-server.js";

const { NATS_WEBSOCKET_URL: servers = "ws://localhost:8080", NATS_SEED, PORT } = process.env;
const user = NATS_SEED === undefined ? undefined : readSeed(NATS_SEED);
const page = await serveViewer(
  new URL("viewer/", import.meta.url),
  { servers, serverId: process.argv[2] ?? "eu-1", ...user },
  Number(PORT ?? 8000),
);
console.log(`the viewer is on ${page.url}`);
