import { headers, type Msg } from "@nats-io/transport-node";
import { correlated, json } from "alternats/sdk";
import { expect, it } from "vitest";
import {
  publishMoved,
  requestPrice,
  requestRepair,
  respondPrice,
  subscribeMoved,
} from "../fixtures/generator/correlation-ids/sdk/index.js";
import { startBothSides } from "../support/both-sides.js";

it("a correlation id in a header is sent, and read from another client", async () => {
  await using bench = await startBothSides();
  const { ours, theirs } = bench;
  const ids: (string | undefined)[] = [];
  await subscribeMoved(ours, {}, (_position, { correlationId }) => void ids.push(correlationId));
  const heard = theirs.subscribe("robots.1.moved", { max: 1 });
  await theirs.flush();
  await publishMoved(ours, { robot: "1" }, { x: 1 }, { headers: { "Trace-Id": "ours" } });
  for await (const message of heard) expect(message.headers?.get("Trace-Id")).toBe("ours");
  const their = headers();
  their.set("Trace-Id", "theirs");
  theirs.publish("robots.2.moved", '{"x":2}', { headers: their });
  theirs.publish("robots.2.moved", '{"x":3}');
  await theirs.flush();
  await ours.flush();
  expect(ids).toEqual(["ours", "theirs", undefined]);
});

it("a request without a correlation id gets one, in a header or in its payload", async () => {
  await using bench = await startBothSides();
  const { ours, theirs } = bench;
  const repairs: Msg[] = [];
  theirs.subscribe("repair", {
    callback: (_error, message) => {
      repairs.push(message);
      message.respond("true");
    },
  });
  await theirs.flush();
  expect(await requestRepair(ours, { x: 1 })).toBe(true);
  await requestRepair(ours, { x: 1 });
  await requestRepair(ours, { x: 1 }, { headers: { "Correlation-Id": "mine" } });
  const ids = repairs.map((message) => message.headers?.get("Correlation-Id"));
  expect(ids).toEqual([
    expect.stringMatching(/^\w{8,}$/),
    expect.stringMatching(/^\w{8,}$/),
    "mine",
  ]);
  expect(ids[0]).not.toBe(ids[1]);

  const asked: unknown[] = [];
  await respondPrice(ours, ({ message }, { correlationId }) => {
    asked.push([message, correlationId]);
    return 1;
  });
  const message = { part: "wheel", meta: {} };
  await requestPrice(ours, { name: "ask", message });
  expect(message).toEqual({ part: "wheel", meta: {} });
  await requestPrice(ours, { name: "ask", message: { meta: { "id/x": "mine" } } });
  await requestPrice(ours, { name: "numbered", message: { number: 7 } });
  const made = expect.stringMatching(/^\w{8,}$/);
  expect(asked).toEqual([
    [{ part: "wheel", meta: { "id/x": made } }, made],
    [{ meta: { "id/x": "mine" } }, "mine"],
    [{ number: 7 }, "7"],
  ]);
});

it("a correlation id needs a location", () => {
  expect(() => correlated(json(), "$message.header#/a")).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
  expect(() => correlated(json(), "$message.header#/a/b", false)).toThrow(/is not a place/);
});
