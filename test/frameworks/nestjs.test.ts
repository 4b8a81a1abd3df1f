import "reflect-metadata";
import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import { Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ConnectionError, type NatsCommand, NatsConnectionPool } from "alternats";
import { type HostedNatsOptions, InjectNats, NATS, NatsModule } from "alternats/nestjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker();
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

class Announcer {
  readonly nats: NatsCommand;
  constructor(nats: NatsCommand) {
    this.nats = nats;
  }
  announce(text: string): Promise<void> {
    return this.nats.publish("announce", { text });
  }
}
// As TypeScript applies decorators of a class and its constructor's parameter.
InjectNats()(Announcer, undefined, 0);
Injectable()(Announcer);

class Application {}

describe("the module for NestJS", () => {
  it("injects a connected engine into providers of other modules", async () => {
    class Part {}
    Module({ providers: [Announcer], exports: [Announcer] })(Part);
    Module({ imports: [NatsModule.forRoot({ servers: broker.url }), Part] })(Application);
    const app = await NestFactory.createApplicationContext(Application, { logger: false });
    const message = new Promise((resolve) => {
      peer.subscribe("announce", {
        max: 1,
        callback: (_error, { data }) => resolve(`${Buffer.from(data)}`),
      });
    });
    await peer.flush();
    await app.get(Announcer).announce("wipe at noon");
    expect(await message).toBe('{"text":"wipe at noon"}');
    await app.close();
    await expect(app.get(Announcer).announce("too late")).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
    });
  });

  it("gets its options from other providers, and creates a pool of several connections", async () => {
    class Settings {}
    Module({
      providers: [{ provide: "settings", useValue: { nats: broker.url } }],
      exports: ["settings"],
    })(Settings);
    Module({
      imports: [
        NatsModule.forRootAsync({
          imports: [Settings],
          inject: ["settings"],
          useFactory: async (settings: { nats: string }): Promise<HostedNatsOptions> => ({
            servers: settings.nats,
            poolSize: 2,
          }),
        }),
      ],
    })(Application);
    const app = await NestFactory.createApplicationContext(Application, { logger: false });
    const nats = app.get<NatsConnectionPool>(NATS);
    expect(nats).toBeInstanceOf(NatsConnectionPool);
    expect(nats.getConnections().map((connection) => connection.state)).toEqual(["open", "open"]);
    await app.close();
    expect(nats.getConnections().map((connection) => connection.state)).toEqual([
      "closed",
      "closed",
    ]);
  });

  it("fails to start without a server", async () => {
    Module({
      imports: [NatsModule.forRoot({ servers: "nats://127.0.0.1:1", connectTimeout: 500 })],
    })(Application);
    await expect(
      NestFactory.createApplicationContext(Application, { logger: false, abortOnError: false }),
    ).rejects.toBeInstanceOf(ConnectionError);
  });
});
