import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  connect,
  type NatsConnection as Peer,
  headers as peerHeaders,
} from "@nats-io/transport-node";
import {
  type Context,
  context,
  propagation,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { type NatsCommand, NatsConnection, NatsConnectionPool, NoRespondersError } from "alternats";
import { contextOf, traced } from "alternats/opentelemetry";
import { firstValueFrom, from } from "rxjs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  publishServerStopped,
  subscribeServerStopped,
} from "../../examples/rust-server/sdk/index.js";
import { type Broker, startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";

await whenBuilt("runtime");

/** The W3C's `traceparent`, written here by its specification. */
class TraceParent implements TextMapPropagator {
  inject(carried: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = trace.getSpanContext(carried);
    if (span !== undefined) setter.set(carrier, "traceparent", text(span));
  }
  extract(carried: Context, carrier: unknown, getter: TextMapGetter): Context {
    const found = /^00-(\w{32})-(\w{16})-01$/.exec(String(getter.get(carrier, "traceparent")));
    if (found === null) return carried;
    const [, traceId = "", spanId = ""] = found;
    return trace.setSpanContext(carried, { traceId, spanId, traceFlags: 1, isRemote: true });
  }
  fields(): string[] {
    return ["traceparent"];
  }
}

const text = ({ traceId, spanId }: SpanContext) => `00-${traceId}-${spanId}-01`;

const exporter = new InMemorySpanExporter();
let broker: Broker;
let connection: NatsConnection;
let nats: NatsCommand;
let peer: Peer;

beforeAll(async () => {
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new TraceParent());
  broker = await startBroker();
  connection = new NatsConnection({ servers: broker.url, onError: () => {} });
  nats = traced(connection);
  peer = await connect({ servers: broker.url });
});

afterAll(async () => {
  await connection?.close();
  await peer?.close();
  await broker?.[Symbol.asyncDispose]();
});

beforeEach(() => exporter.reset());

/** @returns The spans that have ended, by their names. */
function spans(): Record<string, ReadableSpan> {
  return Object.fromEntries(exporter.getFinishedSpans().map((span) => [span.name, span]));
}

/** @returns The `traceparent` of the next message that the official client gets. */
function next(subject: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    peer.subscribe(subject, {
      max: 1,
      callback: (_, message) => resolve(message.headers?.get("traceparent")),
    });
  });
}

describe("publishing with OpenTelemetry", () => {
  it("creates a span by the semantic conventions in the current trace, which the message carries", async () => {
    const heard = next("otel.a");
    await peer.flush();
    const outer = trace.getTracer("test").startSpan("outer");
    await context.with(trace.setSpan(context.active(), outer), () => nats.publish("otel.a", 1));
    outer.end();
    const span = spans()["publish otel.a"]!;
    expect(span.kind).toBe(SpanKind.PRODUCER);
    expect(span.attributes).toEqual({
      "messaging.system": "nats",
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.destination.name": "otel.a",
    });
    expect(span.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.instrumentationScope.name).toBe("alternats");
    expect(await heard).toBe(text(span.spanContext()));
  });

  it("keeps the given headers, and does not change them", async () => {
    const headers = { A: "b" };
    const subscription = peer.subscribe("otel.headers", { max: 1 });
    await peer.flush();
    nats.post("otel.headers", 1, { headers });
    for await (const message of subscription) {
      expect(message.headers?.get("A")).toBe("b");
      expect(message.headers?.get("traceparent")).toMatch(/^00-/);
    }
    expect(headers).toEqual({ A: "b" });
  });

  it("creates one span for a batch, with the number of messages", async () => {
    const heard = [next("otel.b.1"), next("otel.b.2")];
    await peer.flush();
    await nats.publishBatch([
      ["otel.b.1", 1],
      ["otel.b.2", 2],
    ]);
    const span = spans().publish!;
    expect(span.attributes["messaging.batch.message_count"]).toBe(2);
    const carried = text(span.spanContext());
    expect(await Promise.all(heard)).toEqual([carried, carried]);
  });

  it("records a failure, and fails as without tracing", async () => {
    await expect(nats.publish("a b", 1)).rejects.toMatchObject({ code: "INVALID_SUBJECT" });
    expect(() => nats.post("otel.big", 1n)).toThrow();
    const failed = spans();
    expect(failed["publish a b"]!.status.code).toBe(SpanStatusCode.ERROR);
    expect(failed["publish a b"]!.attributes["error.type"]).toBe("INVALID_SUBJECT");
    expect(failed["publish otel.big"]!.attributes["error.type"]).toBe("SERIALIZE");
  });
});

