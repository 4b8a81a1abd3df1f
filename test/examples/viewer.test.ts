import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { NatsConnection } from "alternats";
import { appendBatch, ensureStreams, replayStream } from "alternats/jetstream";
import { type Browser, type BrowserContextOptions, chromium as playwright } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSeed } from "../../examples/rust-server/connection.ts";
import { Channels, Keys, type PlayerChatted } from "../../examples/rust-server/sdk/index.ts";
import {
  appendPlayerConnected,
  appendPlayerHit,
  appendServerStarted,
  rustCommands,
  rustEvents,
} from "../../examples/rust-server/sdk/streams.ts";
import {
  type SecuredBroker,
  startSecuredBroker,
} from "../../examples/rust-server/secured-broker.ts";
import { serveViewer, type ViewerServer } from "../../examples/rust-server/viewer-server.ts";
import { whenBuilt } from "../support/built.js";
import { chromium } from "../support/chromium.js";
import { lacks } from "../support/requirements.js";

const example = new URL("../../examples/rust-server/", import.meta.url);
await whenBuilt("examples/rust-server");

const built = new URL("dist/viewer/", example);

const wolf = { steam_id: "76561198000000001", name: "Wolf" };
const bear = { steam_id: "76561198000000002", name: "Bear" };
/** Every subject of the API on the server that the viewer watches, with something for each other parameter. */
const subjects = Object.values(Keys).map(({ template }) =>
  template.replace("{serverId}", "eu-1").replaceAll(/\{\w+\}/g, "x"),
);
const PATIENCE = { timeout: 15_000 };

