import { InvalidArgumentError } from "../errors.js";
import { NatsKey } from "../protocol/nats-key.js";
import { wildcardInPublish } from "../protocol/subject.js";
import { ForeignKeyError, SubjectMismatchError, show } from "./errors.js";
import { Parameter } from "./parameter.js";
import { RecentKeys } from "./recent-keys.js";
import {
  isGlued,
  match,
  parseTemplate,
  type Template,
  type Place as TemplatePlace,
} from "./template.js";
import type { ANY, Token } from "./token.js";

/** Parameters of a subject without any. */
export type NoParams = Record<never, never>;

/** Parameters to subscribe by: a parameter that is left out matches every value, or its default. */
export type Filter<P> = {
  readonly [K in keyof P]?: P[K] | (NoParams extends Pick<P, K> ? typeof ANY : never);
};

/** A subject's key, checked and encoded once: for publishing often with the same parameters. */
export interface Key<P> extends NatsKey {
  /** The subject that created the key. A channel accepts only keys of its own subject. */
  readonly of: Subject<P>;
}

/** Subject to subscribe to, and the reader of received subjects. */
export interface Selection<P> {
  /** The subject, with wildcards. */
  readonly subject: string;
  /** Filter for subjects that the wildcards match beyond the selection, if necessary. */
  readonly accepts: ((subject: string) => boolean) | undefined;
  /** @returns The parameters of a subject. */
  readonly read: (subject: string) => Required<P>;
}

/**
 * A subject with typed parameters.
 *
 * ```ts
 * const chat: Subject<{ readonly room: string }> = subject("game.{room}.chat");
 * chat.at({ room: "eu-1" }).subject; // "game.eu-1.chat"
 * chat.filter({}); // "game.*.chat"
 * chat.read("game.eu-1.chat").room; // "eu-1"
 * ```
 */
export interface Subject<P> {
  /** The address: tokens joined by `.`, with `{name}` for a parameter. */
  readonly template: string;
  /**
   * Number of arguments for its parameters in a call: 0 for a subject without parameters. Such a
   * subject ignores its argument, so the first argument may be passed to any subject.
   *
   * @internal
   */
  readonly arity: 0 | 1;

  /**
   * Creates a key.
   *
   * @param params The value of each parameter; a parameter with a default is optional. A subject
   * without parameters has no argument.
   * @throws InvalidParameterError, InvalidArgumentError
   */
  readonly at: (...params: [keyof P] extends [never] ? [] : [params: P]) => Key<P>;

  /**
   * Creates a subject to subscribe to. It may match more than the selection if a parameter is a
   * part of a token, is used twice, or does not allow every string: channels skip such messages.
   *
   * @param params The values of the parameters to select.
   * @throws InvalidParameterError, InvalidArgumentError
   */
  readonly filter: (...params: [keyof P] extends [never] ? [] : [params: Filter<P>]) => string;

  /**
   * Reads the parameters of a subject.
   *
   * @throws SubjectMismatchError
   */
  readonly read: (subject: string) => Required<P>;

  /**
   * Returns the subject or key for publishing.
   *
   * @internal
   * @throws InvalidParameterError, InvalidArgumentError, ForeignKeyError
   */
  readonly address: (params: P | Key<P>) => NatsKey | string;

  /**
   * Returns the selection for subscribing.
   *
   * @internal
   * @throws InvalidParameterError, InvalidArgumentError
   */
  readonly select: (params: Filter<P>) => Selection<P>;
}

/** Options of a subject whose parameters are not all plain strings. */
export interface SubjectOptions<P> {
  /** Forms of parameters that do not allow every string. */
  readonly tokens?: { readonly [K in keyof P]?: Token<NonNullable<P[K]>> };
  /** Default values of parameters. */
  readonly defaults?: {
    readonly [K in keyof P as NoParams extends Pick<P, K> ? K : never]?: NonNullable<P[K]>;
  };
}

/**
 * Creates a subject from a template.
 *
 * ```ts
 * interface UnitParams { readonly region?: "eu" | "us"; readonly slot: number }
 * const unit: Subject<UnitParams> = subject("units.{region}.{slot}", {
 *   tokens: { region: values("eu", "us"), slot: integer },
 *   defaults: { region: "eu" },
 * });
 * ```
 *
 * @param template Tokens joined by `.`, with `{name}` for a parameter, alone or within other text.
 * @throws InvalidArgumentError, InvalidSubjectError
 */
export function subject<P>(template: string, options?: NoInfer<SubjectOptions<P>>): Subject<P> {
  const made: unknown = new SubjectTemplate<P>(template, options ?? {});
  return made as Subject<P>;
}

/**
 * Subject that each call passes, for channels without an address: the subject itself is their only
 * parameter.
 *
 * ```ts
 * const anywhere: Channel<string, Chat> = channel(givenSubject, json());
 * await anywhere.publish(nats, "game.eu-1.chat", { text: "hello" });
 * ```
 */
export const givenSubject: Subject<string> = {
  template: "{subject}",
  arity: 1,
  at: (subject) => new SubjectKey(subject, givenSubject),
  filter: (subject) => subject,
  read: (subject) => subject,
  address: (subject) => subject,
  select: (subject) => ({ subject, accepts: undefined, read: givenSubject.read }),
};