describe("processing with OpenTelemetry", () => {
  it("runs the handler in a span of the sender's trace, named after the subscription's subject", async () => {
    let inside: SpanContext | undefined;
    const handled = new Promise<void>((resolve) => {
      void nats.subscribe(
        "otel.p.*",
        async () => {
          inside = trace.getActiveSpan()?.spanContext();
          await connection.flush();
          resolve();
        },
        { queue: "workers" },
      );
    });
    await nats.publish("otel.p.x", 1);
    await handled;
    await connection.flush();
    const { "publish otel.p.x": sent, "process otel.p.*": span } = spans();
    expect(span!.kind).toBe(SpanKind.CONSUMER);
    expect(span!.attributes).toEqual({
      "messaging.system": "nats",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "otel.p.x",
      "messaging.destination.template": "otel.p.*",
      "messaging.consumer.group.name": "workers",
    });
    expect(text(span!.parentSpanContext!)).toBe(text(sent!.spanContext()));
    expect(span!.links.map(({ context }) => context.spanId)).toEqual([sent!.spanContext().spanId]);
    expect(inside).toEqual(span!.spanContext());
  });

  it("starts a new trace for a message without one, wherever the connection was opened", async () => {
    const outer = trace.getTracer("test").startSpan("outer");
    const own = context.with(trace.setSpan(context.active(), outer), () => {
      const made = new NatsConnection({ servers: broker.url });
      void made.connect();
      return made;
    });
    const handled = new Promise<void>((resolve) => {
      void traced(own).subscribe("otel.plain", () => resolve());
    });
    await own.flush();
    peer.publish("otel.plain", "1");
    await handled;
    const span = spans()["process otel.plain"]!;
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.spanContext().traceId).not.toBe(outer.spanContext().traceId);
    await own.close();
  });

  it("finds the trace of clients that write header names in capitals", async () => {
    const handled = new Promise<void>((resolve) => {
      void nats.subscribe("otel.go", () => resolve());
    });
    await connection.flush();
    const headers = peerHeaders();
    headers.set("Traceparent", `00-${"a".repeat(32)}-${"b".repeat(16)}-01`);
    peer.publish("otel.go", "1", { headers });
    await handled;
    expect(spans()["process otel.go"]!.spanContext().traceId).toBe("a".repeat(32));
  });

  it("records what a handler threw, and passes it to the error handler as without tracing", async () => {
    const failed = new Promise<unknown>((resolve) => {
      void nats.subscribe(
        "otel.fails",
        async () => {
          throw new RangeError("too far");
        },
        { onError: resolve },
      );
    });
    await nats.publish("otel.fails", 1);
    expect(await failed).toMatchObject({ code: "HANDLER" });
    const span = spans()["process otel.fails"]!;
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: "too far" });
    expect(span.attributes["error.type"]).toBe("RangeError");
    expect(span.events.map(({ name }) => name)).toEqual(["exception"]);
  });

  it("lasts in a loop until the next message is requested, and contextOf returns the trace", async () => {
    const messages = nats.messages<number>("otel.loop");
    await messages.ready;
    await nats.publishBatch([
      ["otel.loop", 1],
      ["otel.loop", 2],
    ]);
    const inside: (SpanContext | undefined)[] = [];
    for await (const message of messages) {
      expect(
        exporter.getFinishedSpans().filter(({ name }) => name === "process otel.loop"),
      ).toHaveLength(inside.length);
      inside.push(context.with(contextOf(message), () => trace.getActiveSpan()?.spanContext()));
      if (message.value === 2) break;
    }
    const ended = exporter.getFinishedSpans().filter(({ name }) => name === "process otel.loop");
    expect(ended.map((span) => span.spanContext())).toEqual(inside);
    expect(text(ended[0]!.parentSpanContext!)).toBe(text(spans().publish!.spanContext()));
  });

  it("also covers observables and raw messages", async () => {
    const observed = firstValueFrom(from(nats.observe("otel.rx")));
    const heard = new Promise<void>((resolve) => {
      void nats.listen("otel.rx", () => resolve());
    });
    await connection.flush();
    nats.post("otel.rx", 1);
    await Promise.all([observed, heard]);
    const names = exporter.getFinishedSpans().map(({ name }) => name);
    expect(names.filter((name) => name === "process otel.rx")).toHaveLength(2);
  });
});

