/** The page: connects with the viewer's credentials, and shows the server's part of the log. */
import { AuthorizationError, NatsConnection } from "alternats/ws";
import { Announcer } from "./announcer.js";
import { loadConfig } from "./config.js";
import { ConnectionState } from "./connection-state.js";
import { byId, setText } from "./element.js";
import { feeds } from "./entries.js";
import { FeedList } from "./feed-list.js";
import { follow, latest, type RustEvent, readBack, rest } from "./log.js";
import { showState } from "./panels.js";
import { Rate, recentMean } from "./rate.js";
import { ServerState } from "./server-state.js";
import { formatTime } from "./time.js";

/** Milliseconds that the page looks back at the start. */
const LOOK_BACK = 15 * 60_000;
/** Number of earlier items that are fetched at a time. */
const PAGE = 50;
const SHOW_EVERY = 250; // milliseconds

const announcer = new Announcer();
const connection = new ConnectionState((text) => announcer.say(text));
const state = new ServerState();
const rate = new Rate();

start().catch((error: unknown) => connection.show("failed", String(error)));

async function start(): Promise<void> {
  const config = await loadConfig();
  const { servers, serverId, seed, inboxPrefix } = config;
  const since = new Date(Date.now() - LOOK_BACK);
  const nats = new NatsConnection({
    servers,
    name: `viewer of ${serverId}`,
    ...(seed === undefined ? undefined : { authenticator: { seed } }),
    ...(inboxPrefix === undefined ? undefined : { inboxPrefix }),
    reconnectWait: 500,
    reconnectWaitMax: 5_000,
    pingInterval: 10_000,
    // The page's server defines the allowed addresses.
    ignoreClusterUpdates: true,
    onError: (error) => console.warn(error.message),
  });
  connection.watch(nats);
  showState(state, serverId, []);
  setText(byId("since"), `Points, kills and messages count from ${formatTime(since)} on.`);
  await connected(nats);

  const lists = feeds.map((feed) => ({
    feed,
    list: new FeedList(feed, byId(feed.id), (before) =>
      readBack(nats, serverId, feed.kinds, (event) => feed.show(event) !== undefined, before, PAGE),
    ),
  }));

  let waiting: RustEvent[] = [];
  const show = (): void => {
    const events = waiting;
    waiting = [];
    const [first] = events;
    for (const { feed, list } of lists) {
      if (first !== undefined) list.begin(first.sequence);
      announcer.count(feed.title, list.add(events));
    }
    showState(state, serverId, rate.series(new Date()).counts);
  };
  setInterval(show, SHOW_EVERY);
  void showChart();

  const facts = await persistently(() => latest(nats, serverId));
  for (const fact of facts) state.place(fact);
  connection.show("connected");
  const known = Math.max(0, ...facts.map(({ sequence }) => sequence));
  // The past is available even if no new events arrive.
  if (known > 0) for (const { list } of lists) list.begin(known + 1);
  await follow(
    nats,
    serverId,
    since,
    (events) => {
      for (const event of events) {
        state.apply(event);
        rate.add(event.time);
      }
      waiting.push(...events);
      connection.show("connected");
    },
    (error) => connection.show("failed", reason(error)),
  );
}

/** Resolves when the broker has accepted the page, however long that takes. */
async function connected(nats: NatsConnection): Promise<void> {
  for (;;) {
    try {
      await nats.connect();
      return;
    } catch (error) {
      if (error instanceof AuthorizationError) connection.show("refused", error.message);
      else connection.show("failed", reason(error));
      await rest();
    }
  }
}

async function persistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      connection.show("failed", reason(error));
      await rest();
    }
  }
}

async function showChart(): Promise<void> {
  const { Chart } = await import("./chart.js");
  const target = byId("chart");
  const chart = new Chart(target, rate.series(new Date()));
  setInterval(() => {
    if (document.hidden) return;
    const series = rate.series(new Date());
    chart.draw(series);
    const most = Math.max(...series.counts);
    target.ariaLabel = `Events per second over the last two minutes: ${recentMean(series.counts).toFixed(0)} now, ${most} at most`;
  }, 1_000);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
