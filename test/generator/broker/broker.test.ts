import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { connect, credsAuthenticator, nkeyAuthenticator } from "@nats-io/transport-node";
import { NatsConnection, textSerializer } from "alternats";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { natsServer } from "../../../examples/broker/src/nats-server.js";
import type { BrokerOptions } from "../../../generator/src/broker/broker.ts";
import { type BrokerPlan, writeBroker } from "../../../generator/src/broker/write-broker.ts";
import { startBroker } from "../../support/broker.js";
import { Workplace, writeCertificates } from "./support.js";

const plan: BrokerPlan = {
  title: "Two rooms",
  version: "1",
  accounts: [],
  report: "# Permissions\n",
  users: [
    {
      name: "asker",
      role: "asker",
      account: "APP",
      permissions: {
        publish: ["room.*.time"],
        subscribe: ["_INBOX_asker.>", "room.*.opened"],
      },
    },
    {
      name: "room-1",
      role: "room",
      account: "APP",
      permissions: { publish: ["_INBOX_asker.>"], subscribe: ["room.1.time clock"] },
    },
    {
      name: "nobody",
      role: "nobody",
      account: "OTHER",
      permissions: { publish: [], subscribe: [] },
    },
  ],
};

const one: BrokerOptions = {
  servers: 1,
  operator: false,
  tls: undefined,
  websocket: false,
  listen: undefined,
  serverVersion: "2.14",
};

const document = `asyncapi: 3.0.0
info: { title: Two rooms, version: "1" }
servers: { n: { host: localhost, protocol: nats } }
x-alternats-roles: { viewer: { subscribe: "*" } }
channels: { opened: { address: opened, messages: { m: { payload: { type: string } } } } }
`;

const write = (work: Workplace, options: Partial<BrokerOptions> = {}, changed = plan) =>
  writeBroker(changed, { ...one, ...options }, work.path("broker"), work.secrets);

/** All files below a folder, with their texts. */
async function texts(folder: string): Promise<readonly string[]> {
  const { readFile } = await import("node:fs/promises");
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((each) => each.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
}

/** A service of a compose file. */
interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly configs: readonly Mount[];
  readonly secrets: readonly Mount[];
}

interface Mount {
  readonly source: string;
  readonly target: string;
}

const seed = /\bS[OAU][A-Z2-7]{56}\b/;

describe("alternats-gen broker", { timeout: 60_000 }, () => {
  it("keeps its secrets out of the terminal, out of commits, and unreadable to others", async () => {
    await using work = await Workplace.make({ "asyncapi.yaml": document });
    const first = await work.broker("asyncapi.yaml", "--operator");
    expect(first).toMatchObject({ code: 0, error: "" });
    const again = await work.broker("asyncapi.yaml", "--operator");
    expect(again.out).toContain("broker: nothing changed");
    expect(again.out).toContain(`${work.secrets}: nothing changed`);
    expect(first.out + again.out).not.toMatch(seed);
    expect(first.out).toContain("users/viewer.creds");
    expect((await texts(work.path("broker"))).join()).not.toMatch(seed);
    expect((await texts(work.secrets)).join()).toMatch(seed);
    const all = await readdir(work.secrets, { recursive: true, withFileTypes: true });
    for (const entry of all) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect((mode & 0o777).toString(8)).toBe(entry.isDirectory() ? "700" : "600");
    }
    expect((await stat(work.secrets)).mode & 0o777).toBe(0o700);
  });

  it.each([
    ["keys in the configuration", []],
    ["an operator", ["--operator"]],
  ])("with %s lists users that move to another account, with the same keys", async (_, options) => {
    const trusted = document.replace('subscribe: "*"', 'subscribe: "*", trusted: true');
    await using work = await Workplace.make({ "asyncapi.yaml": trusted });
    const run = async () => (await work.broker("asyncapi.yaml", ...options)).out;
    expect(await run()).not.toContain("Deploy");
    const key = await work.secret("users/viewer.nk");
    await writeFile(work.path("asyncapi.yaml"), document);
    const out = await run();
    expect(out).toContain("\n  viewer: from APP to viewer\nDeploy in this order:\n  1. ");
    expect(await work.secret("users/viewer.nk")).toBe(key);
    expect(await run()).not.toContain("Deploy");
  });

  it("writes nothing for a document with an error, and shows its usage", async () => {
    await using work = await Workplace.make({
      "asyncapi.yaml": document.replace('subscribe: "*"', "subscribe: open"),
    });
    const { code, error } = await work.broker("asyncapi.yaml");
    expect(code).toBe(1);
    expect(error).toContain("There is no operation `open`. [unknown-operation]");
    expect(error).toContain("1 error in the document; nothing was written.");
    expect(await readdir(work.folder)).toEqual(["asyncapi.yaml"]);
    await expect(stat(work.secrets)).rejects.toThrow("ENOENT");
    expect(await work.broker()).toMatchObject({
      code: 2,
      error: expect.stringContaining("Name the AsyncAPI document"),
    });
    expect(await work.broker("asyncapi.yaml", "--tls", "tls")).toMatchObject({
      code: 2,
      error: expect.stringContaining("--tls is the folder as the servers see it"),
    });
  });
});

