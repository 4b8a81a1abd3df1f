import type { Move, Player, RoomState } from "./sdk/index.js";

/** Message of a player to a gateway, as JSON in a text frame. */
export type FromPlayer =
  | { readonly open: { readonly slots: number } }
  | { readonly join: { readonly roomId: string; readonly playerId: string } }
  | { readonly move: Move };

/** Message of a gateway to a player. */
export type ToPlayer =
  | { readonly opened: string }
  | { readonly joined: Player }
  | { readonly refused: string }
  | { readonly state: RoomState };

const ID = /^[\w-]{1,36}$/;

/** @returns The player's message; `undefined` if it is invalid. */
export function readFromPlayer(text: string): FromPlayer | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { open, join, move } = record(said);
  if (open !== undefined) {
    const { slots } = record(open);
    return whole(slots, 1, 100) ? { open: { slots } } : undefined;
  }
  if (join !== undefined) {
    const { roomId, playerId } = record(join);
    return id(roomId) && id(playerId) ? { join: { roomId, playerId } } : undefined;
  }
  const { sequence, dx, dy } = record(move);
  if (!whole(sequence, 1, Number.MAX_SAFE_INTEGER) || !step(dx) || !step(dy)) return undefined;
  return { move: { sequence, dx, dy } };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function id(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

function whole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function step(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 1;
}
