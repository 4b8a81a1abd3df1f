const SECRETS: ReadonlySet<string> = new Set(["key", "passphrase"]);

/**
 * Hides the secrets of TLS options from logs and inspections. Code that reads or spreads the
 * options still gets them.
 *
 * @param tls The options.
 * @returns The same options in another object.
 */
export function withHiddenKeys<T extends object>(tls: T): T {
  const shown = Object.fromEntries(
    Object.entries(tls).map(([name, value]) => [name, SECRETS.has(name) ? "[hidden]" : value]),
  );
  const show = { value: () => shown };
  return Object.defineProperties(
    { ...tls },
    { toJSON: show, [Symbol.for("nodejs.util.inspect.custom")]: show },
  );
}
