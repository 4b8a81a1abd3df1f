import * as official from "@nats-io/transport-node";
import * as ours from "alternats/nats-core";
import { expect, it } from "vitest";

const theirExports = new Map<string, unknown>(Object.entries(official));
const ourExports = new Map<string, unknown>(Object.entries(ours));
// What Node.js adds to every CommonJS module that is imported.
for (const name of ["default", "module.exports"]) theirExports.delete(name);

it("exports all that @nats-io/transport-node exports, of the same types", () => {
  // The compiler's part: whatever takes the official module takes ours.
  const typed: Omit<typeof official, "default"> = ours;
  expect(typed).toBe(ours);
  const kinds = (names: Iterable<string>, from: ReadonlyMap<string, unknown>) =>
    [...names].map((name) => `${name} ${typeof from.get(name)}`).sort();
  expect(theirExports.size).toBeGreaterThan(70);
  expect(kinds(theirExports.keys(), ourExports)).toEqual(kinds(theirExports.keys(), theirExports));
});

it("exports the very classes of @nats-io/nats-core, so that instanceof holds", () => {
  const changed = [...theirExports].filter(([name, value]) => ourExports.get(name) !== value);
  expect(changed.map(([name]) => name)).toEqual(["connect"]);
});

it("adds natsCore and nothing else", () => {
  const added = [...ourExports.keys()].filter((name) => !theirExports.has(name));
  expect(added).toEqual(["natsCore"]);
});
