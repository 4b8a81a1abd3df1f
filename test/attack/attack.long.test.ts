import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project } from "../support/project.js";
import { attack, strangers } from "./attack.js";
import { harbor } from "./harbor.js";
import { type Mode, World } from "./world.js";

/** The example's document, whose viewers are not trusted by default: they only listen. */
const example = (
  await readFile(join(project, "examples/rust-server/asyncapi.yaml"), "utf8")
).replace(/^( {2}viewer:\n.*\n) {4}trusted: true\n/m, "$1");

const documents: readonly (readonly [name: string, document: string])[] = [
  ["harbor", harbor],
  ["examples/rust-server", example],
];
const modes: readonly Mode[] = ["nkeys", "operator"];
const all = documents.flatMap(([name, text]) => modes.map((mode) => [name, mode, text] as const));

it.each(all)(
  "Users of %s in the mode %s who are not trusted have no effect on others, by floods either",
  async (_, mode, document) => {
    await using world = await World.open(document, mode);
    const lines: string[] = [];
    expect(strangers(world)).not.toEqual([]);
    const findings = await attack(world, {
      floods: true,
      progress: (attacker, trick, effects) => {
        lines.push(`${attacker.padEnd(16)} ${trick.padEnd(42)} ${effects.join("; ") || "nothing"}`);
      },
    });
    process.stdout.write(`${lines.join("\n")}\n`);
    expect(findings).toEqual([]);
  },
  600_000,
);
