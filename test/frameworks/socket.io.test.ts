import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { InvalidSubjectError, NatsConnection, type NatsError } from "alternats";
import { socketIoAdapter } from "alternats/socket.io";
import { Server, type Socket } from "socket.io";
import { type Socket as Client, io } from "socket.io-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Broker, startBroker } from "../support/broker.js";

/** A server with one client, as a member of the cluster. */
interface Member {
  readonly nats: NatsConnection;
  readonly server: Server;
  readonly client: Client;
  /** The server's side of the client. */
  readonly socket: Socket;
  readonly errors: NatsError[];
}

let broker: Broker;
let members: Member[];

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
});

async function startMember(namespace = "/"): Promise<Member> {
  const errors: NatsError[] = [];
  const nats = new NatsConnection({ servers: broker.url, onError: (error) => errors.push(error) });
  const http = createServer();
  const server = new Server(http, {
    adapter: socketIoAdapter(nats, { heartbeatInterval: 50, heartbeatTimeout: 500 }),
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const connected = new Promise<Socket>((resolve) =>
    server.of(namespace).once("connection", resolve),
  );
  const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}${namespace}`, {
    transports: ["websocket"],
  });
  return { nats, server, client, socket: await connected, errors };
}

async function stop({ client, server, nats }: Member): Promise<void> {
  client.disconnect();
  await server.close();
  await nats.close();
}

/** Waits until every member knows all others. */
async function met(all: readonly Member[], namespace = "/"): Promise<void> {
  for (const { server } of all) {
    const known = () => server.of(namespace).adapter.serverCount();
    await expect.poll(known, { timeout: 5_000, interval: 5 }).toBe(all.length);
  }
}

/** Messages of each client, once every server has sent everything that was requested before. */
function collect(name: string): () => Promise<unknown[][]> {
  const got = members.map(({ client }) => {
    const values: unknown[] = [];
    client.on(name, (value) => values.push(value));
    return values;
  });
  return async () => {
    // A message to all that follows; NATS and each socket keep the order.
    const ends = members.map(({ client }) => new Promise((resolve) => client.once("end", resolve)));
    members[0]!.server.emit("end");
    await Promise.all(ends);
    return got;
  };
}

beforeEach(async () => {
  members = await Promise.all([startMember(), startMember(), startMember()]);
  await met(members);
});

afterEach(async () => {
  await Promise.all(members.map(stop));
});

describe("Socket.IO servers over NATS", () => {
  it("broadcast to the clients of all servers, also bytes", async () => {
    const got = collect("news");
    members[0]!.server.emit("news", { text: "wipe", map: Buffer.from([1, 2, 255]) });
    for (const values of await got()) {
      expect(values).toEqual([{ text: "wipe", map: Buffer.from([1, 2, 255]) }]);
    }
  });

  it("broadcast to all but the sender", async () => {
    const got = collect("news");
    members[0]!.socket.broadcast.emit("news", 1);
    expect(await got()).toEqual([[], [1], [1]]);
  });

  it("broadcast to rooms, except excluded clients", async () => {
    members[0]!.socket.join(["one", "two"]);
    members[1]!.socket.join("one");
    const got = collect("news");
    members[0]!.server.to("one").emit("news", "to one");
    members[0]!.server.to("one").except("two").emit("news", "to one but not two");
    members[0]!.server.to("none").emit("news", "to nobody");
    expect(await got()).toEqual([["to one"], ["to one", "to one but not two"], []]);
  });

  it("keep local broadcasts local", async () => {
    const got = collect("news");
    members[0]!.server.local.emit("news", 1);
    expect(await got()).toEqual([[1], [], []]);
  });

  it("separate namespaces with any names", async () => {
    const name = "/chat.*.>";
    const others = await Promise.all([startMember(name), startMember(name)]);
    await met(others, name);
    const got = collect("news");
    const arrived = others.map(
      ({ client }) => new Promise((resolve) => client.once("news", resolve)),
    );
    others[0]!.server.of(name).emit("news", "in the namespace");
    expect(await Promise.all(arrived)).toEqual(["in the namespace", "in the namespace"]);
    expect(await got()).toEqual([[], [], []]);
    await Promise.all(others.map(stop));
  });

  it("collect the acknowledgements of all clients", async () => {
    members.forEach(({ client }, index) => {
      client.on("ask", (answer) => answer(index));
    });
    const answers = await members[0]!.server.timeout(3_000).emitWithAck("ask");
    expect([...answers].sort()).toEqual([0, 1, 2]);
  });

  it("report clients that do not acknowledge in time", async () => {
    members[0]!.client.on("ask", (answer) => answer("mine"));
    const answered = new Promise((resolve) => {
      members[1]!.server.timeout(200).emit("ask", (error: Error, answers: unknown[]) => {
        resolve([error instanceof Error, answers]);
      });
    });
    expect(await answered).toEqual([true, ["mine"]]);
  });

  it("make the sockets of all servers join and leave", async () => {
    const joined = async () =>
      (await members[2]!.server.in("room").fetchSockets()).map(({ id }) => id).sort();
    const ids = members.map(({ socket }) => socket.id).sort();
    members[0]!.server.socketsJoin("room");
    await expect.poll(joined).toEqual(ids);
    members[0]!.server.in(members[1]!.socket.id).socketsLeave("room");
    await expect.poll(joined).toEqual(ids.filter((id) => id !== members[1]!.socket.id));
  });

  it("disconnect the sockets of all servers", async () => {
    const reasons = members.map(
      ({ client }) => new Promise((resolve) => client.once("disconnect", resolve)),
    );
    members[0]!.server.disconnectSockets();
    expect(await Promise.all(reasons)).toEqual(Array(3).fill("io server disconnect"));
  });

  it("list the sockets of all servers, with their data and rooms", async () => {
    members[1]!.socket.data = { player: "mia" };
    members[1]!.socket.join("room");
    const [found, ...others] = await members[0]!.server.in("room").fetchSockets();
    expect(others).toEqual([]);
    expect(found!.id).toBe(members[1]!.socket.id);
    expect(found!.data).toEqual({ player: "mia" });
    expect([...found!.rooms].sort()).toEqual([members[1]!.socket.id, "room"].sort());
    expect(await members[0]!.server.local.fetchSockets()).toHaveLength(1);
  });

  it("emit events to each other, with and without an answer", async () => {
    const heard = members
      .slice(1)
      .map(
        ({ server }) =>
          new Promise((resolve) => server.once("hello", (...values) => resolve(values))),
      );
    members[0]!.server.serverSideEmit("hello", 1, "two", Buffer.from([3]));
    expect(await Promise.all(heard)).toEqual(Array(2).fill([1, "two", Buffer.from([3])]));

    members[1]!.server.on("count", (answer) => answer(1));
    members[2]!.server.on("count", (answer) => answer(2));
    const answers = await members[0]!.server.serverSideEmitWithAck("count");
    expect([...answers].sort()).toEqual([1, 2]);
  });

  it("forget a server that left, and do not wait for its answers", async () => {
    const [first, second, third] = members as [Member, Member, Member];
    await stop(third);
    await expect.poll(() => first.server.of("/").adapter.serverCount()).toBe(2);
    second.server.on("count", (answer) => answer("second"));
    expect(await first.server.serverSideEmitWithAck("count")).toEqual(["second"]);
    members = [first, second];
  });

  it("report a broadcast that does not fit into a message", async () => {
    const [{ server, errors }] = members as [Member];
    server.emit("map", Buffer.alloc(2 * 1024 * 1024));
    await expect.poll(() => errors.map(({ code }) => code)).toEqual(["MAX_PAYLOAD"]);
  });

  it("report that no NATS server can be reached", async () => {
    const errors: NatsError[] = [];
    const onError = (error: NatsError) => void errors.push(error);
    await using nats = new NatsConnection({ servers: "nats://127.0.0.1:1", onError });
    const server = new Server({ adapter: socketIoAdapter(nats) });
    await expect.poll(() => errors.map(({ code }) => code)).toEqual(["CONNECTION"]);
    server.of("/").adapter.close();
  });

  it("reject a prefix that is not a subject", () => {
    const [{ nats }] = members as [Member];
    for (const prefix of ["", "a b", "a.*", ">"]) {
      expect(() => socketIoAdapter(nats, { prefix })).toThrow(InvalidSubjectError);
    }
  });
});
