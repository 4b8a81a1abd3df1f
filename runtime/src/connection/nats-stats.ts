/** What a connection has done since it was made, and what waits. A message is one PUB, HPUB, MSG or HMSG. */
export interface NatsStats {
  /** Bytes handed to the socket. */
  readonly sentBytes: number;
  /** Bytes that arrived. */
  readonly receivedBytes: number;
  /** Bytes that wait for the socket, or in it. */
  readonly pendingBytes: number;
  /** Messages that wait for the socket. */
  readonly pendingMessages: number;
  /** Messages handed to the socket. */
  readonly sentMessages: number;
  /** Messages that arrived. */
  readonly receivedMessages: number;
  /** Live subscriptions, the inbox of requests among them. */
  readonly subscriptions: number;
  /** How often the connection was lost and came back. */
  readonly reconnects: number;
  /** Published messages that were never sent. */
  readonly dropped: number;
  /** Received messages that were lost because a bounded queue was full. */
  readonly missed: number;
  /** How often a bounded queue was full, see the event `slowConsumer`. */
  readonly slowConsumers: number;
}