describe("the viewer's bundle", () => {
  it("is smaller than 66 kB compressed, without the chart library", async () => {
    const files = (await readdir(built, { recursive: true })).filter((name) => name.includes("."));
    const isChart = (name: string) => name.startsWith("assets/chart-");
    expect(files.filter(isChart)).toHaveLength(2);
    const others = files.filter((name) => /\.(?:js|css)$/.test(name) && !isChart(name));
    expect(others.some((name) => /^assets\/index-.*\.js$/.test(name))).toBe(true);
    const sizes = await Promise.all(
      others.map(async (name) => gzipSync(await readFile(new URL(name, built))).length),
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(66_000);
    const chart = await readFile(new URL(files.find((name) => /chart-.*js$/.test(name))!, built));
    expect(chart.includes("uplot")).toBe(true);
  });

  it("connects with credentials that permit one server's events and nothing else", async () => {
    await using secured = await startSecuredBroker(fileURLToPath(example));
    const connect = (name: string) => {
      const { seed, inboxPrefix } = readSeed(secured.seedOf(name));
      const options = { authenticator: { seed }, inboxPrefix, onError() {} };
      return new NatsConnection({ servers: secured.broker.url, ...options });
    };
    await using history = connect("history");
    await using viewer = connect("viewer-eu-1");
    await ensureStreams(history, [rustEvents, rustCommands]);
    const refused = expect.objectContaining({ code: "PERMISSION_VIOLATION" });
    const heard = await viewer.subscribe("v0.rust.servers.eu-1.players.*.events.chatted", () => {});
    for (const subject of ["v0.rust.servers.us-1.events.started", "v0.rust.servers.>"])
      await expect(viewer.subscribe(subject, () => {})).rejects.toEqual(refused);
    for (const subject of subjects)
      await expect(viewer.request(subject, {}), subject).rejects.toEqual(refused);
    const past = { from: "first", live: false } as const;
    const own = replayStream(viewer, rustEvents, { ...past, params: { serverId: "eu-1" } });
    expect((await own.next()).done).toBe(true);
    for (const params of [{ serverId: "us-1" }, {}])
      await expect(replayStream(viewer, rustEvents, { ...past, params }).next()).rejects.toEqual(
        refused,
      );
    heard.unsubscribe();
  }, 60_000);

  it("is served to this machine alone, with the page's own credentials and nothing else", async () => {
    const config = {
      servers: "ws://127.0.0.1:1",
      serverId: "eu-1",
      seed: "SU",
      inboxPrefix: "_I.",
    };
    await using page = await serveViewer(built, config);
    const answer = await fetch(`${page.url}config.json`);
    expect(await answer.json()).toEqual(config);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const policy = answer.headers.get("content-security-policy");
    expect(policy).toContain("script-src 'self'; style-src 'self'");
    expect(policy).toContain("connect-src 'self' ws://127.0.0.1:1;");
    for (const path of ["..%2fdemo.js", "%2e%2e/demo.js", "assets/../../demo.js", "none.js"])
      expect((await fetch(page.url + path)).status, path).toBe(404);
    const { request } = await import("node:http");
    const statusOf = (path: string, host: string) =>
      new Promise((resolve, reject) => {
        const asked = request(page.url, { path, headers: { host } }, (got) =>
          resolve(got.statusCode),
        );
        asked.on("error", reject).end();
      });
    expect(await statusOf("/config.json", "evil.example")).toBe(403);
    for (const path of ["//", "//[", "http://[/", "*", "/assets/../../demo.js"])
      expect(await statusOf(path, "localhost"), path).toBe(404);
    expect(await statusOf("/?from=link", "localhost")).toBe(200);
  });
});

describe.skipIf(lacks("chromium"))("the viewer in Chromium", () => {
  let secured: SecuredBroker;
  let server: ViewerServer;
  let browser: Browser;
  const users = new Map<string, NatsConnection>();
  const games: ChildProcess[] = [];

  beforeAll(async () => {
    secured = await startSecuredBroker(fileURLToPath(example));
    const { websocketUrl: servers, seedOf } = secured;
    const viewer = { servers, serverId: "eu-1", ...readSeed(seedOf("viewer-eu-1")) };
    server = await serveViewer(built, viewer);
    for (const name of ["history", "eu-1", "us-1"]) {
      const { seed, inboxPrefix } = readSeed(seedOf(name));
      const options = { authenticator: { seed }, inboxPrefix, reconnectWait: 100, onError() {} };
      users.set(name, new NatsConnection({ servers: secured.broker.url, ...options }));
    }
    await ensureStreams(users.get("history")!, [rustEvents, rustCommands]);
    browser = await playwright.launch({
      executablePath: chromium!,
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
  }, 60_000);

  afterAll(async () => {
    for (const game of games) game.kill("SIGKILL");
    await browser?.close();
    for (const user of users.values()) await user.close();
    await server?.[Symbol.asyncDispose]();
    await secured?.[Symbol.asyncDispose]();
  });

  /** Opens the page, and knows what goes wrong in it. */
  async function open(options: BrowserContextOptions = {}) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("pageerror", ({ message }) => wrong.push(message));
    page.on("console", (message) => {
      // What the browser says of a broker that is away is no fault of the page's.
      if (message.type() === "warning" || /Content Security/.test(message.text()))
        wrong.push(message.text());
    });
    await page.goto(server.url);
    await page.getByText("Live", { exact: true }).waitFor(PATIENCE);
    const chat = page.getByRole("group", { name: "Chat, the newest first" });
    return {
      page,
      wrong,
      chat,
      /** Chat messages that the page shows, the newest first. */
      said: () => chat.locator("li p").allTextContents(),
      [Symbol.asyncDispose]: () => context.close(),
    };
  }

  /** Has players of a server say something. */
  async function say(serverId: string, texts: readonly string[]): Promise<void> {
    const items = texts.map((text, i) => ({
      params: { serverId, steamId: wolf.steam_id },
      message: { ...chatted, text },
      messageId: `${serverId} ${text} ${i} ${performance.now()}`,
    }));
    for await (const { error } of appendBatch(users.get(serverId)!, Channels.playerChatted, items))
      if (error !== undefined) throw error;
  }

  const at = "2024-05-01T18:30:00.000Z";
  const chatted: PlayerChatted = { at, player: wolf, text: "", audience: "everyone" };

  it("shows that nothing has happened yet, and nothing of other servers", async () => {
    await say("us-1", ["only for the other ones"]);
    await using viewer = await open();
    const { page } = viewer;
    await page.getByText("Nobody is playing.").waitFor(PATIENCE);
    expect(await page.getByText("Nobody has said anything yet.").isVisible()).toBe(true);
    await say("us-1", ["still not for you"]);
    await say("eu-1", ["the first words"]);
    await page.getByText("the first words").waitFor(PATIENCE);
    expect(await viewer.said()).toEqual(["Wolf the first words"]);
    expect(await page.locator("#tile-chat").textContent()).toBe("1");
    expect(viewer.wrong).toEqual([]);
  }, 60_000);

  it("shows a game server's events: players, chat, kills, leaders and counts", async () => {
    const env = {
      ...process.env,
      NATS_URL: secured.broker.url,
      NATS_SEED: secured.seedOf("eu-1"),
      PAUSE: "50",
    };
    const script = fileURLToPath(new URL("dist/game-server.js", example));
    const game = spawn(process.execPath, [script, "eu-1"], { env, stdio: "ignore" });
    games.push(game);
    await using viewer = await open();
    const { page, chat } = viewer;
    await page.getByRole("heading", { name: "Rust eu-1", level: 1 }).waitFor(PATIENCE);
    for (const name of ["Kill feed", "Activity"]) {
      const items = page.getByRole("group", { name: `${name}, the newest first` }).locator("li");
      await items.first().waitFor(PATIENCE);
    }
    await chat.locator("li").first().waitFor(PATIENCE);
    await page.getByRole("table").getByRole("row").nth(1).waitFor(PATIENCE);
    await page.locator("#players-body li").first().waitFor(PATIENCE);
    await page.locator("#chart canvas").waitFor(PATIENCE);
    await expect
      .poll(() => page.getByRole("img").getAttribute("aria-label"), PATIENCE)
      .toMatch(/: [1-9]\d* now, [1-9]\d* at most/);
    expect(await page.locator("#players-body").textContent()).toMatch(/DK/);
    // Who left is gone from the list, and what the server says of its end is heard.
    game.kill("SIGTERM");
    await page.getByText("The server went down").waitFor(PATIENCE);
    await page.getByText("Nobody is playing.").waitFor(PATIENCE);
    expect(await page.locator("#server-about").textContent()).toMatch(/^eu-1 · down for/);
    expect(viewer.wrong).toEqual([]);
  }, 60_000);

  it("survives a restart of the broker: shows the lost connection, and each event once after it", async () => {
    await using viewer = await open();
    const { page } = viewer;
    const before = Array.from({ length: 20 }, (_, i) => `before ${i}`);
    await say("eu-1", before);
    await page.getByText("before 19").waitFor(PATIENCE);
    const counted = async () => Number(await page.locator("#tile-chat").textContent());
    const known = await counted();
    expect(known).toBeGreaterThanOrEqual(20);
    await secured.broker.stop("SIGKILL");
    try {
      const connection = page.locator("#connection-text");
      await expect.poll(() => connection.textContent(), PATIENCE).toBe("Connection lost");
      for (const said of [page.locator("#banner"), page.getByRole("status")])
        expect(await said.textContent()).toMatch(/^The connection was lost at/);
    } finally {
      await secured.broker.start();
    }
    await page.getByText("Live", { exact: true }).waitFor(PATIENCE);
    await expect.poll(() => page.getByRole("status").textContent()).toMatch(/Connected again/);
    const after = Array.from({ length: 20 }, (_, i) => `after ${i}`);
    await say("eu-1", after);
    await page.getByText("after 19").waitFor(PATIENCE);
    expect(await counted()).toBe(known + 20);
    const said = (await viewer.said()).filter((text) => /^Wolf (before|after)/.test(text));
    expect(said).toEqual([...before, ...after].reverse().map((text) => `Wolf ${text}`));
  }, 60_000);

  it("shows earlier events when scrolled back, each of them once", async () => {
    const texts = Array.from({ length: 330 }, (_, i) => `line ${i + 1}`);
    await say("eu-1", texts);
    await using viewer = await open();
    const { page, chat } = viewer;
    await page.getByText("line 330").waitFor(PATIENCE);
    expect(await viewer.said()).toHaveLength(200);
    const lines = async () => (await viewer.said()).filter((text) => text.startsWith("Wolf line"));
    expect(await lines()).toHaveLength(200);
    await chat.evaluate((list) => list.scrollTo({ top: list.scrollHeight, behavior: "instant" }));
    await expect.poll(lines, PATIENCE).toHaveLength(250);
    // What is read stays where it is when something comes.
    const place = await chat.getByText("line 101").boundingBox();
    await say("eu-1", ["in between"]);
    await page.getByRole("button", { name: "1 new" }).waitFor(PATIENCE);
    const moved = await chat.getByText("line 101").boundingBox();
    expect(Math.abs(place!.y - moved!.y)).toBeLessThan(2);
    // The rest by keyboard.
    const older = chat.getByRole("button", { name: "Show older" });
    for (let i = 0; i < 20 && (await older.isVisible()); i++) {
      const known = (await viewer.said()).length;
      await older.press("Enter");
      const goneOn = async () =>
        (await viewer.said()).length > known ||
        (await chat.getByText("The log begins").isVisible());
      await expect.poll(goneOn, PATIENCE).toBe(true);
    }
    await chat.getByText("The log begins here.").waitFor(PATIENCE);
    expect(await lines()).toEqual(texts.toReversed().map((text) => `Wolf ${text}`));
    await page.getByRole("button", { name: "1 new" }).click();
    expect(await page.evaluate("document.activeElement.ariaLabel")).toBe("Chat, the newest first");
    await expect.poll(() => page.getByRole("button", { name: "new" }).isVisible()).toBe(false);
    const sequences = await chat
      .locator("li")
      .evaluateAll((items) => items.map((item) => Number(item.getAttribute("data-sequence"))));
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => b - a));
    expect(viewer.wrong).toEqual([]);
  }, 60_000);

  it("can be used by keyboard, and has a structure for screen readers", async () => {
    await using viewer = await open();
    const { page, chat } = viewer;
    await chat.locator("li").first().waitFor(PATIENCE);
    const focused = () =>
      page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to what happens");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    const seen: unknown[] = [];
    for (let i = 0; i < 12 && seen.at(-1) !== "Chat, the newest first"; i++) {
      await page.keyboard.press("Tab");
      seen.push(await focused());
    }
    expect(seen.at(-1)).toBe("Chat, the newest first");
    const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).toBe("solid");
    await page.keyboard.press("End");
    await expect.poll(() => chat.evaluate((list) => list.scrollTop)).toBeGreaterThan(100);
    for (const role of ["banner", "main", "contentinfo"] as const)
      expect(await page.getByRole(role).count()).toBe(1);
    const regions = await page.getByRole("region").evaluateAll((all) => all.map(({ id }) => id));
    expect(regions).toEqual(["", "leaders", "players", "chat", "kills", "activity"]);
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual([
      "Events per second",
      "Leaderboard",
      expect.stringMatching(/^Players/),
      "Chat",
      "Kill feed",
      "Activity",
    ]);
  }, 60_000);

  it.each(["light", "dark"] as const)(
    "fits a phone in %s colors with any text, and respects reduced motion",
    async (colorScheme) => {
      const viewport = { width: 360, height: 740 };
      await using viewer = await open({ viewport, colorScheme, reducedMotion: "reduce" });
      const { page } = viewer;
      const html = `<img src=x onerror="window.hit=1"><script>window.hit=1</script> ${colorScheme}`;
      const long = "unbroken".repeat(60);
      const eu = users.get("eu-1")!;
      const named = { steam_id: bear.steam_id, name: long };
      const of = { serverId: "eu-1", steamId: bear.steam_id };
      await say("eu-1", [long, html]);
      await appendServerStarted(eu, { serverId: "eu-1" }, { at, name: html, slots: 10 });
      await appendPlayerConnected(eu, of, { at, player: named, country: html });
      const hit = { at, attacker: named, victim: wolf, weapon: html, distance: 12, damage: 100 };
      await appendPlayerHit(eu, of, { ...hit, bone: "head", killed: true });
      await page.locator("#players-body").getByText(long).waitFor(PATIENCE);
      await page.locator("#kills").getByText(html).first().waitFor(PATIENCE);
      expect((await viewer.said())[0]).toBe(`Wolf ${html}`);
      expect(await page.locator("main img, main script").count()).toBe(0);
      expect(await page.evaluate("'hit' in window")).toBe(false);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
      expect(await page.evaluate("document.getAnimations().length")).toBe(0);
      const color = await page.evaluate<string>(
        "getComputedStyle(document.documentElement).backgroundColor",
      );
      const red = Number(/\d+/.exec(color)?.[0]);
      expect(red > 128).toBe(colorScheme === "light");
      const navigation = page.getByRole("navigation", { name: "Parts of the page" });
      await navigation.getByRole("link", { name: "Kills" }).click();
      await expect
        .poll(() =>
          page
            .locator("#kills")
            .boundingBox()
            .then((box) => box!.y),
        )
        .toBeLessThan(200);
      expect(viewer.wrong).toEqual([]);
    },
    60_000,
  );

  it("shows the reason when the broker rejects it", async () => {
    const { websocketUrl: servers } = secured;
    const nobody = { servers, serverId: "eu-1" };
    await using page = await serveViewer(built, nobody);
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(page.url);
    await tab.getByText("Not let in").waitFor(PATIENCE);
    expect(await tab.locator("#banner").textContent()).toMatch(/does not let this page in/);
    await context.close();
  }, 60_000);
});
