import type { Player } from "../../sdk/index.js";
import type { Fact, RustEvent } from "./log.js";

/** A player who has joined and perhaps left. */
export interface Presence {
  readonly player: Player;
  readonly country: string;
  readonly since: Date;
  readonly sequence: number;
  readonly here: boolean;
}

/** A player's score since the page was opened. */
export interface Score {
  name: string;
  points: number;
  kills: number;
  deaths: number;
}

/**
 * Current state of the server as the sum of its events. Events may arrive in any order, because the
 * latest one decides. Looked up and followed events can therefore be mixed.
 */
export class ServerState {
  name = "";
  slots = 0;
  kills = 0;
  messages = 0;
  readonly scores = new Map<string, Score>();
  readonly #presences = new Map<string, Presence>();
  /** The latest start or stop. */
  #status: { readonly sequence: number; readonly up: boolean; readonly at: Date } | undefined;
  #wiped: { readonly sequence: number; readonly at: Date } | undefined;
  #named = 0;

  /** State of the server, and its start or end; undefined if unknown. */
  get status(): { readonly up: boolean; readonly at: Date } | undefined {
    return this.#status;
  }

  /** Time of the map's creation. */
  get wiped(): Date | undefined {
    return this.#wiped?.at;
  }

  /** Current players, in the order of their arrival. */
  get players(): readonly Presence[] {
    const { up, sequence } = this.#status ?? { up: true, sequence: 0 };
    if (!up) return [];
    // Players who joined before the server's start have left, even without an event.
    return [...this.#presences.values()]
      .filter((presence) => presence.here && presence.sequence > sequence)
      .sort((a, b) => a.sequence - b.sequence);
  }

  /** Players with the most points, the best first. */
  leaders(count: number): readonly Score[] {
    const all = [...this.scores.values()].sort((a, b) => b.points - a.points);
    return all.filter(({ points }) => points > 0).slice(0, count);
  }

  /** Applies an event to the state without counting it. */
  place(event: Fact): void {
    const { sequence, time } = event;
    switch (event.channel) {
      case "serverStarted":
        if (sequence > this.#named) {
          this.#named = sequence;
          this.name = event.message.name;
          this.slots = event.message.slots;
        }
        this.#tell(sequence, true, time);
        break;
      case "serverStopped":
        this.#tell(sequence, false, time);
        break;
      case "serverWiped":
        if (sequence > (this.#wiped?.sequence ?? 0)) this.#wiped = { sequence, at: time };
        break;
      case "playerConnected": {
        const { player, country } = event.message;
        this.#see({ player, country, since: time, sequence, here: true });
        break;
      }
      case "playerDisconnected":
        this.#see({
          player: event.message.player,
          country: "",
          since: time,
          sequence,
          here: false,
        });
        break;
    }
  }

  /** Counts an event, and applies it as {@link place} does. */
  apply(event: RustEvent): void {
    this.place(event);
    switch (event.channel) {
      case "playerChatted":
        this.messages++;
        break;
      case "playerHit": {
        const { attacker, victim, damage, killed } = event.message;
        const score = this.#score(attacker, damage / 10 + (killed ? 100 : 0));
        if (!killed) break;
        this.kills++;
        score.kills++;
        this.#score(victim, -20).deaths++;
        break;
      }
      case "resourceGathered":
        this.#score(event.message.player, event.message.amount / 10);
        break;
      case "itemPickedUp":
        this.#score(event.message.player, 1);
        break;
      case "itemLooted":
        this.#score(event.message.player, event.message.amount);
        break;
      case "itemCrafted":
        this.#score(event.message.player, 5 * event.message.amount);
        break;
    }
  }

  #tell(sequence: number, up: boolean, at: Date): void {
    if (sequence > (this.#status?.sequence ?? 0)) this.#status = { sequence, up, at };
  }

  #see(presence: Presence): void {
    const known = this.#presences.get(presence.player.steam_id);
    if (presence.sequence > (known?.sequence ?? 0)) {
      this.#presences.set(presence.player.steam_id, presence);
    }
  }

  #score({ steam_id, name }: Player, points: number): Score {
    const score = this.scores.get(steam_id) ?? { name, points: 0, kills: 0, deaths: 0 };
    score.name = name;
    score.points += points;
    this.scores.set(steam_id, score);
    return score;
  }
}
