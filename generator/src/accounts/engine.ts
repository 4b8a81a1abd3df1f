import { BrokerError } from "../broker/errors.js";

/** Loads the engine, which every program with an SDK has installed. */
export async function engine(): Promise<typeof import("alternats")> {
  try {
    return await import("alternats");
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new BrokerError(
      "NO_ENGINE",
      "Sending accounts to a broker needs the package alternats: npm install alternats",
      { cause: error },
    );
  }
}

/** Code of an error; undefined if it has none. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
