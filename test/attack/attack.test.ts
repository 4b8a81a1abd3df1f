import { describe, expect, it } from "vitest";
import { attack, strangers } from "./attack.js";
import { harbor, trustingHarbor } from "./harbor.js";
import { World } from "./world.js";

/** Harm that a user who only reads one part of a stream can do in a shared account, from facts about NATS. */
const harm = [
  "a reply that deletes streams",
  "a reply that empties streams",
  "a reply that deletes consumers",
  "a reply that forges events and requests",
  "a reply to the inboxes of others",
];

describe("users of a broker", () => {
  it("who share an account can harm each other, and the judge sees it", async () => {
    await using world = await World.open(trustingHarbor, "nkeys");
    const attackers = world.surface.suspects.filter(({ name }) => name === "spy");
    const findings = await attack(world, { attackers });
    expect(findings.map(({ trick }) => trick)).toEqual(expect.arrayContaining(harm));
  });

  it("who are not trusted have no effect on others", async () => {
    await using world = await World.open(harbor, "nkeys");
    expect(strangers(world).map(({ name }) => name)).toEqual(["a", "b", "third", "spy", "viewer"]);
    const attackers = strangers(world).filter(({ name }) => name !== "b" && name !== "spy");
    expect(await attack(world, { attackers })).toEqual([]);
  });
});
