import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Channel, Subject } from "alternats/sdk";
import { generate } from "alternats-gen";

/** The parameters of both channels. */
export interface HitParams {
  readonly server: string;
  readonly match: string;
}

/** What the generator makes of {@link document}, as far as it is used here. */
export interface GameSdk {
  readonly Channels: {
    readonly hitJson: Channel<HitParams, unknown>;
    readonly hitMsgpack: Channel<HitParams, unknown>;
  };
  readonly Keys: { readonly hitJson: Subject<HitParams>; readonly hitMsgpack: Subject<HitParams> };
}

const fighter = {
  type: "object",
  required: ["steam_id", "x", "y", "z"],
  properties: {
    steam_id: { type: "string" },
    x: { type: "number" },
    y: { type: "number" },
    z: { type: "number" },
    title: { type: "string" },
  },
};

const hit = {
  type: "object",
  required: ["match_id", "tick", "attacker", "victim", "weapon", "damage", "headshot"],
  properties: {
    match_id: { type: "string" },
    tick: { type: "integer" },
    attacker: { $ref: "#/components/schemas/Fighter" },
    victim: { $ref: "#/components/schemas/Fighter" },
    weapon: { type: "string" },
    damage: { type: "number" },
    headshot: { type: "boolean" },
    assist: { type: "string" },
  },
};

function channel(format: "json" | "msgpack"): object {
  return {
    address: `bench.${format}.servers.{server}.matches.{match}.hit`,
    parameters: { server: {}, match: {} },
    messages: {
      hit: {
        contentType: `application/${format}`,
        payload: { $ref: "#/components/schemas/Hit" },
      },
    },
  };
}

/** A document of one game event, in both formats. */
const document = {
  asyncapi: "3.0.0",
  info: { title: "Game events", version: "1.0.0" },
  servers: { game: { host: "localhost:4222", protocol: "nats" } },
  channels: { hitJson: channel("json"), hitMsgpack: channel("msgpack") },
  operations: {
    hitJson: { action: "send", channel: { $ref: "#/channels/hitJson" } },
    hitMsgpack: { action: "send", channel: { $ref: "#/channels/hitMsgpack" } },
  },
  components: { schemas: { Hit: hit, Fighter: fighter } },
};

/** Generates the SDK as a package that is ready to be published, and imports it. */
export async function gameSdk(): Promise<GameSdk> {
  const { files, diagnostics } = await generate(
    { main: "game.json", read: async () => JSON.stringify(document) },
    { target: "js" },
  );
  if (files.length === 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  // Beside this file, from where `alternats` is found.
  const folder = await mkdtemp(join(dirname(fileURLToPath(import.meta.url)), "game-sdk-"));
  try {
    for (const { path, text } of files) await writeFile(join(folder, path), text);
    return await import(pathToFileURL(join(folder, "index.js")).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}
