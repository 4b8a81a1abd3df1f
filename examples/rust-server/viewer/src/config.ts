/** Configuration of the page. */
export interface Config {
  /** Addresses of the broker for browsers. */
  readonly servers: string;
  /** Id of the server to show. */
  readonly serverId: string;
  readonly seed?: string;
  readonly inboxPrefix?: string;
}

/** @throws Error if the page's server does not respond. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("config.json");
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return (await response.json()) as Config;
}
