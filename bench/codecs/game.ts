import type { TypeDeclaration, TypeNode } from "../../generator/src/model/sdk.ts";
import { gameEvent } from "../work/game-messages.ts";
import type { Subject } from "./measure.ts";

const doc = { text: undefined, notes: [], examples: [], deprecated: false };

/** @param properties Their types by their names; a `?` behind a name makes it optional. */
function object(name: string, properties: Readonly<Record<string, string | TypeNode>>) {
  return {
    kind: "interface",
    name,
    doc,
    properties: Object.entries(properties).map(([key, type]) => ({
      name: key.replace("?", ""),
      type: typeof type === "string" ? ({ kind: type } as TypeNode) : type,
      required: !key.endsWith("?"),
      doc,
    })),
    others: undefined,
    index: undefined,
  } satisfies TypeDeclaration;
}

const reference = (name: string): TypeNode => ({ kind: "reference", name });

/** The types of the messages of a game. */
export const gameTypes: readonly TypeDeclaration[] = [
  object("CombatEvent", {
    match_id: "string",
    tick: "number",
    attacker: reference("Fighter"),
    victim: reference("Fighter"),
    weapon: "string",
    damage: "number",
    headshot: "boolean",
    "assist?": "string",
  }),
  object("Fighter", {
    steam_id: "string",
    x: "number",
    y: "number",
    z: "number",
    "title?": "string",
  }),
  object("ChatMessage", {
    steam_id: "string",
    player_name: "string",
    "raw_message?": "string",
    full_message: "string",
    is_admin: "boolean",
    "rank?": "number",
    "title?": "string",
    timestamp: "string",
  }),
  object("Snapshot", {
    tick: "number",
    players: { kind: "array", item: reference("Fighter") },
    scores: { kind: "array", item: { kind: "number" } },
    tags: { kind: "array", item: { kind: "string" } },
  }),
  object("Joined", { id: "string" }),
  object("Position", { id: "string", x: "number", y: "number", z: "number" }),
  object("Report", { text: "string", author: "string", "note?": "string" }),
  object(
    "Settings",
    Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`option_${i}?`, i % 2 === 0 ? "number" : "string"]),
    ),
  ),
];

/** Numbers that are the same each time. */
function random(): () => number {
  let seed = 12_345;
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
}

/** Messages of a game, as many of each as a processor does not learn by heart. */
export function gameSubjects(): readonly Subject[] {
  const next = random();
  const rounded = (most: number, steps: number) => Math.round(next() * most * steps) / steps;
  // Read once, so that texts are not put together of pieces, which costs everybody who looks into them.
  const many = (make: (i: number) => object): object[] =>
    JSON.parse(JSON.stringify(Array.from({ length: 200 }, (_, i) => make(i))));
  const fighter = (i: number) => ({
    steam_id: `7656119800${1_000_000 + i}`,
    x: rounded(800, 100),
    y: rounded(80, 100),
    z: -rounded(800, 1000),
  });
  const weapons = ["rifle.bolt", "smg.mp5", "bow"];
  const combat = (i: number) => ({
    match_id: `b7d1c2f4-eu-${i % 97}`,
    tick: 184_203 + i,
    attacker: fighter(i),
    victim: fighter(i + 7),
    weapon: weapons[i % 3],
    damage: rounded(100, 10),
    headshot: next() < 0.3,
  });
  const prose = "Lorem ipsum dolor sit amet, consectetur adipiscing elit ";
  return [
    { name: "the same combat event", type: "CombatEvent", values: [gameEvent], target: true },
    { name: "combat event", type: "CombatEvent", values: many(combat), target: true },
    {
      name: "chat message",
      type: "ChatMessage",
      target: true,
      values: many((i) => ({
        steam_id: `7656119800${i}`,
        player_name: `player${i}`,
        full_message: `[Sergeant] hello there, number ${i} nice "shot"`,
        is_admin: false,
        timestamp: new Date(1.7e12 + i * 1000).toISOString(),
      })),
    },
    {
      name: "snapshot of 8 players",
      type: "Snapshot",
      target: true,
      values: many((i) => ({
        tick: i,
        players: Array.from({ length: 8 }, (_, k) => fighter(i + k)),
        scores: [1, 2, 3, 44, 500, i],
        tags: ["a", "team deathmatch", "eu"],
      })),
    },
    {
      name: "player joined",
      type: "Joined",
      target: true,
      values: many((i) => ({ id: `id${i}` })),
    },
    {
      name: "position of 17 digits",
      type: "Position",
      values: many((i) => ({ id: `id${i}`, x: next() * 1000, y: next(), z: -next() * 50 })),
    },
    {
      name: "report, long text",
      type: "Report",
      values: many((i) => ({ text: prose.repeat(8) + i, author: `player${i}`, note: "short" })),
    },
    {
      name: "report, Cyrillic",
      type: "Report",
      values: many((i) => ({
        text: `Жанна д'Арк ${i} ${"победила ".repeat(3)}`,
        author: `игрок${i}`,
      })),
    },
    {
      name: "report, escapes",
      type: "Report",
      values: many((i) => ({ text: `first line\n"second"\tline ${i}\n`, author: `player${i}` })),
    },
    {
      name: "settings, 2 of 10",
      type: "Settings",
      values: many((i) => ({ option_3: `a${i}`, option_8: i })),
    },
    {
      name: "settings, 10 of 10",
      type: "Settings",
      values: many((i) =>
        Object.fromEntries(
          Array.from({ length: 10 }, (_, k) => [`option_${k}`, k % 2 === 0 ? i : `${k}`]),
        ),
      ),
    },
    {
      name: "combat event, other key order",
      type: "CombatEvent",
      values: many((i) => Object.fromEntries(Object.entries(combat(i)).reverse())),
    },
  ];
}
