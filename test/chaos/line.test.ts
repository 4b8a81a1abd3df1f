import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Line } from "./line.js";

let server: Server;
/** Text that reached the server. */
let received = "";

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received += bytes.toString();
      socket.write(bytes);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => {
  server.close();
});

async function open(): Promise<{ line: Line; client: Socket }> {
  received = "";
  const line = await Line.open("client", { brokers: [server.address() as AddressInfo] });
  const client = dial(line);
  client.write("before");
  await once(client, "data");
  return { line, client };
}

function dial({ addresses: [address] }: Line): Socket {
  const client = connect(Number(address!.split(":")[1]), "127.0.0.1");
  return client.on("error", () => {});
}

/** @returns Settles when the connection has ended, also by a reset. */
function closed(client: Socket): Promise<void> {
  return new Promise((resolve) => client.once("close", () => resolve()));
}

describe("a client's network", () => {
  it("that swallows forwards nothing and cuts at the end, and then forwards again", async () => {
    const { line, client } = await open();
    await using _ = line;
    let answered = false;
    client.on("data", () => {
      answered = true;
    });
    const gone = closed(client);
    const swallowed = line.swallow(100);
    client.write("during");
    await swallowed;
    await gone;
    expect([received, answered]).toEqual(["before", false]);
    const next = dial(line);
    next.write("after");
    expect(`${await once(next, "data")}`).toBe("after");
    next.destroy();
  });

  it("that is cut ends the connection", async () => {
    const { line, client } = await open();
    await using _ = line;
    const gone = closed(client);
    line.cut();
    await gone;
  });

  it("that delays forwards everything later, in order", async () => {
    const { line, client } = await open();
    await using _ = line;
    const over = line.delay(50, 20);
    const begun = performance.now();
    client.write("late");
    await once(client, "data");
    // Once in each direction, at least in the first.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(49);
    await over;
    client.destroy();
  });

  it("that alters bytes delivers what the function returns", async () => {
    const { line, client } = await open();
    await using _ = line;
    line.alter((bytes) => Buffer.from(bytes.toString().toUpperCase()));
    client.write("loud");
    expect(`${await once(client, "data")}`).toBe("LOUD");
    expect(received).toBe("beforeLOUD");
    client.destroy();
  });
});
