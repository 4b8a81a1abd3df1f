import type Handlebars from "handlebars";
import type { TemplateFile } from "../generate-options.js";
import { nearest } from "../nearest.js";
import type { Helpers } from "./helpers.js";
import templates from "./templates.js";

/** One of the user's templates cannot be compiled, or fails. */
export class TemplateError extends Error {
  readonly code = "template";
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;

  constructor(
    message: string,
    place: { readonly file: string; readonly line: number; readonly column: number },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "TemplateError";
    this.file = place.file;
    this.line = place.line;
    this.column = place.column;
  }
}

/** The templates by their names. */
export interface TemplateSet {
  /**
   * Renders the text of a file.
   *
   * @param name The template's name.
   * @param view Values for the template.
   * @throws TemplateError if one of the user's templates fails
   */
  render(name: string, view: object): string;
}

/**
 * Loads the built-in templates and replaces some by the user's. Handlebars' compiler is loaded only
 * for the user's templates.
 *
 * @param overrides The user's templates.
 * @param helpers Helpers of the templates.
 * @throws TemplateError if one of them is invalid, or replaces no built-in template
 */
export async function templateSet(
  overrides: readonly TemplateFile[],
  helpers: Helpers,
): Promise<TemplateSet> {
  const isOwn = overrides.length > 0;
  const own = isOwn ? await compileAll(overrides, Object.keys(helpers)) : {};
  const partials = { ...templates, ...own };
  const options = { partials, helpers: isOwn ? locating(helpers) : helpers };
  return {
    render(name, view) {
      const template = partials[name];
      if (template === undefined) throw new Error(`there is no template "${name}"`);
      return template(view, options);
    },
  };
}

async function compileAll(
  overrides: readonly TemplateFile[],
  helpers: readonly string[],
): Promise<Readonly<Record<string, Handlebars.TemplateDelegate>>> {
  const { default: handlebars } = await import("./handlebars.js");
  const known = Object.keys(templates);
  const options = {
    noEscape: true,
    strict: true,
    preventIndent: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries(helpers.map((name) => [name, true])),
  };
  return Object.fromEntries(
    overrides.map(({ file, text }) => {
      const name = nameOf(file);
      if (!known.includes(name)) throw unknown(file, name, known);
      try {
        checkPartials(handlebars, text, file, known);
        // `compile` does its work at the first call, but errors must be reported now.
        handlebars.precompile(text, options);
        return [name, tagged(file, handlebars.compile(text, options))];
      } catch (error) {
        throw located(error, file);
      }
    }),
  );
}

/** Checks if all partials exist, because Handlebars does not report the position of an unknown partial. */
function checkPartials(
  handlebars: typeof Handlebars,
  text: string,
  file: string,
  known: readonly string[],
): void {
  class Partials extends handlebars.Visitor {
    override PartialStatement({ name, loc }: hbs.AST.PartialStatement): void {
      const wanted = "original" in name ? String(name.original) : "";
      if (known.includes(wanted)) return;
      const place = { file, line: loc.start.line, column: loc.start.column + 1 };
      throw new TemplateError(
        `There is no partial "${wanted}".${suggestion(wanted, known)}`,
        place,
      );
    }
  }
  new Partials().accept(handlebars.parse(text));
}

/** Adds the name of the file to errors of a template. */
function tagged(file: string, template: Handlebars.TemplateDelegate): Handlebars.TemplateDelegate {
  return (context, options) => {
    try {
      return template(context, options);
    } catch (error) {
      throw located(error, file);
    }
  };
}

/** Adds the position of the call to errors of helpers. */
function locating(helpers: Helpers): Helpers {
  return Object.fromEntries(
    Object.entries(helpers).map(([name, helper]) => [
      name,
      function (this: unknown, ...args: unknown[]) {
        try {
          return Reflect.apply(helper, this, args);
        } catch (error) {
          const { loc } = args.at(-1) as { readonly loc?: hbs.AST.SourceLocation };
          if (error instanceof Error && !("lineNumber" in error) && loc !== undefined)
            Object.assign(error, { lineNumber: loc.start.line, column: loc.start.column });
          throw error;
        }
      },
    ]),
  );
}

/** The error with its place in the innermost template of the user. */
function located(error: unknown, file: string): unknown {
  if (error instanceof TemplateError || !(error instanceof Error)) return error;
  const { lineNumber, column } = error as {
    readonly lineNumber?: number;
    readonly column?: number;
  };
  const [first = "", ...rest] = error.message.split("\n");
  const parsed = /^Parse error on line (\d+):?/.exec(first);
  const line = lineNumber ?? Number(parsed?.[1] ?? 1);
  const text = parsed === null ? first.replace(/ - \d+:\d+$/, "") : rest.at(-1);
  return new TemplateError(
    text || first,
    { file, line, column: (column ?? 0) + 1 },
    { cause: error },
  );
}

function unknown(file: string, name: string, known: readonly string[]): TemplateError {
  const text = `There is no template "${name}" that this could stand for.`;
  return new TemplateError(`${text}${suggestion(name, known)}`, { file, line: 1, column: 1 });
}

function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? ` There are ${known.join(", ")}.` : ` Did you mean "${near}"?`;
}

function nameOf(file: string): string {
  return (file.split(/[/\\]/).at(-1) ?? "").replace(/\.hbs$/, "");
}
