/**
 * A notifier: tells what people want to hear of, from every server of the community.
 *
 *     node dist/notifier.js
 */
import { NatsConnection } from "alternats";
import {
  playerChattedMessages,
  subscribeCommandRan,
  subscribePlayerBanned,
  subscribePlayerConnected,
  subscribePlayerDisconnected,
  subscribePlayerReported,
  subscribePlayerUnbanned,
  subscribeServerStarted,
  subscribeServerStopped,
  subscribeServerWiped,
} from "./sdk/index.js";
import { stopped, tell, watched } from "./watch.js";

const nats = watched(
  new NatsConnection({
    servers: process.env.NATS_URL ?? "nats://localhost:4222",
    name: "notifier",
  }),
);

function notify(serverId: string, text: string): void {
  console.log(`[${serverId}] ${text}`);
}

// A parameter that is left out stands for every value; what it was comes back with the message.
await Promise.all([
  subscribeServerStarted(nats, {}, ({ name, slots }, { params }) => {
    notify(params.serverId, `${name} is up, ${slots} slots`);
  }),
  subscribeServerStopped(nats, {}, ({ uptime }, { params }) => {
    notify(params.serverId, `down after ${uptime.toFixed(0)} s`);
  }),
  subscribeServerWiped(nats, {}, ({ seed }, { params }) => {
    notify(params.serverId, `wiped, the new map is ${seed}`);
  }),
  subscribeCommandRan(nats, {}, ({ command, arguments: args, by }, { params }) => {
    notify(params.serverId, `${by?.name ?? "console"} ran ${command} ${args.join(" ")}`);
  }),
  subscribePlayerConnected(nats, {}, ({ player, country }, { params }) => {
    notify(params.serverId, `${player.name} joined from ${country}`);
  }),
  subscribePlayerDisconnected(nats, {}, ({ player, reason }, { params }) => {
    notify(params.serverId, `${player.name} is gone: ${reason}`);
  }),
  subscribePlayerReported(nats, {}, ({ reporter, reported, subject }, { params }) => {
    notify(params.serverId, `${reporter.name} reports ${reported.name} for ${subject}`);
  }),
  subscribePlayerBanned(nats, {}, ({ player, reason, until }, { params }) => {
    notify(params.serverId, `${player.name} is banned until ${until ?? "the end"}: ${reason}`);
  }),
  subscribePlayerUnbanned(nats, {}, ({ player }, { params }) => {
    notify(params.serverId, `${player.name} may come back`);
  }),
]);

// The same as a loop.
const chat = playerChattedMessages(nats);
const reading = (async () => {
  for await (const { message, params } of chat) {
    notify(params.serverId, `${message.player.name}: ${message.text}`);
  }
})();
await chat.ready;

tell({ ready: true });
await stopped();

// The server answers in order: after this, all that was published before has arrived.
await nats.flush();
chat.unsubscribe();
await reading;
await nats.close();
