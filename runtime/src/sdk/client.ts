import type { NatsCommand } from "../commands/nats-command.js";

/** Functions in groups, without their first argument, the connection. */
export type Bound<G> = {
  readonly [N in keyof G]: {
    readonly [F in keyof G[N]]: G[N][F] extends (nats: NatsCommand, ...rest: infer A) => infer R
      ? (...rest: A) => R
      : never;
  };
};

/** Groups of functions at run time. */
interface Groups {
  readonly [group: string]: {
    readonly [name: string]: (nats: NatsCommand, ...rest: readonly unknown[]) => unknown;
  };
}

/**
 * Binds functions to a connection.
 *
 * ```ts
 * const client = bind(nats, { chat: { publish: publishChat, subscribe: subscribeChat } });
 * await client.chat.publish({ room: "eu-1" }, { text: "hello" });
 * ```
 *
 * @param nats The connection, pool or sharded connection.
 * @param groups Functions whose first argument is a connection, by group and name.
 */
export function bind<G extends object>(nats: NatsCommand, groups: G): Bound<G> {
  const bound = Object.entries(groups as object as Groups).map(([group, functions]) => {
    const members = Object.entries(functions).map(([name, call]) => {
      return [name, (...rest: readonly unknown[]) => call(nats, ...rest)] as const;
    });
    return [group, Object.fromEntries(members)] as const;
  });
  return Object.fromEntries(bound) as object as Bound<G>;
}
