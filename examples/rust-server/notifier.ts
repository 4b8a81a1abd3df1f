/**
 * A notifier: sends notifications about the events of all servers, including events that happened
 * while it was down. It prints them, and posts them to the Discord-compatible webhook in
 * WEBHOOK_URL.
 *
 * node dist/notifier.js
 */
import { consumeStream, type EventOf, type Worker } from "alternats/jetstream";
import { connect, findStreams } from "./connection.js";
import { ended, LAST_DRAIN, untilEnding } from "./ending.js";
import { patiently } from "./patiently.js";
import { type RustEventsChannels, rustEvents } from "./sdk/streams.js";
import { count, tell, watched } from "./watch.js";
import { Webhook } from "./webhook.js";

const nats = watched(connect("notifier"));
const url = process.env.WEBHOOK_URL;
const webhook = url === undefined ? undefined : new Webhook(url);

function textOf(event: EventOf<RustEventsChannels>): string | undefined {
  switch (event.channel) {
    case "serverStarted":
      return `${event.message.name} is up, ${event.message.slots} slots`;
    case "serverStopped":
      return `down after ${event.message.uptime.toFixed(0)} s`;
    case "serverWiped":
      return `wiped, the new map is ${event.message.seed}`;
    case "commandRan": {
      const { by, command, arguments: args } = event.message;
      return `${by?.name ?? "console"} ran ${command} ${args.join(" ")}`;
    }
    case "playerConnected":
      return `${event.message.player.name} joined from ${event.message.country}`;
    case "playerDisconnected":
      return `${event.message.player.name} is gone: ${event.message.reason}`;
    case "playerChatted":
      return `${event.message.player.name}: ${event.message.text}`;
    case "playerReported": {
      const { reporter, reported, subject } = event.message;
      return `${reporter.name} reports ${reported.name} for ${subject}`;
    }
    case "playerBanned": {
      const { player, reason, until } = event.message;
      return `${player.name} is banned until ${until ?? "the end"}: ${reason}`;
    }
    case "playerUnbanned":
      return `${event.message.player.name} may come back`;
    default:
      return undefined;
  }
}

let worker: Worker | undefined;

async function start(): Promise<void> {
  await patiently(() => findStreams(nats));
  worker = await patiently(() =>
    consumeStream(
      nats,
      rustEvents,
      async (_message, event) => {
        const text = textOf(event);
        if (text === undefined) return;
        const line = `[${event.params.serverId}] ${text}`;
        // If this throws, the event is delivered again after a while, which increases each time.
        await webhook?.say(line);
        console.log(line);
        count("notified", event.channel);
      },
      {
        durable: "notifier",
        from: "new",
        // Maximum number of lines in one post.
        concurrency: 50,
        channels: [
          ...(["serverStarted", "serverStopped", "serverWiped", "commandRan"] as const),
          ...([
            "playerConnected",
            "playerDisconnected",
            "playerChatted",
            "playerReported",
          ] as const),
          ...(["playerBanned", "playerUnbanned"] as const),
        ],
      },
    ),
  );
  tell({ ready: true });
}

await untilEnding(start);
await ended;
await worker?.drain(LAST_DRAIN);
await nats.drain(LAST_DRAIN);
