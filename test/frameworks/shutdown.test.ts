import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NatsConnection, NatsError } from "alternats";
import { type HostedNats, type HostedNatsOptions, natsPlugin } from "alternats/fastify";
import { NATS, NatsModule } from "alternats/nestjs";
import fastify from "fastify";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { nextEvent } from "../support/next-event.js";
import { within } from "../support/settled.js";

/** Milliseconds in which an application ends that has nothing to wait for. */
const AT_ONCE = 1_500;
const LIMIT = 1_000;

/** An application with the engine in it. */
interface Application {
  readonly nats: HostedNats;
  close(): Promise<unknown>;
}

type Start = (options: HostedNatsOptions) => Promise<Application>;

const APPLICATIONS: readonly (readonly [string, Start])[] = [
  [
    "fastify",
    async (options) => {
      const app = fastify();
      await app.register(natsPlugin, options);
      return { nats: app.nats, close: () => app.close() };
    },
  ],
  [
    "NestJS",
    async (options) => {
      class Main {}
      Module({ imports: [NatsModule.forRoot(options)] })(Main);
      const app = await NestFactory.createApplicationContext(Main, {
        logger: false,
        abortOnError: false,
      });
      return { nats: app.get<HostedNats>(NATS), close: () => app.close() };
    },
  ],
];

const SIZES = [
  ["a connection", {}],
  ["a pool", { poolSize: 2 }],
] as const;

describe.each(APPLICATIONS)("an application of %s", (_, start) => {
  it.each(SIZES)("ends at once when the server is away (%s)", async (_, size) => {
    await using broker = await startBroker();
    const connections: NatsConnection[] = [];
    const app = await start({
      servers: broker.url,
      ...size,
      onError: () => {},
      configureConnection: (connection) => void connections.push(connection),
    });
    for (const nats of connections)
      await nats.subscribe("work", async () => {}, { concurrency: 1 });
    const lost = Promise.all(connections.map((nats) => nextEvent(nats, "disconnected")));
    await broker.stop("SIGKILL");
    await lost;
    await within(AT_ONCE, app.close(), "close()");
  });

  it.each(SIZES)("ends within drainTimeout when the server is frozen (%s)", async (_, size) => {
    await using broker = await startBroker();
    const errors: NatsError[] = [];
    const app = await start({
      servers: broker.url,
      ...size,
      onError: (error) => void errors.push(error),
      drainTimeout: LIMIT,
    } as HostedNatsOptions);
    await app.nats.subscribe("work", async () => {}, { concurrency: 1 });
    await broker.pause();
    await within(LIMIT + 1_500, app.close(), "close()");
    expect(errors.some(({ code }) => code === "TIMEOUT")).toBe(true);
    broker.resume();
  });

  it.each(SIZES)("ends when the server comes back while it ends (%s)", async (_, size) => {
    await using broker = await startBroker();
    const app = await start({
      servers: broker.url,
      ...size,
      reconnectWait: 50,
      reconnectWaitMax: 50,
      onError: () => {},
    });
    await app.nats.subscribe("work", async () => {}, { concurrency: 1 });
    await broker.pause();
    const closing = app.close();
    await broker.restart("SIGKILL");
    await within(AT_ONCE, closing, "close()");
  });
});
