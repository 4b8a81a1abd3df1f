/** What the page connects with. */
export interface Config {
  /** Where the broker listens for browsers. */
  readonly servers: string;
  /** The server that is watched. */
  readonly serverId: string;
  readonly seed?: string;
  readonly inboxPrefix?: string;
}

/** @throws Error when whoever serves the page has no answer. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("config.json");
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return (await response.json()) as Config;
}
