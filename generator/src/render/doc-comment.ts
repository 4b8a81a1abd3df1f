import { hiddenCharacters } from "../hidden-characters.js";
import type { Doc } from "../model/sdk.js";

const WIDTH = 80;
const MARK = " * ";

/**
 * Formats a doc comment.
 *
 * @param doc Content of the comment.
 * @param indentation Number of columns before each line.
 * @returns Lines, each with its line end; empty without content.
 */
export function docComment(doc: Doc, indentation = 0): string {
  const width = WIDTH - indentation;
  const lines = [
    ...paragraphs(doc.text, width - MARK.length),
    ...(doc.notes.length === 0 ? [] : wrap(doc.notes.join(" "), width - MARK.length)),
  ];
  const tags = [
    ...doc.examples.map((example) => `@example ${safe(JSON.stringify(example) ?? "")}`),
    ...(doc.deprecated ? ["@deprecated"] : []),
  ];
  const separator = lines.length > 0 && tags.length > 0 ? [""] : [];
  return comment([...lines, ...separator, ...tags], width);
}

/** Writes the doc comment of a member, indented by two columns. */
export function memberComment(doc: Doc): string {
  return docComment(doc, 2).replace(/^/gm, "  ").replace(/ +$/, "");
}

/** Writes a doc comment of one paragraph, without the end of its last line. */
export function docText(text: string): string {
  return comment(wrap(text.trim(), WIDTH - MARK.length), WIDTH).trimEnd();
}

function comment(lines: readonly string[], width: number): string {
  const [first] = lines;
  if (first === undefined) return "";
  const single = `/** ${first} */`;
  if (lines.length === 1 && single.length <= width) return `${single}\n`;
  const body = lines.map((text) => `${MARK}${text}`.trimEnd()).join("\n");
  return `/**\n${body}\n */\n`;
}

/** Lines that Markdown does not join to the previous line: lists, quotes, tables, headings, code. */
const ownLine = /^(?:\s|[-*+>#|`~]|\d+[.)]\s|$)/;

/** Wraps the lines of paragraphs, and keeps all other lines. */
function paragraphs(text: string | undefined, width: number): readonly string[] {
  if (text === undefined) return [];
  const lines: string[] = [];
  let runs = false;
  for (const line of text.replace(/\r\n?/g, "\n").replaceAll("\t", "  ").trim().split("\n")) {
    const plain = !ownLine.test(line);
    if (plain && runs) lines.push(`${lines.pop()} ${line}`);
    else lines.push(line);
    runs = plain;
  }
  return lines.flatMap((line) => {
    if (line.trim() === "") return [""];
    return wrap(line.trim(), width, /^ */.exec(line)?.[0]);
  });
}

function wrap(text: string, width: number, indentation = ""): readonly string[] {
  const lines: string[] = [];
  let current = indentation;
  for (const word of safe(text).split(/\s+/)) {
    if (current.trim() !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = indentation;
    }
    // At the beginning of a line, it would be a tag.
    const text = word.startsWith("@") && current.trim() === "" ? `\\${word}` : word;
    current += current.trim() === "" ? text : ` ${text}`;
  }
  return [...lines, current];
}

/** Escapes text that would end the comment, and replaces hidden characters by spaces. */
function safe(text: string): string {
  return text.replaceAll("*/", "*\\/").replaceAll("/*", "/\\*").replace(hiddenCharacters, " ");
}
