/** The panels with the current state. */
import { byId, element, setText } from "./element.js";
import { recentMean } from "./rate.js";
import type { Presence, Score, ServerState } from "./server-state.js";
import { formatDuration } from "./time.js";

const LEADERS = 10;
const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** Shows the current state. */
export function showState(state: ServerState, serverId: string, counts: readonly number[]): void {
  showServer(state, serverId);
  const { players } = state;
  const slots = state.slots > 0 ? ` / ${numbers.format(state.slots)}` : "";
  setText(byId("tile-players"), `${numbers.format(players.length)}${slots}`);
  setText(byId("tile-rate"), short.format(recentMean(counts)));
  setText(byId("tile-kills"), numbers.format(state.kills));
  setText(byId("tile-chat"), numbers.format(state.messages));
  setText(byId("players-count"), players.length === 0 ? "" : numbers.format(players.length));
  showPlayers(players);
  showLeaders(state.leaders(LEADERS));
}

function showServer(state: ServerState, serverId: string): void {
  const { name, status, wiped } = state;
  setText(byId("server-name"), name === "" ? serverId : name);
  document.title = `${name === "" ? serverId : name}, live`;
  const since = status === undefined ? "" : formatDuration(Date.now() - status.at.getTime());
  const about = [
    ...(status === undefined ? ["never seen yet"] : []),
    ...(status === undefined ? [] : [status.up ? `up for ${since}` : `down for ${since}`]),
    ...(wiped === undefined
      ? []
      : [`map made ${formatDuration(Date.now() - wiped.getTime())} ago`]),
  ];
  setText(byId("server-about"), [serverId, ...about].join(" · "));
}

let shownPlayers = "";

function showPlayers(players: readonly Presence[]): void {
  const key = players.map(({ player, sequence }) => `${sequence} ${player.name}`).join("\n");
  const body = byId("players-body");
  if (key === shownPlayers && body.hasChildNodes()) {
    for (const [i, { since }] of players.entries()) {
      const time = body.querySelectorAll("time")[i];
      if (time !== undefined) setText(time, playedFor(since));
    }
    return;
  }
  shownPlayers = key;
  if (players.length === 0) {
    body.replaceChildren(element("p", { className: "empty" }, "Nobody is playing."));
    return;
  }
  body.replaceChildren(element("ul", { className: "players" }, ...players.map(playerItem)));
}

function playerItem({ player, country, since }: Presence): HTMLLIElement {
  const badge = element("span", { className: "badge" }, [...player.name][0] ?? "?");
  badge.setAttribute("aria-hidden", "true");
  badge.style.setProperty("--hue", String((Number(player.steam_id.slice(-4)) * 47) % 360));
  const time = element("time", { dateTime: since.toISOString() }, playedFor(since));
  const name = element("span", { className: "name" }, player.name);
  return element("li", {}, badge, name, element("span", { className: "aside" }, country), time);
}

function playedFor(since: Date): string {
  return formatDuration(Date.now() - since.getTime());
}

let shownLeaders = "";

function showLeaders(leaders: readonly Score[]): void {
  const rows = leaders.map(({ name, points, kills, deaths }) => [
    name,
    numbers.format(points),
    numbers.format(kills),
    numbers.format(deaths),
  ]);
  const body = byId("leaders-body");
  const key = JSON.stringify(rows);
  if (key === shownLeaders) return;
  shownLeaders = key;
  if (rows.length === 0) {
    body.replaceChildren(element("p", { className: "empty" }, "Nobody has a point yet."));
    return;
  }
  const head = ["Player", "Points", "Kills", "Deaths"].map((text) =>
    element("th", { scope: "col" }, text),
  );
  const lines = rows.map(([name = "", ...cells]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      ...cells.map((cell) => element("td", {}, cell)),
    ),
  );
  body.replaceChildren(
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...lines),
    ),
  );
}