describe("secrets", () => {
  it("are rejected in a folder that would be committed or that others can read", async () => {
    await using work = await Workplace.make({});
    const into = (secrets: string) => writeBroker(plan, one, work.path("broker"), secrets);
    await expect(into(`${work.secrets}'; rm`)).rejects.toThrow(
      "contains characters that are invalid in local.env",
    );
    await expect(into(work.path("broker/secrets"))).rejects.toThrow("could be committed");
    await mkdir(work.path(".git"));
    await expect(into(work.path("secrets"))).rejects.toThrow(`is in ${work.folder}, where`);
    await mkdir(work.secrets);
    await chmod(work.secrets, 0o750);
    await expect(into(work.secrets)).rejects.toThrow("Other users can read");
    expect(await readdir(work.folder)).toEqual([".git"]);
  });

  it("can be elsewhere, and committed files keep the keys the same", async () => {
    await using work = await Workplace.make({});
    await write(work);
    await rename(work.secrets, `${work.secrets}-elsewhere`);
    const { changes, absent, written } = await write(work);
    expect(changes).toMatchObject({ added: [], changed: [], removed: [] });
    expect(absent).toEqual(["users/asker", "users/room-1", "users/nobody", "users/sys"]);
    expect(written).toEqual(["broker.env", "local.env"]);
    // Nothing can be signed without them.
    await expect(write(work, { operator: true })).resolves.toMatchObject({
      absent: expect.arrayContaining(["users/asker"]),
    });
  });

  it("of another broker are rejected", async () => {
    await using work = await Workplace.make({});
    await write(work);
    await rm(work.secrets, { recursive: true });
    await using other = await Workplace.make({});
    await write(other);
    await expect(writeBroker(plan, one, work.path("broker"), other.secrets)).rejects.toThrow(
      "users/asker.nk is not the key of users/asker in keys.json",
    );
  });

  it("that are not seeds are not shown", async () => {
    await using work = await Workplace.make({});
    await write(work);
    await writeFile(join(work.secrets, "users/asker.nk"), "SUAHEMMLICH");
    const refusal = await write(work).catch((error: Error) => error);
    expect(refusal).toMatchObject({ code: "SECRETS" });
    expect(String(refusal)).toContain("users/asker.nk contains no seed");
    expect(String(refusal)).not.toContain("HEMMLICH");
  });
});

it("the broker command does not change an SDK", async () => {
  await using work = await Workplace.make({});
  await mkdir(work.path("broker"));
  await writeFile(work.path("broker/alternats.json"), '{ "files": { "index.ts": "0" } }');
  await expect(write(work)).rejects.toThrow("contains an SDK");
});

