import { InvalidArgumentError } from "../errors.js";
import { checkSubject } from "../protocol/subject.js";

/** One place of a parameter within a token. */
export interface Place {
  /** The parameter's index in {@link Template.names}. */
  readonly parameter: number;
  /** The text between this place and the next, or the token's end. */
  readonly after: string;
  /** `true` if another parameter follows in the same token: `after` is then their separator. */
  readonly divided: boolean;
  /** The text between this place and the next, or the template's end. */
  readonly text: string;
}

/** A token of a template: only text if it has no parameter. */
export interface TemplateToken {
  /** The text before the first parameter. */
  readonly lead: string;
  readonly places: readonly Place[];
}

/** A subject with parameters in it. */
export interface Template {
  readonly tokens: readonly TemplateToken[];
  /** The text before the first place. */
  readonly lead: string;
  /** All places, in order. */
  readonly places: readonly Place[];
  /** Names of the parameters, without duplicates, in order. */
  readonly names: readonly string[];
}

const PARAMETER = /\{([^{}.]+)\}/g;

/**
 * Parses a template.
 *
 * @param text Tokens joined by `.`; `{name}` is a parameter.
 * @throws InvalidArgumentError, InvalidSubjectError
 */
export function parseTemplate(text: string): Template {
  checkSubject(text.replace(PARAMETER, "x"));
  // Splitting by a group gives alternating texts and names.
  const texts = text.split(PARAMETER);
  const names: string[] = [];
  const all: Place[] = [];
  const tokens = text.split(".").map((token): TemplateToken => {
    const [lead = "", ...rest] = token.split(PARAMETER);
    const places: Place[] = [];
    for (let i = 0; i < rest.length; i += 2) {
      const name = rest[i]!;
      const after = rest[i + 1]!;
      if (name === "__proto__") {
        throw new InvalidArgumentError(`A parameter of "${text}" cannot be called __proto__.`);
      }
      const divided = i + 2 < rest.length;
      if (divided && after === "") {
        throw new InvalidArgumentError(
          `"${text}" has two parameters with nothing between them: put some text between them.`,
        );
      }
      if (!names.includes(name)) names.push(name);
      const following = texts[2 * all.length + 2]!;
      const place = { parameter: names.indexOf(name), after, divided, text: following };
      places.push(place);
      all.push(place);
    }
    return { lead, places };
  });
  return { tokens, lead: texts[0]!, places: all, names };
}

/**
 * @returns `true` if a value can be read back from its place: if another parameter follows in the
 * token, the value must not contain the text between them.
 */
export function isReadable(place: Place, text: string): boolean {
  return !place.divided || (text + place.after).indexOf(place.after) === text.length;
}

/** @returns `true` if a token with open parameters matches fewer texts than `*`. */
export function isGlued(token: TemplateToken): boolean {
  return token.places.length > 1 || token.lead !== "" || token.places[0]?.after !== "";
}

/**
 * Reads the parameters of a subject.
 *
 * @returns The text of each parameter; `undefined` if the subject does not match the template.
 */
export function match(template: Template, subject: string): string[] | undefined {
  const texts = subject.split(".");
  const { tokens } = template;
  const open = tokens.at(-1)!.lead === ">" && texts.length > tokens.length;
  if (texts.length !== tokens.length && !open) return undefined;
  const found: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (!matchToken(tokens[i]!, texts[i]!, found)) return undefined;
  }
  return found;
}

function matchToken(token: TemplateToken, text: string, found: string[]): boolean {
  const { lead, places } = token;
  const last = places.length - 1;
  if (last < 0) return lead === text || lead === "*" || lead === ">";
  if (!text.startsWith(lead)) return false;
  let start = lead.length;
  for (let i = 0; i <= last; i++) {
    const { parameter, after } = places[i]!;
    if (i === last && !text.endsWith(after)) return false;
    const end = i === last ? text.length - after.length : text.indexOf(after, start);
    if (end <= start) return false;
    const value = text.slice(start, end);
    if (found[parameter] !== undefined && found[parameter] !== value) return false;
    found[parameter] = value;
    start = end + after.length;
  }
  return true;
}
