/** Counters of a connection since it was made, and what waits now. A message is one PUB, HPUB, MSG or HMSG. */
export interface NatsStats {
  /** Bytes handed to the socket. */
  readonly sentBytes: number;
  /** Bytes that arrived. */
  readonly receivedBytes: number;
  /** Bytes that wait for the socket or in it. */
  readonly pendingBytes: number;
  /** Number of messages that wait for the socket. */
  readonly pendingMessages: number;
  /** Number of messages handed to the socket. */
  readonly sentMessages: number;
  /** Number of messages that arrived. */
  readonly receivedMessages: number;
  /** Number of subscriptions, including the inbox of requests. */
  readonly subscriptions: number;
  /** Number of times that the connection was lost and replaced. */
  readonly reconnects: number;
  /** Number of published messages that were never sent. */
  readonly dropped: number;
  /** Number of received messages that were dropped because a bounded queue was full. */
  readonly missed: number;
  /** Number of times that a bounded queue was full; see the event `slowConsumer`. */
  readonly slowConsumers: number;
}
