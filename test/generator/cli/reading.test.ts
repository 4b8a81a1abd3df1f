import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Workbench } from "../support/workbench.js";
import { executable, good, type Result, runHere } from "./support.js";

const schema = JSON.stringify({ type: "object", properties: { text: { type: "string" } } });

/** A document whose payload is a reference. */
function referring(ref: string): string {
  return good.replace("{ type: string }", `{ $ref: ${JSON.stringify(ref)} }`);
}

let bench: Workbench;

beforeEach(async () => {
  bench = await Workbench.open();
});

afterEach(() => bench[Symbol.asyncDispose]());

const command = (...args: readonly string[]): Promise<Result> => runHere(bench.folder, args);

describe("the default root", { timeout: 40_000 }, () => {
  it.each([
    ["a folder", () => mkdir(join(bench.folder, ".git"))],
    ["a file, as in worktrees", () => bench.write(".git", "gitdir: /elsewhere\n")],
  ])("is the nearest folder with .git, which is %s", async (_what, create) => {
    await create();
    await bench.write("services/chat/api/asyncapi.yaml", referring("../../../contracts/said.json"));
    await bench.write("contracts/said.json", schema);
    const { code, error } = await command("services/chat/api/asyncapi.yaml");
    expect([code, error]).toEqual([0, expect.not.stringContaining("error")]);
  });

  it("is the configuration's folder without a repository, else the document's own", async () => {
    await bench.write("api/asyncapi.yaml", referring("../contracts/said.json"));
    await bench.write("contracts/said.json", schema);
    const alone = await command("api/asyncapi.yaml");
    expect([alone.code, alone.error]).toEqual([1, expect.stringContaining("refused-reference")]);
    await bench.write("alternats.config.json", "{}");
    expect(await command("api/asyncapi.yaml")).toMatchObject({ code: 0 });
  });

  it("has no effect on the SDK", async () => {
    await bench.write("api/asyncapi.yaml", referring("../contracts/said.json"));
    await bench.write("contracts/said.json", schema);
    expect(await command("api/asyncapi.yaml", "--root", ".")).toMatchObject({ code: 0 });
    await mkdir(join(bench.folder, ".git"));
    expect(await command("api/asyncapi.yaml", "--check")).toMatchObject({ code: 0 });
  });
});

describe("a reference", { timeout: 40_000 }, () => {
  it.each([
    ".env",
    "id_rsa",
    "notes.txt",
    ".npmrc",
    ".secrets/token.json",
    ".git/config",
    ".hidden.json",
  ])("to %s is refused, and no message quotes the file", async (path) => {
    await bench.write("asyncapi.yaml", referring(`./${path}`));
    await bench.write(path, "hunter2: [*hunter2");
    const { code, error } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    expect(error).toContain("refused-reference");
    expect(error).not.toContain("hunter2");
  });

  it("to a link is refused if its target is", async () => {
    await bench.write("asyncapi.yaml", referring("./said.json"));
    await bench.write(".env", "hunter2");
    await symlink(join(bench.folder, ".env"), join(bench.folder, "said.json"));
    const { code, error } = await command("asyncapi.yaml");
    expect([code, error]).toEqual([1, expect.stringContaining("unreadable-file")]);
    expect(error).not.toContain("hunter2");
  });

  it.each([
    "hunter2",
    "a: [*hunter2",
    "a: !hunter2 {b",
    "- 'hunter2",
    "a: 1\n  hunter2: 2",
    "%hunter2",
    '{"hunter2',
  ])("to a file without a schema quotes nothing of it: %s", async (text) => {
    await bench.write("asyncapi.yaml", referring("./said.yaml"));
    await bench.write("said.yaml", text);
    const { code, error } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    expect(error).toContain("said.yaml");
    expect(error).not.toContain("hunter2");
  });

  it("to a file beside the document is read in a hidden folder as well", async () => {
    await bench.write(".api/asyncapi.yaml", referring("./schemas/said.json"));
    await bench.write(".api/schemas/said.json", schema);
    expect(await command(".api/asyncapi.yaml", "--root", ".")).toMatchObject({ code: 0 });
  });

  it("to Protobuf or Avro is read, and its payload is bytes", async () => {
    const payload = (format: string, ref: string): string =>
      good.replace("{ type: string }", `{ schemaFormat: ${format}, schema: { $ref: ${ref} } }`);
    await bench.write(
      "proto.yaml",
      payload("application/vnd.google.protobuf;version=3", "./said.proto"),
    );
    await bench.write("said.proto", 'syntax = "proto3";\nmessage Said { string text = 1; }\n');
    await bench.write(
      "avro.yaml",
      payload("application/vnd.apache.avro;version=1.9.0", "./a.avsc"),
    );
    await bench.write("a.avsc", '{ "type": "record", "name": "A", "fields": [] }');
    for (const document of ["proto.yaml", "avro.yaml"]) {
      const { code, error } = await command(document);
      expect([code, error], document).toEqual([0, expect.stringContaining("foreign-schema")]);
    }
  });

  it("that fails ninety times is told once, with its number and first places", async () => {
    const channels = Array.from({ length: 90 }, (_, i) => {
      return `  c${i}: { address: c${i}, messages: { m: { payload: { $ref: "../out/${i}.json" } } } }\n`;
    });
    await bench.write(
      "asyncapi.yaml",
      good.replace(/channels:\n.*\n/, `channels:\n${channels.join("")}`),
    );
    const { code, error } = await command("asyncapi.yaml");
    expect(code).toBe(1);
    expect(error.match(/refused-reference/g)).toHaveLength(1);
    expect(error).toContain("asyncapi.yaml:5:");
    expect(error).toMatch(
      /and 89 more like this: asyncapi\.yaml:6:\d+, asyncapi\.yaml:7:\d+, asyncapi\.yaml:8:\d+, …/,
    );
    expect(error).toContain("90 errors in the document");
    const all = await command("asyncapi.yaml", "--verbose");
    expect(all.error.match(/refused-reference/g)).toHaveLength(90);
  });
});

