import type { Player, Position } from "./sdk/index.js";

/** A small game world that causes events: players, their presence, and chance. */
export class World {
  /** All players who ever join. */
  readonly players: readonly Player[] = [
    "Bear",
    "Boar",
    "Chicken",
    "Crocodile",
    "Horse",
    "Panther",
    "Shark",
    "Stag",
    "Tiger",
    "Wolf",
  ].map((name, i) => ({ steam_id: String(76561198000000001n + BigInt(i)), name }));

  /** Current players, with the time of joining in milliseconds. */
  readonly online = new Map<Player, number>();

  /** Banned players. */
  readonly banned = new Set<Player>();

  /** @returns The player of a steamID64. */
  find(steamId: string): Player | undefined {
    return this.players.find(({ steam_id }) => steam_id === steamId);
  }

  /** @returns A player who could join. */
  absent(): Player | undefined {
    return pick(
      this.players.filter((player) => !this.online.has(player) && !this.banned.has(player)),
    );
  }

  /** @returns A current player. */
  somebody(): Player | undefined {
    return pick([...this.online.keys()]);
  }

  /** @returns Seconds since a player joined. */
  played(player: Player): number {
    return (Date.now() - (this.online.get(player) ?? Date.now())) / 1000;
  }
}

/** @returns A random element; `undefined` for an empty list. */
export function pick<T>(some: readonly T[]): T | undefined {
  return some[Math.floor(Math.random() * some.length)];
}

/** @returns An integer from 1 to a maximum. */
export function roll(maximum: number): number {
  return 1 + Math.floor(Math.random() * maximum);
}

/** @returns A random place on the map. */
export function somewhere(): Position {
  return { x: roll(4000) - 2000, y: roll(100), z: roll(4000) - 2000 };
}
