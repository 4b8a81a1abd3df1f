import type { Queries } from "./database.js";
import type { PlayerHit } from "./sdk/index.js";

/** Row of the leaderboard. */
interface Score {
  points: number;
  kills: number;
  deaths: number;
}

/** Expected sums of the tables, from the appended events. */
export class Sums {
  #hits = 0;
  #chats = 0;
  readonly #scores = new Map<string, Score>();

  /** Number of all events. */
  get events(): number {
    return this.#hits + this.#chats;
  }

  /** Adds a deadly hit. The attacker gets a tenth of the damage and 100 points, the victim loses 20. */
  addHit({ attacker, victim, damage }: PlayerHit): void {
    this.#hits++;
    const killer = this.#scoreOf(attacker.steam_id);
    killer.points += damage / 10 + 100;
    killer.kills++;
    const killed = this.#scoreOf(victim.steam_id);
    killed.points -= 20;
    killed.deaths++;
  }

  /** Adds a line of chat, which gives no points. */
  addChat(): void {
    this.#chats++;
  }

  /** @returns The differences between the tables and these sums. */
  async differences(database: Queries): Promise<string[]> {
    const differences: string[] = [];
    const compare = (what: string, found: number | string | undefined, expected: number): void => {
      if (Number(found ?? 0) !== expected) {
        differences.push(`${what}: ${found ?? 0} in the tables, ${expected} appended`);
      }
    };
    const counted = await database.query<{ channel: string; count: number | string }>(
      "SELECT channel, count FROM events",
    );
    const counts = new Map(counted.rows.map(({ channel, count }) => [channel, count]));
    compare("hits", counts.get("playerHit"), this.#hits);
    compare("lines of chat", counts.get("playerChatted"), this.#chats);
    const { rows } = await database.query<
      { steam_id: string } & Record<keyof Score, number | string>
    >("SELECT steam_id, points, kills, deaths FROM leaderboard");
    const scores = new Map(rows.map((row) => [row.steam_id, row]));
    for (const [player, score] of this.#scores) {
      for (const column of ["points", "kills", "deaths"] as const) {
        compare(`${column} of ${player}`, scores.get(player)?.[column], score[column]);
      }
    }
    compare("players on the leaderboard", rows.length, this.#scores.size);
    return differences;
  }

  #scoreOf(player: string): Score {
    let score = this.#scores.get(player);
    if (score === undefined) {
      score = { points: 0, kills: 0, deaths: 0 };
      this.#scores.set(player, score);
    }
    return score;
  }
}
