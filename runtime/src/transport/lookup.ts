import type { LookupAddress, LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { shuffle } from "./shuffle.js";

type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

// Loaded on demand: a program that imports the package may never connect.
const lookup: Resolve = (host, options, callback) => {
  void import("node:dns").then((dns) => dns.lookup(host, options, callback));
};

/**
 * Creates a lookup for host names that works as in Node.js but spreads clients over the addresses:
 * random order within IPv4 and IPv6, of which the system's preferred one comes first.
 *
 * @param resolve The system's lookup.
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
