import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Run } from "./run.js";

describe("the demo of the Rust server", () => {
  it("ends with exit code 1 when a program dies, and names the program", async () => {
    const demo = new Run("demo.js", ["60"]);
    await demo.prints("game server: sent");
    const children = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
    const game = children
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .find(([, parent, ...args]) => {
        return parent === String(demo.process.pid) && args.join(" ").includes("game-server.js");
      });
    process.kill(Number(game?.[0]), "SIGKILL");
    expect(await demo.ended).toBe(1);
    expect(demo.output).toContain("game server ended by itself");
  }, 60_000);

  it("keeps running with --stay, serves the viewer's page, and ends cleanly when Ctrl-C reaches all programs at once", async () => {
    // A process group of its own, as a terminal makes one.
    const demo = new Run("demo.js", ["--stay"], {}, true);
    await demo.prints("game server: sent");
    const url = /^the viewer is on (http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(demo.output)?.[1] ?? "";
    const page = await fetch(url);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await page.text()).toContain('<html lang="en">');
    expect(await (await fetch(`${url}config.json`)).json()).toEqual({
      servers: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+$/),
      serverId: "eu-1",
      seed: expect.stringMatching(/^SU\w+$/),
      inboxPrefix: "_INBOX_viewer-eu-1.",
    });
    expect(demo.output).not.toMatch(/\bSU[A-Z0-9]{10}/);
    process.kill(-demo.process.pid!, "SIGINT");
    expect(await demo.ended).toBe(0);
    expect(demo.output).toContain("All counts agree.");
    expect(demo.output).not.toContain("Error");
  }, 60_000);
});

describe("the history", () => {
  it("counts each event once while it, the broker and a consumer are killed", async () => {
    const test = new Run("kill-test.js", ["2000", "3"]);
    expect(await test.ended, test.output).toBe(0);
    expect(test.output).toContain("2000 stored, 2000 in the tables, 0 out of order");
  }, 120_000);
});