describe("the configuration", { timeout: 60_000 }, () => {
  it.each([
    { servers: 1, operator: false },
    { servers: 1, operator: true },
    { servers: 3, operator: false },
    { servers: 3, operator: true },
    { servers: 6, operator: false },
    { servers: 6, operator: true },
  ] as const)("of %j is valid for nats-server", async (options) => {
    await using work = await Workplace.make({});
    const tls = await mkdtemp(join(tmpdir(), "alternats-tls-"));
    const ca = await writeCertificates(tls);
    for (const more of [{}, { tls, websocket: true }]) {
      await write(work, { ...options, ...more });
      const env = { ...process.env, ...(await work.environment("local.env")) };
      for (let n = 1; n <= options.servers; n++) {
        const args = ["-t", "-c", work.path(`broker/nats-${n}.conf`)];
        const { stderr } = await promisify(execFile)(natsServer(), args, {
          env,
          cwd: work.path(""),
        });
        expect(stderr).toContain("is valid");
      }
    }
    if (options.servers === 1) {
      await using broker = await work.start();
      const credentials = options.operator
        ? { credsFile: join(work.secrets, "users/asker.creds") }
        : { seed: (await work.secret("users/asker.nk")).trim() };
      const secured = { tls: { ca }, authenticator: credentials };
      for (const servers of [
        broker.url.replace("nats:", "tls:"),
        broker.websocketUrl.replace("ws:", "wss:"),
      ]) {
        await using nats = new NatsConnection({ servers, ...secured });
        await nats.connect();
      }
    }
    await rm(tls, { recursive: true });
  });

  it.each([3, 6] as const)(
    "of %i servers works with compose and swarm: mounted files exist, and have another name after a change",
    async (servers) => {
      await using work = await Workplace.make({});
      const read = async () => {
        const stack = parse(await work.read("broker/stack.yaml"));
        const compose = parse(await work.read("broker/compose.yaml"));
        return { stack, compose };
      };
      const tls = work.path("tls");
      await writeCertificates(tls);
      await write(work, { servers, tls, websocket: true });
      const { stack, compose } = await read();
      for (const { services, configs, secrets, volumes } of [stack, compose]) {
        expect(Object.keys(services)).toHaveLength(servers);
        for (const [name, service] of Object.entries<Service>(services)) {
          // What a container finds, laid into a folder of its own, is what nats-server understands.
          const container = work.path(`${name}-container`);
          await mkdir(container, { recursive: true });
          for (const { source, target } of service.configs)
            await cp(
              work.path(`broker/${configs[source].file}`),
              join(container, basename(target)),
            );
          const args = ["-t", "-c", join(container, basename(service.command[1]!))];
          const env = { ...process.env, ...(await work.environment("broker.env")) };
          const asked = Object.keys(service.environment);
          for (const each of Object.keys(env))
            if (each.startsWith("NATS_") && !asked.includes(each)) delete env[each];
          const { stderr } = await promisify(execFile)(natsServer(), args, {
            env,
            cwd: work.path(""),
          });
          expect(stderr).toContain("is valid");
          for (const { source, target } of service.secrets)
            expect(secrets[source].file).toMatch(new RegExp(`\\}/tls/${basename(target)}$`));
          for (const volume of service.volumes)
            expect(volumes).toHaveProperty(volume.split(":")[0]!);
        }
        const ports = Object.values<Service>(services).flatMap(({ ports }) => ports);
        const published = ports.map((each) => each.split(":").at(-2));
        expect(new Set(published).size).toBe(published.length);
      }
      await write(work, { servers, tls }, { ...plan, users: plan.users.slice(1) });
      const later = (await read()).stack;
      expect(later.configs["accounts-conf"].name).not.toBe(stack.configs["accounts-conf"].name);
    },
  );

  it.each([
    ["keys in the configuration", false],
    ["an operator", true],
  ] as const)(
    "with %s forms one cluster of three servers, which no server without the secret joins",
    async (_, operator) => {
      await using work = await Workplace.make({});
      await write(work, { servers: 3, operator });
      await using first = await work.start("nats-1");
      await using second = await work.start("nats-2", first.clusterUrl);
      await using third = await work.start("nats-3", first.clusterUrl);
      const authenticator = operator
        ? { credsFile: join(work.secrets, "users/asker.creds") }
        : { seed: (await work.secret("users/asker.nk")).trim() };
      await using asker = new NatsConnection({
        servers: third.url,
        authenticator,
        inboxPrefix: "_INBOX_asker.",
        requestTimeout: 10_000,
      });
      const encoded = async (name: string) => new TextEncoder().encode(await work.secret(name));
      const room = await connect({
        servers: second.url.replace("nats://", ""),
        authenticator: operator
          ? credsAuthenticator(await encoded("users/room-1.creds"))
          : nkeyAuthenticator((await encoded("users/room-1.nk")).subarray(0, 58)),
      });
      const clock = room.subscribe("room.1.time", {
        queue: "clock",
        callback: (_, message) => {
          message.respond("noon");
        },
      });
      await room.flush();
      // A route takes its time to tell of subscriptions.
      const answer = async (): Promise<unknown> => {
        try {
          return await asker.request("room.1.time", undefined, { replySerializer: textSerializer });
        } catch (error) {
          if ((error as { code?: string }).code === "NO_RESPONDERS") return answer();
          throw error;
        }
      };
      expect(await answer()).toBe("noon");
      clock.unsubscribe();
      await room.close();
      await rm(join(work.secrets, "broker.env"));
      await write(work, { servers: 3, operator });
      await using stranger = await work.start("nats-2", first.clusterUrl);
      await expect.poll(() => first.log()).toContain("authentication error");
      const routes = await fetch(`${stranger.monitoringUrl}/routez`);
      expect(await routes.json()).toMatchObject({ num_routes: 0 });
    },
  );
});

