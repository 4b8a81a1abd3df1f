import type { Move, Player } from "./sdk/index.js";

/** How long a player who is gone keeps the place, in milliseconds. */
const PLACE_KEPT = 10_000;

interface Place {
  readonly player: Player;
  gatewayId: string;
  /** Since when nobody holds the player's socket. */
  goneSince: number | undefined;
}

/** One room of the game: who is in it, and where. */
export class Room {
  readonly #slots: number;
  readonly #places = new Map<string, Place>();
  #tick = 0;

  /** @param slots How many players it takes. */
  constructor(slots: number) {
    this.#slots = slots;
  }

  /** A player comes in, or comes back and finds everything as it was. @returns `undefined` when it is full. */
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

  /** A move counts once, and only after those before it. */
  move(playerId: string, { sequence, dx, dy }: Move): void {
    const player = this.#places.get(playerId)?.player;
    if (player === undefined || sequence <= player.sequence) return;
    player.sequence = sequence;
    player.x += dx;
    player.y += dy;
  }

  /** The player's socket is closed. That of another gateway may be open by now. */
  gone(playerId: string, gatewayId: string): void {
    const place = this.#places.get(playerId);
    if (place?.gatewayId === gatewayId) place.goneSince = Date.now();
  }

  /** One step of the game. */
  tick(): { tick: number; players: Player[] } {
    const now = Date.now();
    for (const [playerId, { goneSince }] of this.#places) {
      if (goneSince !== undefined && now - goneSince > PLACE_KEPT) this.#places.delete(playerId);
    }
    this.#tick++;
    return { tick: this.#tick, players: [...this.#places.values()].map(({ player }) => player) };
  }
}