describe("requests with OpenTelemetry", () => {
  it("create spans until the answer, with the responder's spans inside", async () => {
    await using responder = await nats.respond<number, number>("otel.double", (n) => n * 2);
    expect(await nats.request("otel.double", 21)).toBe(42);
    const { "request otel.double": asked, "process otel.double": done } = spans();
    expect(asked!.kind).toBe(SpanKind.CLIENT);
    expect(text(done!.parentSpanContext!)).toBe(text(asked!.spanContext()));
    expect(responder.subject).toBe("otel.double");
  });

  it("record a failure", async () => {
    await expect(nats.request("otel.nobody")).rejects.toThrow(NoRespondersError);
    expect(spans()["request otel.nobody"]!.attributes["error.type"]).toBe("NO_RESPONDERS");
    await expect(nats.requestMany("otel.nobody").next()).rejects.toThrow(NoRespondersError);
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  it("with several answers create spans until the loop ends", async () => {
    await using responder = await nats.respond("otel.many", (_, message) => {
      message.respond(1);
      return 2;
    });
    const got: unknown[] = [];
    for await (const { value } of nats.requestMany(responder.subject, 0, { max: 2 }))
      got.push(value);
    expect(got).toEqual([1, 2]);
    const span = spans()["request otel.many"]!;
    expect(span.attributes["messaging.batch.message_count"]).toBe(2);
    for await (const _ of nats.requestMany(responder.subject)) break;
    expect(
      exporter.getFinishedSpans().filter(({ name }) => name === "request otel.many"),
    ).toHaveLength(2);
  });
});

describe("traced commands", () => {
  it("work with generated functions and with pools", async () => {
    await using pool = new NatsConnectionPool({ servers: broker.url, poolSize: 2 });
    const commands = traced(pool);
    let inside: string | undefined;
    const handled = new Promise<void>((resolve) => {
      void subscribeServerStopped(commands, {}, () => {
        inside = trace.getActiveSpan()?.spanContext().traceId;
        resolve();
      });
    });
    await pool.flush();
    const stopped = { at: "2026-01-01T00:00:00Z", uptime: 5 };
    await publishServerStopped(commands, { serverId: "eu-1" }, stopped);
    await handled;
    const sent = spans()["publish v0.rust.servers.eu-1.events.stopped"]!;
    const { "process v0.rust.servers.*.events.stopped": done } = spans();
    expect(inside).toBe(sent.spanContext().traceId);
    expect(done!.parentSpanContext?.spanId).toBe(sent.spanContext().spanId);
  });

  it("forward everything else to the connection", async () => {
    expect(await nats.ping()).toBeGreaterThan(0);
    await nats.flush();
    const heard = next("otel.direct");
    await peer.flush();
    nats.writeDirect("PUB otel.direct 0\r\n");
    expect(await heard).toBeUndefined();
  });
});

describe("the documentation", () => {
  it("shows a program that runs unchanged and prints its spans", async () => {
    const root = join(import.meta.dirname, "../..");
    const page = await readFile(join(root, "docs/engine.md"), "utf8");
    const program = [...page.matchAll(/```ts\n([\s\S]*?)```/g)]
      .map(([, code]) => code!)
      .find((code) => code.includes("alternats/opentelemetry"))!;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", program.replace("nats://localhost:4222", broker.url)],
      { cwd: root },
    );
    expect(stdout).toContain("{ text: 'hello' }");
    expect(stdout).toContain("name: 'publish game.eu-1.chat'");
    expect(stdout).toContain("name: 'process game.*.chat'");
    const traces = [...stdout.matchAll(/traceId: '(\w+)'/g)].map(([, trace]) => trace);
    expect(new Set(traces.slice(0, 2)).size).toBe(1);
  });
});
