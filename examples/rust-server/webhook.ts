import { setTimeout as sleep } from "node:timers/promises";
import { lastCalls } from "./ending.js";

const MOST_CHARACTERS = 2_000;
const MOST_LINES = 50;

/** A line, and the promise of its post. */
interface Line {
  readonly text: string;
  readonly posted: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Posts lines to a webhook in Discord's format, `{ "content": "…" }`. It combines waiting lines,
 * because the number of posts is limited. It pauses for the time of a 429 response.
 *
 * @see https://discord.com/developers/docs/resources/webhook#execute-webhook
 */
export class Webhook {
  readonly #url: string;
  readonly #waiting: Line[] = [];
  #posting = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** @returns Resolves when the line is posted; rejects if the webhook did not accept it. */
  say(text: string): Promise<void> {
    return new Promise((posted, failed) => {
      this.#waiting.push({ text: text.slice(0, MOST_CHARACTERS), posted, failed });
      if (!this.#posting) void this.#post();
    });
  }

  async #post(): Promise<void> {
    this.#posting = true;
    // Lines of the same turn go together.
    await sleep(0);
    while (this.#waiting.length > 0) {
      const lines = this.#take();
      try {
        await this.#send(lines.map(({ text }) => text).join("\n"));
        for (const { posted } of lines) posted();
      } catch (error) {
        for (const { failed } of lines) failed(error);
      }
    }
    this.#posting = false;
  }

  #take(): Line[] {
    let length = 0;
    let count = 0;
    for (const { text } of this.#waiting.slice(0, MOST_LINES)) {
      length += text.length + 1;
      if (count > 0 && length > MOST_CHARACTERS) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #send(content: string): Promise<void> {
    for (;;) {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ content, allowed_mentions: { parse: [] } }),
        signal: AbortSignal.any([AbortSignal.timeout(10_000), lastCalls]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      if (response.status !== 429) throw new Error(`The webhook answered ${response.status}.`);
      const pause = 1_000 * (Number(response.headers.get("retry-after")) || 1);
      await sleep(pause, undefined, { signal: lastCalls });
    }
  }
}
