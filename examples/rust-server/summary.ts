import { leaders } from "./display.js";
import type { Program } from "./program.js";
import { Channels } from "./sdk/index.js";
import type { Counts } from "./watch.js";

/** Counts of one channel. */
export interface Row {
  readonly channel: string;
  /** Appended and acknowledged events, published messages, or requests. */
  readonly sent: number;
  /** Events in the tables of the history, received messages, or answered requests. */
  readonly received: number;
  /** Received replies; `undefined` for events. */
  readonly replied: number | undefined;
}

/** @returns A row for each channel of the SDK. */
export function summarize(programs: readonly Program[]): Row[] {
  const total = (what: keyof Counts, channel: string) =>
    programs.reduce((sum, { counts }) => sum + (counts[what][channel] ?? 0), 0);
  return Object.entries(Channels).map(([channel, of]) =>
    "answer" in of
      ? {
          channel,
          sent: total("asked", channel),
          received: total("answered", channel),
          replied: total("replied", channel),
        }
      : {
          channel,
          sent: total("sent", channel) + total("replied", channel),
          received: total("received", channel),
          replied: undefined,
        },
  );
}

/** @returns `true` if there were messages, and all were received and answered. */
export function agree(rows: readonly Row[]): boolean {
  return (
    rows.some(({ sent }) => sent > 0) &&
    rows.every(
      ({ sent, received, replied }) =>
        sent === received && (replied === undefined || replied === sent),
    )
  );
}

/** @returns The rows and the leaderboard as text. */
export function table(rows: readonly Row[], programs: readonly Program[]): string {
  const line = (...cells: (string | number)[]) =>
    cells
      .map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(10)))
      .join("");
  const parts = (all: readonly Row[]) =>
    all.map(({ channel, sent, received, replied }) =>
      line(channel, sent, received, ...(replied === undefined ? [] : [replied])),
    );
  const events = rows.filter(({ replied }) => replied === undefined);
  const commands = rows.filter(({ replied }) => replied !== undefined);
  return [
    "",
    line("event", "appended", "projected"),
    ...parts(events),
    "",
    line("command", "asked", "answered", "replies"),
    ...parts(commands),
    "",
    "leaderboard",
    ...leaders(programs).map((leader, i) => `${i + 1}. ${leader}`),
    "",
  ].join("\n");
}
