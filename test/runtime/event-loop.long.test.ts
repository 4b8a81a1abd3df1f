import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startBroker } from "../support/broker.js";
import { whenBuilt } from "../support/built.js";
import { flood } from "../support/flood.js";
import { within } from "../support/settled.js";

await whenBuilt("runtime");

const COUNT = 500_000;

describe("a flood of 500,000 messages of 16 bytes", () => {
  it("with an asynchronous handler of 1 ms takes less memory than the official client", async () => {
    await using broker = await startBroker();
    const ours = await peakOf("ours", broker.port);
    const theirs = await peakOf("theirs", broker.port);
    expect(ours).toBeLessThan(theirs);
  }, 180_000);
});

/** A subscriber in a process of its own, with a handler of 1 ms. */
const SUBSCRIBER = `
  const [who, url, count] = process.argv.slice(1);
  let handled = 0;
  const handler = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (++handled < Number(count)) return;
    console.log(process.resourceUsage().maxRSS * 1024);
    process.exit(0);
  };
  if (who === "ours") {
    const { NatsConnection, rawSerializer } = await import("alternats");
    const nats = new NatsConnection({ servers: url, tls: null });
    await nats.subscribe("flood.memory", handler, { serializer: rawSerializer });
  } else {
    const { connect } = await import("@nats-io/transport-node");
    const nats = await connect({ servers: url, tls: null });
    nats.subscribe("flood.memory", { callback: handler });
    await nats.flush();
  }
  console.log("ready");
`;

/** @returns The most bytes that the process of a subscriber had. */
async function peakOf(who: "ours" | "theirs", port: number): Promise<number> {
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", SUBSCRIBER, who, `nats://127.0.0.1:${port}`, String(COUNT)],
    { cwd: join(import.meta.dirname, "../.."), stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  while (!output.includes("ready")) await once(child.stdout, "data");
  await flood(port, "flood.memory", COUNT);
  await within(60_000, closed, `the subscriber (${who})`).finally(() => child.kill("SIGKILL"));
  return Number(output.replace("ready", ""));
}
