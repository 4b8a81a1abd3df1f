/**
 * A game loop: holds any number of rooms and steps all of them twenty times a second.
 *
 * node dist/game-loop.js
 */
import { randomUUID } from "node:crypto";
import { NatsConnection } from "alternats";
import { connected, ended, LAST_DRAIN } from "./ending.js";
import { tell } from "./process.js";
import { Room } from "./room.js";
import {
  Channels,
  Keys,
  respondJoinRoom,
  respondOpenRoom,
  subscribePlayerGone,
  subscribePlayerMoved,
} from "./sdk/index.js";

const TICK = 50; // milliseconds

const nats = new NatsConnection({
  servers: process.env.NATS_URL ?? "nats://localhost:4222",
  name: "game loop",
});

/** Each room with the key of its state, which is built once. */
const rooms: { readonly room: Room; readonly state: ReturnType<typeof Keys.roomState.at> }[] = [];

async function open(slots: number): Promise<string> {
  const roomId = randomUUID();
  const room = new Room(slots);
  await Promise.all([
    respondJoinRoom(nats, { roomId }, ({ player_id, gateway_id }) => {
      const player = room.join(player_id, gateway_id);
      if (player === undefined) return { name: "roomFull", message: { joined: false, slots } };
      return { name: "joined", message: { joined: true, player } };
    }),
    subscribePlayerMoved(nats, { roomId }, (move, { params }) => room.move(params.playerId, move)),
    subscribePlayerGone(nats, { roomId }, ({ gateway_id }, { params }) =>
      room.gone(params.playerId, gateway_id),
    ),
  ]);
  rooms.push({ room, state: Keys.roomState.at({ roomId }) });
  return roomId;
}

async function run(): Promise<void> {
  await respondOpenRoom(nats, async ({ slots }) => ({ room_id: await open(slots) }));
  const timer = setInterval(() => {
    for (const { room, state } of rooms) Channels.roomState.post(nats, state, room.tick());
  }, TICK);
  tell("ready");
  await ended;
  clearInterval(timer);
}

if (await connected(nats)) await Promise.race([run(), ended]);
await nats.drain(LAST_DRAIN);