describe("two clusters", { timeout: 60_000 }, () => {
  it("are joined: messages published in one arrive in the other, and no other server joins", async () => {
    await using work = await Workplace.make({});
    await write(work, { servers: 6 });
    await using first = await work.start("nats-1");
    await using second = await work.start("nats-2", first.clusterUrl);
    const varz = await fetch(`${first.monitoringUrl}/varz`);
    const { gateway } = (await varz.json()) as { gateway: { name: string; port: number } };
    expect(gateway.name).toBe("two-rooms-1");
    const url = `nats://127.0.0.1:${gateway.port}`;
    await using fourth = await work.start("nats-4", undefined, url);
    await using fifth = await work.start("nats-5", fourth.clusterUrl, url);
    const seed = async (name: string) => (await work.secret(`users/${name}.nk`)).trim();
    await using asker = new NatsConnection({
      servers: second.url,
      authenticator: { seed: await seed("asker") },
      inboxPrefix: "_INBOX_asker.",
    });
    await using room = new NatsConnection({
      servers: fifth.url,
      authenticator: { seed: await seed("room-1") },
    });
    await room.respond("room.1.time", () => "noon", { queue: "clock" });
    await room.flush();
    const answer = () => asker.request("room.1.time").catch((error: Error) => error);
    await expect.poll(answer, { timeout: 20_000 }).toBe("noon");
    // The same document, with a password of its own.
    await rm(join(work.secrets, "broker.env"));
    await write(work, { servers: 6 });
    await using stranger = await work.start("nats-6", undefined, url);
    await expect.poll(() => first.log(), { timeout: 10_000 }).toContain("authentication error");
    const gateways = await fetch(`${stranger.monitoringUrl}/gatewayz`);
    expect(await gateways.json()).toMatchObject({ outbound_gateways: {} });
  });
});

describe("the monitoring", () => {
  it("listens on the machine itself only, and on all addresses in a container", async () => {
    await using work = await Workplace.make({});
    await write(work);
    await using broker = await work.start();
    expect(broker.log()).toMatch(/Starting http monitor on 127\.0\.0\.1:/);
    const server = await work.read("broker/nats-1-local.conf");
    await writeFile(
      work.path("broker/server.conf"),
      server.replace(/store_dir: "[^"]+/, "$&-other"),
    );
    const containers = await work.read("broker/containers.conf");
    await writeFile(work.path("broker/containers.conf"), containers.replace(":8222", ":-1"));
    const args = ["-c", work.path("broker/containers.conf")];
    await using container = await startBroker({ monitoring: true, args });
    expect(container.log()).toMatch(/Starting http monitor on 0\.0\.0\.0:/);
  });
});

describe("credentials", { timeout: 60_000 }, () => {
  it("stay valid after a change of their user's permissions, which are in the account", async () => {
    await using work = await Workplace.make({});
    await write(work, { operator: true });
    const creds = await work.secret("users/asker.creds");
    const accounts = await work.read("broker/accounts.conf");
    const [asker, ...others] = plan.users;
    const permissions = { ...asker!.permissions, publish: ["room.2.time"] };
    await write(
      work,
      { operator: true },
      { ...plan, users: [{ ...asker!, permissions }, ...others] },
    );
    expect(await work.secret("users/asker.creds")).toBe(creds);
    const changed = await work.read("broker/accounts.conf");
    const lines = changed.split("\n").filter((line, i) => line !== accounts.split("\n")[i]);
    expect(lines).toHaveLength(1);
  });

  it("cannot contain what the credentials library cannot write", async () => {
    await using work = await Workplace.make({});
    const [asker] = plan.users;
    const permissions = { ...asker!.permissions, publish: ["räume"] };
    await expect(
      write(work, { operator: true }, { ...plan, users: [{ ...asker!, permissions }] }),
    ).rejects.toThrow(
      'contain the subject "räume", but subjects in the JWTs of an operator must be ASCII',
    );
  });
});
