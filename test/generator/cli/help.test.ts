import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../../generator/src/cli/commands.ts";
import { accountCommands } from "../../../generator/src/commands/account/command.ts";
import type { AnyCommand, CommandGroup } from "../../../generator/src/commands/command.ts";
import { project } from "../../support/project.js";
import { type Result, runHere, runIn } from "./support.js";

/** Every command by its name; those of a group by both words. */
const { account: _, ...single } = commands;
const all: Readonly<Record<string, () => Promise<AnyCommand | CommandGroup>>> = {
  ...single,
  ...Object.fromEntries(
    Object.entries(accountCommands.commands).map(([word, load]) => [`account ${word}`, load]),
  ),
};

const linesOf = ({ out }: Result): readonly string[] => out.trimEnd().split("\n");

describe("--help", () => {
  let overview: Result;
  beforeAll(async () => {
    overview = await runIn(project, ["--help"]);
  });

  it("fits a screen of 24 lines of 80 characters", () => {
    expect(overview).toMatchObject({ code: 0, error: "" });
    expect(linesOf(overview).length).toBeLessThanOrEqual(24);
    expect(linesOf(overview).filter((line) => line.length > 80)).toEqual([]);
  });

  it("names every command", () => {
    const named = linesOf(overview).flatMap((line) => /^ {2}(\w+) {2,}\S/.exec(line)?.[1] ?? []);
    expect(named).toEqual(Object.keys(commands));
  });

  it("of a command with subcommands names those", async () => {
    const help = await runHere(project, ["account", "--help"]);
    expect(help).toMatchObject({ code: 0, error: "" });
    expect(linesOf(help).filter((line) => line.length > 80)).toEqual([]);
    const named = linesOf(help).flatMap((line) => /^ {2}([a-z-]+) {2,}\S/.exec(line)?.[1] ?? []);
    expect(named).toEqual(Object.keys(accountCommands.commands));
  });

  it.each(Object.keys(all))("of %s has its options and an example", async (name) => {
    const help = await runHere(project, [...name.split(" "), "--help"]);
    expect(help).toMatchObject({ code: 0, error: "" });
    expect(linesOf(help).filter((line) => line.length > 80)).toEqual([]);
    expect(help.out).toMatch(/^Usage: alternats-gen /);
    const options = linesOf(help).slice(linesOf(help).indexOf("Options:") + 1);
    const described = options.slice(0, options.indexOf(""));
    expect(described.filter((line) => !line.startsWith("  "))).toEqual([]);
    const command = await all[name]!();
    for (const option of Object.keys("options" in command ? command.options : {})) {
      const dashed = option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(help.out).toMatch(new RegExp(`^ +(?:-\\w, )?--${dashed}\\b`, "m"));
    }
    expect(help.out).toMatch(/^Examples:\n {2}# .+\n {2}alternats-gen /m);
    expect(command.name).toBe(name);
  });

  it("is the same as -h, at any position", async () => {
    expect(await runIn(project, ["-h"])).toEqual(overview);
    expect(await runIn(project, ["help"])).toEqual(overview);
    expect(await runIn(project, ["help", "diff"])).toEqual(
      await runIn(project, ["diff", "--help"]),
    );
    expect(await runIn(project, ["asyncapi.yaml", "-h"])).toEqual(
      await runIn(project, ["generate", "--help"]),
    );
  });
});

describe("--version", () => {
  it("prints the package's version", async () => {
    const { version } = JSON.parse(await readFile(join(project, "generator/package.json"), "utf8"));
    for (const args of [["--version"], ["-v"], ["generate", "--version"]])
      expect(await runIn(project, args)).toEqual({ code: 0, out: `${version}\n`, error: "" });
  });
});
