import type { Channel, Sdk } from "../model/sdk.js";
import { either, nearest } from "../nearest.js";
import type { ReportRole } from "./report-role.js";
import type { Grant, Verb } from "./role.js";

/** Finds the operations that roles and imports name. */
export class GrantReader {
  readonly #sdk: Sdk;
  readonly #byName = new Map<string, Channel[]>();

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
    for (const channel of sdk.channels) {
      for (const name of new Set([channel.name, ...channel.operations]))
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), channel]);
    }
  }

  /**
   * Reads the operations of a verb.
   *
   * @param owner Place of the role or import.
   * @param value A list of names, one name, or `"*"` for all operations.
   */
  read(owner: readonly string[], verb: Verb, value: unknown, report: ReportRole): readonly Grant[] {
    if (value === undefined) return [];
    const path = [...owner, verb];
    const names: readonly unknown[] = Array.isArray(value) ? value : [value];
    const possible = this.#sdk.channels.filter((channel) => obstacle(verb, channel) === undefined);
    const found = names.flatMap((name, i) => {
      if (value === "*") return possible;
      const place = Array.isArray(value) ? [...path, String(i)] : path;
      return this.#find(name, verb, place, report);
    });
    return this.#sdk.channels
      .filter((channel) => found.includes(channel))
      .map((channel) => ({ verb, channel, queue: this.#queue(verb, channel, names) }));
  }

  /**
   * Queue group of a grant. Who subscribes in a group takes messages away from its other members, so
   * that a role must name the operation which has the group.
   */
  #queue(verb: Verb, channel: Channel, names: readonly unknown[]): string | undefined {
    if (verb !== "subscribe")
      return (
        this.#sdk.responders.find(({ procedures }) => procedures.includes(channel))?.queue ??
        channel.queue
      );
    const { receivers, operations } = channel;
    const naming = [channel.name, ...(receivers.length > 0 ? receivers : operations)];
    return naming.some((name) => names.includes(name)) ? channel.queue : undefined;
  }

  #find(
    name: unknown,
    verb: Verb,
    path: readonly string[],
    report: ReportRole,
  ): readonly Channel[] {
    const channels = typeof name === "string" ? (this.#byName.get(name) ?? []) : [];
    if (channels.length === 0) {
      const near = nearest(String(name), this.#byName.keys());
      report.error(path, {
        code: "unknown-operation",
        message: `There is no operation ${typeof name === "string" ? `\`${name}\`` : JSON.stringify(name)}.`,
        fix:
          near === undefined
            ? `Use an operation's id or its name in the SDK, for example ${examples(this.#sdk)}.`
            : `Did you mean \`${near}\`?`,
      });
    }
    const possible = channels.filter((channel) => obstacle(verb, channel) === undefined);
    const [channel] = channels;
    if (possible.length === 0 && channel !== undefined) {
      report.error(path, {
        code: "unfit-operation",
        message: `A role cannot \`${verb}\` \`${name}\`: ${obstacle(verb, channel)?.message}.`,
        fix: obstacle(verb, channel)?.fix ?? "",
      });
    }
    return possible;
  }
}

/** Reason why a verb does not apply to an operation; undefined if it does. */
function obstacle(
  verb: Verb,
  { kind, sends, key }: Channel,
): { readonly message: string; readonly fix: string } | undefined {
  if (key.isGiven)
    return {
      message: "its address is known only at run time",
      fix: "Give its channel an address.",
    };
  const isProcedure = kind === "procedure";
  if (isProcedure !== (verb === "request" || verb === "respond"))
    return isProcedure
      ? { message: "it has a reply", fix: "List it under `request` or `respond`." }
      : { message: "it has no reply", fix: "List it under `publish` or `subscribe`." };
  if (!sends && (verb === "publish" || verb === "request"))
    return {
      message: "its address has wildcards",
      fix: "Give the address parameters instead of wildcards.",
    };
  return undefined;
}

function examples({ channels }: Sdk): string {
  const names = channels.slice(0, 3).map(({ name }) => `\`${name}\``);
  return names.length === 0 ? "those of the document" : either(names);
}
