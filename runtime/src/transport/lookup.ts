import type { LookupAddress, LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { shuffle } from "./shuffle.js";

type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

// Loaded only here: who imports the package need not connect yet.
const lookup: Resolve = (host, options, callback) => {
  void import("node:dns").then((dns) => dns.lookup(host, options, callback));
};

/**
 * Looks a host name up as Node.js does, and has clients spread over its addresses: in any order, but
 * IPv4 and IPv6 in the one that the system prefers.
 *
 * @param resolve Asks the system.
 * @see ADR-11, hostname resolution
 */
export function shuffledLookup(resolve: Resolve = lookup): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const families = [...new Set(addresses?.map(({ family }) => family))];
      const shuffled = families.flatMap((family) =>
        shuffle(addresses.filter((address) => address.family === family)),
      );
      const [first] = shuffled;
      if (options.all || error !== null || first === undefined) callback(error, shuffled);
      else callback(null, first.address, first.family);
    });
  };
}
