import { appendFileSync, existsSync } from "node:fs";
import { inject } from "vitest";
import { corpus } from "../generator/support/corpus-index.js";
import { chromium } from "./chromium.js";
import { csharpPeer } from "./csharp.js";
import { postgresPrograms } from "./postgres.js";

const things = {
  corpus: { present: existsSync(corpus), why: "the corpus (the folder ../shared/corpus)" },
  csharp: {
    // Built when a test first asks for it.
    get present() {
      return csharpPeer() !== undefined;
    },
    why: "C# (install .NET 10, and let it restore the packages of test/csharp/peer.csproj)",
  },
  chromium: { present: chromium !== undefined, why: "a browser (install Chromium)" },
  postgres: { present: postgresPrograms !== undefined, why: "PostgreSQL (install its server)" },
} as const;

/**
 * Asks for something that not every machine has. What is missing is said at the end of the run; where the
 * environment says `CI`, it is a failure.
 *
 * @returns `true` if it is missing, for `skipIf`.
 */
export function lacks(thing: keyof typeof things): boolean {
  const { present, why } = things[thing];
  if (present) return false;
  if (process.env.CI) throw new Error(`These tests need ${why}.`);
  appendFileSync(inject("missingFile"), `${why}\n`);
  return true;
}
