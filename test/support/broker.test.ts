import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { whenBuilt } from "../support/built.js";
import { startBroker } from "./broker.js";

await whenBuilt("examples/broker");

describe("the broker of the tests", () => {
  it("serves on a free port, with monitoring and JetStream on request", async () => {
    await using broker = await startBroker({ jetStream: true, monitoring: true });
    const nats = await connect({ servers: broker.url });
    await nats.flush();
    const state = await (await fetch(`${broker.monitoringUrl}/varz`)).json();
    expect(state).toMatchObject({ port: broker.port, connections: 1, jetstream: { config: {} } });
    await nats.close();
  });

  it("keeps its port over a restart", async () => {
    await using broker = await startBroker();
    const port = broker.port;
    await broker.stop("SIGKILL");
    await expect(connect({ servers: `127.0.0.1:${port}`, reconnect: false })).rejects.toThrow();
    await broker.start();
    expect(broker.port).toBe(port);
    const nats = await connect({ servers: `127.0.0.1:${port}` });
    await nats.close();
  });

  it("accepts a configuration", async () => {
    await using broker = await startBroker({
      config: 'max_payload: 1024, authorization: { token: "secret" }',
    });
    await expect(connect({ servers: broker.url, reconnect: false })).rejects.toThrow(
      "Authorization",
    );
    const nats = await connect({ servers: broker.url, token: "secret" });
    expect(nats.info?.max_payload).toBe(1024);
    await nats.close();
  });

  it("shows the log of a server that does not start", async () => {
    await expect(startBroker({ config: "max_payload: many" })).rejects.toThrow(
      /did not start: it ended with 1\n.*nats-server\.conf:1:0/s,
    );
  });

  it("pauses and continues", async () => {
    await using broker = await startBroker();
    const nats = await connect({ servers: broker.url });
    await broker.pause();
    const flushed = nats.flush().then(() => "flushed");
    const first = await Promise.race([flushed, once(AbortSignal.timeout(50), "abort")]);
    expect(first).not.toBe("flushed");
    broker.resume();
    expect(await flushed).toBe("flushed");
    await nats.close();
  });

  it("is gone with its folder when the process that started it is killed", async () => {
    const program = `
      import { startBroker } from "alternats-broker";
      import { once } from "node:events";
      const broker = await startBroker({ jetStream: true });
      await broker.pause();
      console.log(broker.url, broker.log().match(/Store Directory: "(.*)\\/jetstream\\/jetstream"/)[1]);
      await once(process.stdin, "data");
    `;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: join(import.meta.dirname, "../.."),
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = await once(owner.stdout.setEncoding("utf8"), "data");
    const [url, folder] = String(line).trim().split(" ");
    owner.kill("SIGKILL");
    await expect.poll(() => access(folder!).catch((error) => error.code)).toBe("ENOENT");
    await expect(connect({ servers: url!, reconnect: false })).rejects.toThrow();
  });
});
