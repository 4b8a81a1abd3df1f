import type { Move, Player } from "./sdk/index.js";

/** Time in milliseconds for which the place of a disconnected player is kept. */
const PLACE_KEPT = 10_000;

interface Place {
  readonly player: Player;
  gatewayId: string;
  /** Time since which no gateway holds the player's socket. */
  goneSince: number | undefined;
}

/** A room of the game with its players and their places. */
export class Room {
  readonly #slots: number;
  readonly #places = new Map<string, Place>();
  #tick = 0;

  /** @param slots Maximum number of players. */
  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Adds a player, or restores one that comes back. @returns `undefined` if the room is full. */
  join(player_id: string, gatewayId: string): Player | undefined {
    let place = this.#places.get(player_id);
    if (place === undefined) {
      if (this.#places.size >= this.#slots) return undefined;
      place = { player: { player_id, x: 0, y: 0, sequence: 0 }, gatewayId, goneSince: undefined };
      this.#places.set(player_id, place);
    }
    place.gatewayId = gatewayId;
    place.goneSince = undefined;
    return place.player;
  }

  /** Applies a move once, and only after the moves before it. */
  move(playerId: string, { sequence, dx, dy }: Move): void {
    const player = this.#places.get(playerId)?.player;
    if (player === undefined || sequence <= player.sequence) return;
    player.sequence = sequence;
    player.x += dx;
    player.y += dy;
  }

  /** Marks a player whose socket was closed, unless another gateway has one by now. */
  gone(playerId: string, gatewayId: string): void {
    const place = this.#places.get(playerId);
    if (place?.gatewayId === gatewayId) place.goneSince = Date.now();
  }

  /** Runs one step of the game. */
  tick(): { tick: number; players: Player[] } {
    const now = Date.now();
    for (const [playerId, { goneSince }] of this.#places) {
      if (goneSince !== undefined && now - goneSince > PLACE_KEPT) this.#places.delete(playerId);
    }
    this.#tick++;
    return { tick: this.#tick, players: [...this.#places.values()].map(({ player }) => player) };
  }
}
