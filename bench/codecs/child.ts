import { argv } from "node:process";
import { jsonSerializer, type NatsSerializer } from "alternats";
import { msgpackSerializer } from "alternats/msgpack";
import type { TypeDeclaration } from "../../generator/src/model/sdk.ts";
import { entries } from "../../test/generator/support/corpus-index.ts";
import { documentCase } from "../../test/generator/support/corpus-messages.ts";
import { project } from "../../test/support/project.ts";
import { compile, type Format } from "./compile.ts";
import { gameSubjects, gameTypes } from "./game.ts";
import { type Measured, measure, type Subject } from "./measure.ts";

const libraries: Readonly<Record<Format, NatsSerializer>> = {
  json: jsonSerializer,
  msgpack: msgpackSerializer,
};

/** Arguments: a format; the name of a document of the corpus, or `game`; rounds; words of a name. */
const [format = "json", document = "game", rounds = "9", words = ""] = argv.slice(2) as [
  Format?,
  ...string[],
];

const { types, subjects, leftOut } =
  document === "game"
    ? { types: gameTypes, subjects: gameSubjects(), leftOut: 0 }
    : await ofCorpus(document);
const chosen = subjects.filter(({ name }) => name.includes(words));
const codecs = await compile(project, types, new Set(chosen.map(({ type }) => type)));
const measured: Measured[] = [];
let libraryOnly = leftOut;
for (const subject of chosen) {
  const codec = codecs.get(`${format} ${subject.type}`);
  if (codec === undefined) libraryOnly++;
  else measured.push(measure(subject, format, codec, libraries[format], Number(rounds)));
}
console.log(JSON.stringify({ measured, libraryOnly }));

/** The payloads of a document whose type has a name, with values that their schemas allow. */
async function ofCorpus(id: string): Promise<{
  readonly types: readonly TypeDeclaration[];
  readonly subjects: readonly Subject[];
  readonly leftOut: number;
}> {
  const { sdk, messages } = await documentCase(entries("valid").find((each) => each.id === id)!);
  const subjects = new Map<string, Subject>();
  let leftOut = 0;
  for (const { message, values } of messages) {
    if (message.codec !== "json" && message.codec !== "msgpack") continue;
    if (message.type.kind !== "reference") {
      leftOut++;
      continue;
    }
    const { name } = message.type;
    subjects.set(name, { name: `${id} ${name}`, type: name, values });
  }
  return { types: sdk.types, subjects: [...subjects.values()], leftOut };
}
