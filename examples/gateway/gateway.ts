/**
 * A gateway: holds players' WebSockets and forwards messages. It knows nothing of the game and has
 * no state: when it ends, its players return through another gateway.
 *
 * PORT=8080 node dist/gateway.js
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { NatsConnection, type Subscription } from "alternats";
import { type WebSocket, WebSocketServer } from "ws";
import { connected, ended, LAST_DRAIN } from "./ending.js";
import { type FromPlayer, readFromPlayer, type ToPlayer } from "./player-protocol.js";
import { tell } from "./process.js";
import {
  Channels,
  Keys,
  publishPlayerGone,
  requestJoinRoom,
  requestOpenRoom,
  subscribeRoomState,
} from "./sdk/index.js";

const LARGEST_FRAME = 1024; // bytes of what a player says at once
const TRY_AGAIN = 1012; // WebSocket: "service restart"
const LAST_MOMENT = 2_000; // milliseconds for a player to answer that

const gateway_id = randomUUID();
const nats = new NatsConnection({
  servers: process.env.NATS_URL ?? "nats://localhost:4222",
  name: `gateway ${gateway_id}`,
});
const server = new WebSocketServer({
  port: Number(process.env.PORT ?? 0),
  maxPayload: LARGEST_FRAME,
});

/** The rooms that this gateway's players are in, each with its players' sockets. */
const rooms = new Map<
  string,
  { readonly sockets: Set<WebSocket>; readonly heard: Promise<Subscription> }
>();

function enter(roomId: string, socket: WebSocket): Promise<Subscription> {
  let room = rooms.get(roomId);
  if (room === undefined) {
    const sockets = new Set<WebSocket>();
    const heard = subscribeRoomState(nats, { roomId }, (state) => {
      const text = JSON.stringify({ state } satisfies ToPlayer);
      for (const one of sockets) one.send(text);
    });
    room = { sockets, heard };
    rooms.set(roomId, room);
  }
  room.sockets.add(socket);
  return room.heard;
}

async function leave(roomId: string, socket: WebSocket): Promise<void> {
  const room = rooms.get(roomId);
  if (!room?.sockets.delete(socket) || room.sockets.size > 0) return;
  rooms.delete(roomId);
  (await room.heard).unsubscribe();
}

server.on("connection", (socket) => {
  const say = (message: ToPlayer) => socket.send(JSON.stringify(message));
  /** Room and id of the player. */
  let place: { readonly roomId: string; readonly playerId: string } | undefined;
  let moves: ReturnType<typeof Keys.playerMoved.at> | undefined;

  async function hear(message: FromPlayer): Promise<void> {
    if ("open" in message) {
      const { room_id } = await requestOpenRoom(nats, { slots: message.open.slots });
      say({ opened: room_id });
    } else if ("join" in message) {
      if (place !== undefined) return say({ refused: "You are in a room already." });
      const { roomId, playerId } = message.join;
      place = { roomId, playerId };
      await enter(roomId, socket);
      const reply = await requestJoinRoom(nats, { roomId }, { player_id: playerId, gateway_id });
      if (reply.name === "roomFull") {
        await leave(roomId, socket);
        place = undefined;
        return say({ refused: `The room is full: it takes ${reply.message.slots}.` });
      }
      moves = Keys.playerMoved.at({ roomId, playerId });
      say({ joined: reply.message.player });
    } else if (moves === undefined) {
      say({ refused: "Join a room first." });
    } else {
      Channels.playerMoved.post(nats, moves, message.move);
    }
  }

  socket.on("message", (data, binary) => {
    const message = binary ? undefined : readFromPlayer(String(data));
    if (message === undefined) return say({ refused: "That is no message of this game." });
    hear(message).catch((error: unknown) => {
      const left = place;
      if (moves === undefined && left !== undefined) {
        place = undefined;
        void leave(left.roomId, socket);
      }
      // A room that is closed, or whose game loop has ended, has no responder.
      say({ refused: error instanceof Error ? error.message : String(error) });
    });
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    if (place === undefined) return;
    const { roomId, playerId } = place;
    void leave(roomId, socket);
    publishPlayerGone(nats, { roomId, playerId }, { gateway_id }).catch(() => {});
  });
});

const listening = once(server, "listening");
if (await connected(nats)) {
  await listening;
  const { port } = server.address() as AddressInfo;
  console.log(`gateway on ws://localhost:${port}`);
  tell({ port });
  await ended;
}
// Players return immediately through another gateway. Moves that they sent before the close still
// count.
const closed = [...server.clients].map((socket) => once(socket, "close"));
for (const socket of server.clients) socket.close(TRY_AGAIN, "Join again.");
server.close();
const late = setTimeout(() => {
  for (const socket of server.clients) socket.terminate();
}, LAST_MOMENT);
await Promise.all(closed);
clearTimeout(late);
await nats.drain(LAST_DRAIN);
