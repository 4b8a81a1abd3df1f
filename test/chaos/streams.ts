import { type Channel, channel, json, type Subject, subject } from "alternats/sdk";

export interface EntryParams {
  readonly appender: string;
}

/** Payload of a message: its number within its appender, from 1 on. */
export interface Entry {
  readonly n: number;
}

const firstSubject: Subject<EntryParams> = subject("chaos.first.{appender}");
const secondSubject: Subject<EntryParams> = subject("chaos.second.{appender}");

/** Stream with three replicas, and its only channel. */
export interface EntryStream {
  readonly name: string;
  /** Beginning of its subjects. The appender's name follows. */
  readonly prefix: string;
  readonly channel: Channel<EntryParams, Entry>;
}

/** Streams of the run: two, so that a server can be leader of one and follower of the other. */
export const STREAMS: readonly EntryStream[] = [
  { name: "FIRST", prefix: "chaos.first.", channel: channel(firstSubject, json()) },
  { name: "SECOND", prefix: "chaos.second.", channel: channel(secondSubject, json()) },
];
