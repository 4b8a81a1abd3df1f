import { connect } from "#transport";
import { type NatsOptions, type ResolvedOptions, resolveOptions } from "../options/nats-options.js";
import { Farewell } from "./farewell.js";
import { Journal } from "./journal.js";
import { Lifecycle } from "./lifecycle.js";
import type { NatsStats } from "./nats-stats.js";
import type { Parts } from "./parts.js";
import { Pings } from "./pings.js";
import { Requests } from "./requests.js";
import { Subscriptions } from "./subscriptions.js";
import { WriteLoop } from "./write-loop.js";

/** Engine of one connection: the parts on which both APIs stand, `NatsConnection` and `alternats/nats-core`. */
export class Engine implements Parts {
  /** Options with all defaults, frozen. */
  readonly options: ResolvedOptions;
  readonly writeLoop: WriteLoop;
  readonly pings: Pings;
  readonly subscriptions: Subscriptions;
  readonly requests: Requests;
  readonly journal: Journal;
  readonly lifecycle: Lifecycle;
  readonly farewell: Farewell;

  /**
   * @param options Options of the connection.
   * @throws InvalidArgumentError naming the option.
   */
  constructor(options?: NatsOptions) {
    this.options = resolveOptions(options);
    const { maxPendingBytes, writerBufferSize, drainTimeout, onError, logger } = this.options;
    this.writeLoop = new WriteLoop(maxPendingBytes, writerBufferSize);
    this.pings = new Pings(this.writeLoop);
    this.subscriptions = new Subscriptions(this.writeLoop, this.pings, drainTimeout);
    this.journal = new Journal(onError, logger);
    this.requests = new Requests(this.writeLoop, this.subscriptions, this.options, this.journal);
    this.lifecycle = new Lifecycle(this.options, this, connect, this.journal);
    this.farewell = new Farewell(this.lifecycle, this, this.journal, this.options);
  }

  /** @returns Counters of the connection since it was made, and what waits now. */
  stats(): NatsStats {
    const { writeLoop, lifecycle, subscriptions, journal } = this;
    return {
      sentBytes: writeLoop.handedBytes,
      receivedBytes: lifecycle.receivedBytes,
      pendingBytes: writeLoop.pendingBytes,
      pendingMessages: writeLoop.waitingMessages,
      sentMessages: writeLoop.handedMessages,
      receivedMessages: subscriptions.receivedMessages,
      subscriptions: subscriptions.count,
      reconnects: lifecycle.reconnects,
      dropped: lifecycle.droppedMessages,
      missed: lifecycle.gate.missed,
      slowConsumers: journal.slowConsumers,
    };
  }
}