class SubjectKey<P> extends NatsKey implements Key<P> {
  readonly of: Subject<P>;

  constructor(subject: string, of: Subject<P>) {
    super(subject);
    if (this.wildcard) throw wildcardInPublish(subject);
    this.of = of;
  }
}

class SubjectTemplate<P> implements Omit<Subject<P>, "at" | "filter"> {
  readonly template: string;
  readonly arity: 0 | 1;
  /** The key of a subject without parameters. */
  readonly #key: NatsKey | undefined;
  readonly #template: Template;
  readonly #parameters: readonly Parameter[];
  readonly #places: readonly { readonly parameter: Parameter; readonly place: TemplatePlace }[];
  readonly #recent: RecentKeys;

  constructor(template: string, options: SubjectOptions<P>) {
    this.template = template;
    this.#template = parseTemplate(template);
    this.arity = this.#template.names.length > 0 ? 1 : 0;
    if (this.arity === 0) this.#key = new NatsKey(template);
    const tokens = new Map<string, unknown>(Object.entries(options.tokens ?? {}));
    const defaults = new Map<string, unknown>(Object.entries(options.defaults ?? {}));
    this.#parameters = this.#template.names.map((name) => {
      const token = tokens.get(name) as Token<unknown> | undefined;
      return new Parameter(name, template, token, defaults.get(name));
    });
    this.#places = this.#template.places.map((place) => ({
      parameter: this.#parameters[place.parameter]!,
      place,
    }));
    this.#recent = new RecentKeys(this.#template.names, (params) => {
      this.#refuseKey(params);
      return this.at(params as P);
    });
  }

  at(params: P): Key<P> {
    this.#refuseNone(params);
    return new SubjectKey(this.#fill(params), this as Subject<P>);
  }

  /** Hot. */
  address(params: P | Key<P>): NatsKey | string {
    if (this.#key !== undefined) return this.#key;
    this.#refuseNone(params);
    if ((params as { readonly of?: unknown }).of === this) return params as Key<P>;
    const key = this.#recent.get(params);
    if (key !== undefined) return key;
    this.#refuseKey(params);
    return this.#fill(params as P);
  }

  /**
   * Hot. Rejects missing parameters, which programs without types may forget.
   *
   * @throws InvalidArgumentError for parameters that are not an object
   */
  #refuseNone(params: unknown): void {
    if (this.arity === 0 || (typeof params === "object" && params !== null)) return;
    throw new InvalidArgumentError(
      `The parameters of "${this.template}" must be an object, not ${show(params)}.`,
    );
  }

  /** @throws ForeignKeyError for a key */
  #refuseKey(params: unknown): void {
    if (params instanceof NatsKey) throw new ForeignKeyError(params.subject, this.template);
  }
  filter(params: Filter<P>): string {
    return this.select(params).subject;
  }

  select(params: Filter<P>): Selection<P> {
    this.#refuseNone(params);
    const given = this.#parameters.map((parameter) => parameter.listen(params));
    let exact = this.#parameters.every(
      ({ token }, i) => token === undefined || given[i] !== undefined,
    );
    const open = new Set<number>();
    const tokens = this.#template.tokens.map((token) => {
      const { lead, places } = token;
      if (places.every(({ parameter }) => given[parameter] !== undefined)) {
        const texts = places.map((place) => {
          const text = given[place.parameter]!;
          return this.#parameters[place.parameter]!.check(text, place) + place.after;
        });
        return lead + texts.join("");
      }
      for (const { parameter } of places) {
        if (isGlued(token) || open.has(parameter)) exact = false;
        open.add(parameter);
      }
      return "*";
    });
    return {
      subject: tokens.join("."),
      accepts: exact ? undefined : (subject) => this.#accepts(given, subject),
      read: (subject) => this.read(subject),
    };
  }

  read(subject: string): Required<P> {
    const texts = match(this.#template, subject);
    if (texts === undefined) throw new SubjectMismatchError(subject, this.template);
    const params: Record<string, unknown> = {};
    for (let i = 0; i < texts.length; i++) {
      const { name, token } = this.#parameters[i]!;
      const value = token === undefined ? texts[i] : token.read(texts[i]!);
      if (value === undefined) throw new SubjectMismatchError(subject, this.template);
      params[name] = value;
    }
    return params as Required<P>;
  }

  #accepts(given: readonly (string | undefined)[], subject: string): boolean {
    const texts = match(this.#template, subject);
    return (
      texts !== undefined &&
      this.#parameters.every(({ token }, i) => {
        const text = texts[i]!;
        return given[i] === undefined
          ? token === undefined || token.read(text) !== undefined
          : given[i] === text;
      })
    );
  }

  /** Hot: see {@link Parameter.fill}. */
  #fill(params: P): string {
    const places = this.#places;
    let subject = this.#template.lead;
    for (let i = 0; i < places.length; i++) {
      const { parameter, place } = places[i]!;
      subject = subject + parameter.fill(params, place) + place.text;
    }
    return subject;
  }
}
