import { type Channel, channel, json, type Subject, subject } from "alternats/sdk";

export interface EntryParams {
  readonly appender: string;
}

/** A message of the run: the number that its appender gave it, from 1 on. */
export interface Entry {
  readonly n: number;
}

const firstSubject: Subject<EntryParams> = subject("chaos.first.{appender}");
const secondSubject: Subject<EntryParams> = subject("chaos.second.{appender}");

/** A stream of three replicas, with its only channel. */
export interface EntryStream {
  readonly name: string;
  /** The beginning of its subjects; the appender's name follows. */
  readonly prefix: string;
  readonly channel: Channel<EntryParams, Entry>;
}

/** Streams of the run. Two, so that one server can lead one and follow in the other. */
export const STREAMS: readonly EntryStream[] = [
  { name: "FIRST", prefix: "chaos.first.", channel: channel(firstSubject, json()) },
  { name: "SECOND", prefix: "chaos.second.", channel: channel(secondSubject, json()) },
];
