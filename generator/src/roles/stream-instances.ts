import type { Sdk, StreamSettings } from "../model/sdk.js";
import type { Role, User } from "./role.js";
import { inTypeScript, keeps, keptStreams } from "./streams.js";
import { patternsOf } from "./subject-patterns.js";

/** A stream of a document, with the values of the parameters in its name. */
export interface StreamInstance extends StreamSettings {
  readonly name: string;
  readonly subjects: readonly string[];
}

/** Streams that a user appends to or reads, as far as their names are known. */
export function instancesOf({ grants }: Role, user: User, sdk: Sdk): readonly StreamInstance[] {
  return sdk.streams
    .filter((stream) => grants.some(({ channel }) => keeps(stream, channel)))
    .flatMap((stream) =>
      keptStreams(stream, user, sdk.channels)
        .filter(({ name }) => !name.includes("*"))
        .map(({ name }) => {
          const [first] = stream.channels;
          const parameters = (first?.key.parameters ?? []).filter((parameter) =>
            stream.parameters.includes(parameter.name),
          );
          const subjects = stream.settings.subjects.flatMap((subject) =>
            patternsOf(
              { subject: inTypeScript(`${stream.stream}.${subject}`), parameters },
              user.bound,
            ).flatMap((each) => {
              const [instance, ...tokens] = each.split(".");
              return instance === name ? [tokens.join(".")] : [];
            }),
          );
          return { ...stream.settings, name, subjects };
        }),
    );
}
