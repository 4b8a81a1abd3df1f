import { stream } from "alternats/jetstream";
import { type Channel, channel, json, type Subject, subject } from "alternats/sdk";

/** Channels and a stream as a generated SDK has them. */

export interface HitParams {
  readonly server: string;
  readonly player: string;
}

export interface Hit {
  readonly n: number;
}

const hitSubject: Subject<HitParams> = subject("game.{server}.{player}.hit");
const chatSubject: Subject<HitParams> = subject("game.{server}.{player}.chat");

export const hit: Channel<HitParams, Hit> = channel(hitSubject, json());
export const chat: Channel<HitParams, { readonly text: string }> = channel(chatSubject, json());

export const game = stream({ name: "GAME", subjects: ["game.>"], storage: "file" }, { hit, chat });

/** @returns Numbers from 1 on. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
