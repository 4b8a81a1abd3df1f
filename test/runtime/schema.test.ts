import { connect, type NatsConnection as Peer } from "@nats-io/transport-node";
import {
  type NatsConnection as Connection,
  NatsConnection,
  type NatsError,
  ValidationError,
} from "alternats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Broker, startBroker } from "../support/broker.js";

let broker: Broker;
let nats: Connection;
let peer: Peer;

beforeAll(async () => {
  broker = await startBroker({ monitoring: true });
  nats = new NatsConnection({ servers: broker.url, onError: () => {} });
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await nats?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

describe("a schema", () => {
  const Chat = z.object({ text: z.string(), rank: z.number().default(0) });

  it("validates received messages, and delivers only valid ones as the schema returns them", async () => {
    const errors: NatsError[] = [];
    const got: unknown[] = [];
    await nats.subscribe("checked", (chat) => void got.push(chat), {
      schema: Chat,
      onError: (error) => errors.push(error),
    });
    peer.publish("checked", '{"text":1}');
    peer.publish("checked", '{"text":"hi"}');
    await peer.flush();
    await nats.flush();
    expect(got).toEqual([{ text: "hi", rank: 0 }]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ValidationError);
    expect(errors[0]).toMatchObject({ subject: "checked", code: "VALIDATION" });
    expect(errors[0]?.message).toContain("text: ");
  });

  it("can be asynchronous, and can throw", async () => {
    const errors: NatsError[] = [];
    const got: unknown[] = [];
    const schema = z.string().refine(async (text) => {
      await nats.ping();
      return text !== "bad";
    });
    const validate = () => {
      throw new Error("boom");
    };
    const throwing = { "~standard": { version: 1 as const, vendor: "test", validate } };
    const onError = (error: NatsError) => errors.push(error);
    await nats.subscribe("checked.late", (text) => void got.push(text), { schema, onError });
    await nats.subscribe("checked.never", () => void got.push("never"), {
      schema: throwing,
      onError,
    });
    peer.publish("checked.never", "1");
    for (const text of ["good", "bad"]) peer.publish("checked.late", `"${text}"`);
    await peer.flush();
    for (let i = 0; i < 4; i++) await nats.ping();
    expect(got).toEqual(["good"]);
    expect(errors.map((error) => error.code)).toEqual(["DESERIALIZE", "VALIDATION"]);
  });

  it("answers an invalid request with a service error 400", async () => {
    await nats.respond("checked.ask", ({ text }) => text, { schema: Chat, onError: () => {} });
    expect((await peer.request("checked.ask", '{"text":"yes"}')).json()).toBe("yes");
    const refused = await peer.request("checked.ask", "{}");
    expect(refused.headers?.get("Nats-Service-Error-Code")).toBe("400");
  });
});
