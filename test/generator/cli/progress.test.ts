import { describe, expect, it } from "vitest";
import { Workbench } from "../support/workbench.js";
import { good, runHere, runIn, runOnTerminal } from "./support.js";

const steps =
  /^asyncapi\.yaml: read \d+ ms, validate \d+ ms, model \d+ ms, render \d+ ms, write \d+ ms$/;

describe("progress", { timeout: 40_000 }, () => {
  it("is one line that is redrawn on a terminal, with the time of each step", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
    const { code, out } = await runOnTerminal(bench.folder, ["asyncapi.yaml"]);
    expect(code).toBe(0);
    const [line = "", summary, end] = out.split("\r\n");
    const drawn = line.split("\r\u001b[K");
    expect(drawn.shift()).toBe("");
    expect(drawn.map((each) => /(\w+) …$/.exec(each)?.[1])).toEqual([
      ...["read", "validate", "model", "render", "write"],
      undefined,
    ]);
    expect(drawn.at(-1)).toMatch(steps);
    expect([summary, end]).toEqual(["sdk/index.ts: 10 files added", ""]);
  });

  it("is a plain line elsewhere, and nothing with --quiet or --json", async () => {
    await using bench = await Workbench.open();
    await bench.write("asyncapi.yaml", good);
    const plain = await runIn(bench.folder, ["asyncapi.yaml"]);
    expect(plain.error.trimEnd()).toMatch(steps);
    await bench.write("asyncapi.yaml", good.replace("nats }", "mqtt }"));
    expect(await runHere(bench.folder, ["asyncapi.yaml", "--quiet"])).toEqual({
      code: 0,
      out: "",
      error: "",
    });
    const json = await runHere(bench.folder, ["asyncapi.yaml", "--json"]);
    expect([json.code, json.error]).toEqual([0, ""]);
    expect(JSON.parse(json.out).sdks[0].diagnostics).toHaveLength(1);
  });

  it("has coloured problems on a terminal, unless NO_COLOR is set", async () => {
    await using bench = await Workbench.open();
    const { code, out } = await runOnTerminal(bench.folder, ["nowhere.yaml"]);
    expect(out).toContain("\u001b[31merror\u001b[0m");
    expect(code).toBe(1);
  });
});