describe("--lenient", { timeout: 40_000 }, () => {
  const harmless = [
    "info: { title: T, version: '1', contact: { email: 7 } }",
    "info: { title: T, version: '1', tags: [{ nam: x }] }",
    "components: { securitySchemes: { s: { type: magic } } }",
    "channels: { moved: { address: moved, bindings: { amqp: { is: 9 } }, messages: { m: { payload: { type: string } } } } }",
    "channels: { moved: { address: moved, messages: { m: { examples: [{ name: 7 }], payload: { type: string } } } } }",
  ];

  it.each(harmless)("turns an error without effect into a warning: %s", async (line) => {
    const key = line.replace(/:.*/, "");
    const lines = good.trimEnd().split("\n");
    const others = lines.filter(
      (each, i) => !each.startsWith(key) && !(key === "channels" && i === lines.length - 1),
    );
    await bench.write("asyncapi.yaml", `${[...others, line].join("\n")}\n`);
    expect(await command("asyncapi.yaml")).toMatchObject({ code: 1 });
    const { code, error } = await command("asyncapi.yaml", "--lenient");
    expect([code, error]).toEqual([0, expect.stringContaining("warning")]);
  });

  it.each([
    [
      "a description in another file",
      good.replace("address: moved", "address: moved, description: { $ref: ./moved.md }"),
    ],
    ["a document without info", good.replace(/^info.*\n/m, "")],
    [
      "a parameter that the address does not have",
      good.replace("address: moved", "address: moved, parameters: { unused: {} }"),
    ],
    [
      "a property that AsyncAPI does not have, of a parameter",
      good.replace("address: moved", "address: 'moved.{to}', parameters: { to: { const: a } }"),
    ],
  ])("turns %s into a warning", async (_what, text) => {
    await bench.write("asyncapi.yaml", text);
    expect(await command("asyncapi.yaml")).toMatchObject({ code: 1 });
    const { code, error } = await command("asyncapi.yaml", "--lenient");
    expect([code, error]).toEqual([0, expect.stringContaining("warning")]);
  });

  it("keeps errors of messages", async () => {
    await bench.write("asyncapi.yaml", good.replace("type: string", "type: text"));
    expect(await command("asyncapi.yaml", "--lenient")).toMatchObject({ code: 1 });
    const tagged = good.replace("type: string", "properties: { tags: { type: text } }");
    await bench.write("asyncapi.yaml", tagged);
    expect(await command("asyncapi.yaml", "--lenient")).toMatchObject({ code: 1 });
  });
});

describe("a document that is no file", { timeout: 40_000 }, () => {
  async function served(
    files: Readonly<Record<string, string>>,
  ): Promise<Server & AsyncDisposable> {
    const server = createServer((request, response) => {
      const text = files[request.url ?? ""];
      response.writeHead(text === undefined ? 404 : 200).end(text);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  }

  const addressOf = (server: Server): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it("is read from its address, and its references only with --allow-net", async () => {
    await using server = await served({
      "/api/asyncapi.yaml?v=1": referring("../schemas/said.json"),
      "/schemas/said.json": schema,
    });
    const address = `${addressOf(server)}/api/asyncapi.yaml?v=1`;
    const refused = await command(address);
    expect(refused.code).toBe(1);
    expect(refused.error).toContain(`${address}:5:`);
    expect(refused.error).toContain("--allow-net");
    expect(await command(address, "--allow-net")).toMatchObject({ code: 0 });
    expect(await bench.list("sdk")).toContain("types.ts");
  });

  it("may be referred to by a file, with --allow-net", async () => {
    await using server = await served({ "/said": schema });
    await bench.write("asyncapi.yaml", referring(`${addressOf(server)}/said#/properties/text`));
    expect((await command("asyncapi.yaml")).error).toContain("refused-reference");
    expect(await command("asyncapi.yaml", "--allow-net")).toMatchObject({ code: 0 });
  });

  it("is named in the message when it cannot be read", async () => {
    await using server = await served({});
    const { code, error } = await command(`${addressOf(server)}/none.yaml`);
    expect([code, error]).toEqual([1, expect.stringContaining("the server answers 404")]);
    expect(error).toContain("/none.yaml:1:1 error");
  });

  it("is read from standard input, with references from the working folder", async () => {
    await bench.write("said.json", schema);
    const child = spawn(process.execPath, [executable, "-", "-o", "out"], { cwd: bench.folder });
    let error = "";
    child.stderr.on("data", (data) => (error += data));
    child.stdin.end(referring("./said.json"));
    const [code] = await once(child, "close");
    expect([code, error]).toEqual([0, expect.not.stringContaining("error")]);
    expect(await bench.list("out")).toContain("types.ts");
  });

  it("cannot be watched", async () => {
    expect(await command("-", "--watch")).toMatchObject({
      code: 2,
      error: "alternats-gen: --watch needs a file, and cannot watch standard input.\n",
    });
  });
});
