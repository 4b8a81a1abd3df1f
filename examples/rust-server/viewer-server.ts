/** Serves the viewer's page, with its configuration. */
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

/** Configuration of the page. It contains only data that every visitor may see. */
export interface ViewerConfig {
  /** Addresses of the broker for browsers: `ws://` or `wss://`, separated by commas. */
  readonly servers: string;
  /** Id of the server to show. */
  readonly serverId: string;
  /** Seed of the viewer's user; missing if the broker needs no credentials. */
  readonly seed?: string;
  /** Prefix of the user's inboxes. */
  readonly inboxPrefix?: string;
}

/** A running server. */
export interface ViewerServer extends AsyncDisposable {
  /** The page's address, `http://127.0.0.1:<port>/`. */
  readonly url: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Serves the built page to the same machine.
 *
 * @param folder Output folder of Vite, with a trailing slash.
 * @param port 0 for any free port.
 */
export async function serveViewer(
  folder: URL,
  config: ViewerConfig,
  port = 0,
): Promise<ViewerServer> {
  const connects = config.servers.replaceAll(",", " ");
  const headers = {
    // The page loads only files of this server, and connects only to this server and the broker.
    "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ${connects}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
  };
  const reply = (response: ServerResponse, status: number, type: string, body: string | Buffer) =>
    response.writeHead(status, { ...headers, "content-type": type }).end(body);

  const server = createServer((request, response) => {
    const { host = "" } = request.headers;
    // A page of another site whose host name resolves to this server must not read the credentials.
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host)) {
      reply(response, 403, "text/plain", "This is for this machine alone.");
      return;
    }
    // Not parsed as a URL: the request may be invalid, for example `//`.
    const [pathname = ""] = (request.url ?? "").split("?");
    if (pathname === "/config.json") {
      reply(response, 200, "application/json", JSON.stringify(config));
      return;
    }
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const type = /^(?:assets\/)?[\w-]+(?:\.[\w-]+)+$/.test(name) ? TYPES[extname(name)] : undefined;
    const found = type === undefined ? Promise.reject() : readFile(new URL(name, folder));
    found.then(
      (body) => reply(response, 200, type ?? "", body),
      () => reply(response, 404, "text/plain", "There is no such file."),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
