/** Content of the feeds for each event. */
import type { Player } from "../../sdk/index.js";
import { element } from "./element.js";
import type { Kind, RustEvent } from "./log.js";
import { formatTime } from "./time.js";

/** Kind of a feed. */
export interface FeedKind {
  /** The id of its section. */
  readonly id: string;
  readonly title: string;
  /** Text of an empty feed. */
  readonly empty: string;
  readonly kinds: readonly Kind[];
  /** @returns Content of the item; undefined for an event of another feed. */
  show(event: RustEvent): readonly (Node | string)[] | undefined;
}

const who = ({ name }: Player): Node => element("strong", {}, name);
const aside = (text: string): Node => element("span", { className: "aside" }, text);

const GONE = {
  left: "left",
  timeout: "lost the connection",
  kicked: "was kicked",
  banned: "was banned and left",
  stopped: "left, the server stops",
} as const;

/** All feeds of the page. */
export const feeds: readonly FeedKind[] = [
  {
    id: "chat",
    title: "Chat",
    empty: "Nobody has said anything yet.",
    kinds: ["playerChatted"],
    show(event) {
      if (event.channel !== "playerChatted") return undefined;
      const { player, text, audience } = event.message;
      return [who(player), ...(audience === "team" ? [" ", aside("to the team")] : []), " ", text];
    },
  },
  {
    id: "kills",
    title: "Kill feed",
    empty: "Everybody is alive so far.",
    kinds: ["playerHit"],
    show(event) {
      if (event.channel !== "playerHit" || !event.message.killed) return undefined;
      const { attacker, victim, weapon, bone, distance } = event.message;
      const how = `${weapon}, ${distance.toFixed(0)} m${bone === "head" ? ", headshot" : ""}`;
      return [who(attacker), " killed ", who(victim), " ", aside(how)];
    },
  },
  {
    id: "activity",
    title: "Activity",
    empty: "Nobody has come or gone yet.",
    kinds: [
      ...(["serverStarted", "serverStopped", "serverWiped"] as const),
      ...(["playerConnected", "playerDisconnected", "playerBanned", "playerUnbanned"] as const),
    ],
    show(event) {
      switch (event.channel) {
        case "serverStarted":
          return [element("strong", {}, event.message.name), " is up"];
        case "serverStopped":
          return ["The server went down"];
        case "serverWiped":
          return ["The map was wiped"];
        case "playerConnected":
          return [who(event.message.player), " joined ", aside(event.message.country)];
        case "playerDisconnected":
          return [who(event.message.player), ` ${GONE[event.message.reason]}`];
        case "playerBanned":
          return [who(event.message.player), " was banned ", aside(event.message.reason)];
        case "playerUnbanned":
          return [who(event.message.player), " may come back"];
        default:
          return undefined;
      }
    },
  },
];

/** An event as a list item; undefined for an event of another feed. */
export function itemOf(feed: FeedKind, event: RustEvent): HTMLLIElement | undefined {
  const shown = feed.show(event);
  if (shown === undefined) return undefined;
  const time = element("time", { dateTime: event.time.toISOString() }, formatTime(event.time));
  const item = element("li", {}, time, element("p", {}, ...shown));
  item.dataset.kind = event.channel;
  item.dataset.sequence = String(event.sequence);
  return item;
}
