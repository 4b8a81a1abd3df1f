/** Longest wait for a file of the network. */
const TIMEOUT = 10_000; // milliseconds

/**
 * Reads a file of the network.
 *
 * @param address Its address, with `http:` or `https:`.
 * @param maxBytes Maximum size; a larger file rejects.
 */
export async function readWebFile(address: string, maxBytes: number): Promise<string> {
  const { username, password } = new URL(address);
  if (username !== "" || password !== "")
    throw new Error("addresses with credentials are not read");
  let response: Response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answers ${response.status} ${response.statusText}`.trimEnd());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) break;
    }
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
  if (size > maxBytes)
    throw new Error(
      `the document's files are larger than the limit; ${maxBytes} bytes are left for it`,
    );
  return Buffer.concat(chunks).toString("utf8");
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError")
    return `the server does not answer within ${TIMEOUT / 1_000} seconds`;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return `the server cannot be reached${code}`;
}
