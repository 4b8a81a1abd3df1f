import { describe, expect, it } from "vitest";
import { attack, type Finding } from "./attack.js";
import type { Suspect } from "./document.js";
import { harbor } from "./harbor.js";
import { type Mode, World } from "./world.js";

/** The document with all users in one account, which means that they trust each other. */
const trusting = harbor.replaceAll(/^ {2}(owner|third|spy|viewer):$/gm, "$&\n    trusted: true");

const tricksOf = (findings: readonly Finding[], name: string): readonly string[] =>
  findings.filter(({ attacker }) => attacker === name).map(({ trick }) => trick);

/** Harm that users who share an account can do, from facts about NATS. */
const harm: Readonly<Record<string, readonly string[]>> = {
  // It may publish events, whose acknowledgements go wherever it likes.
  a: [
    "a reply that deletes streams",
    "a reply that forges events and requests",
    "a reply to the inboxes of others",
  ],
  // It only reads one part of a stream.
  spy: [
    "a reply that deletes streams",
    "a reply that empties streams",
    "a reply that deletes consumers",
    "a reply that forges events and requests",
    "a reply to the inboxes of others",
  ],
};

describe.each<Mode>(["nkeys", "operator"])("in the mode %s", (mode) => {
  it("users who share an account can harm each other, and the judge sees it", async () => {
    await using world = await World.open(trusting, mode);
    const attackers = world.surface.suspects.filter(({ name }) => Object.hasOwn(harm, name));
    const findings = await attack(world, { attackers: attackers as readonly Suspect[] });
    for (const [name, tricks] of Object.entries(harm)) {
      expect(tricksOf(findings, name)).toEqual(expect.arrayContaining([...tricks]));
    }
  });
});
