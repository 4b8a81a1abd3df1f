import type { Player } from "../../sdk/index.js";
import type { Fact, RustEvent } from "./log.js";

/** Somebody who came, and perhaps left. */
export interface Presence {
  readonly player: Player;
  readonly country: string;
  readonly since: Date;
  readonly sequence: number;
  readonly here: boolean;
}

/** What somebody did since the page looks. */
export interface Score {
  name: string;
  points: number;
  kills: number;
  deaths: number;
}

/**
 * What the events add up to. They may come in any order: what holds is what the later one says, so that what was
 * looked up and what is followed can be given as they come.
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

  /** Whether the server is up, and since when; undefined when nobody knows. */
  get status(): { readonly up: boolean; readonly at: Date } | undefined {
    return this.#status;
  }

  /** When the map was made. */
  get wiped(): Date | undefined {
    return this.#wiped?.at;
  }

  /** Who plays, those who came first in front. */
  get players(): readonly Presence[] {
    const { up, sequence } = this.#status ?? { up: true, sequence: 0 };
    if (!up) return [];
    // Who came before the server's start is gone, even if nobody said so.
    return [...this.#presences.values()]
      .filter((presence) => presence.here && presence.sequence > sequence)
      .sort((a, b) => a.sequence - b.sequence);
  }

  /** Those with the most points, the best first. */
  leaders(count: number): readonly Score[] {
    const all = [...this.scores.values()].sort((a, b) => b.points - a.points);
    return all.filter(({ points }) => points > 0).slice(0, count);
  }

  /** What holds now, without counting it as something that happens. */
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

  /** Counts what happened, and {@link place}s it. */
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
