import type { TypeNode } from "../model/sdk.js";
import { group, ifBroken, indent, line, list, softline, typeArguments } from "./layout.js";
import { literal } from "./literal.js";

/** Where a type stands, which decides how a union of several lines looks. */
type Surroundings = "property" | "alias" | "argument" | "array" | "tuple" | "member";

/** Writes a type as TypeScript, its line breaks marked. */
export function typeText(type: TypeNode, surroundings: Surroundings): string {
  switch (type.kind) {
    case "bytes":
      return "Uint8Array";
    case "date":
      return "Date";
    case "literal":
      return literal(type.value);
    case "reference":
      return type.name;
    case "array":
      return `${typeText(type.item, "array")}[]`;
    case "tuple": {
      const { rest } = type;
      const isOnly = type.items.length === 1 && rest === undefined;
      const items = type.items.map(({ type, optional }) => {
        if (optional) return `${typeText(type, "array")}?`;
        return typeText(type, isOnly ? "argument" : "tuple");
      });
      if (rest !== undefined) items.push(`...${typeText({ kind: "array", item: rest }, "tuple")}`);
      return list("[", items, "]", { comma: rest === undefined });
    }
    case "record":
      return `Record${typeArguments(["string", typeText(type.value, "argument")])}`;
    case "union":
      return unionText(type.members, surroundings);
    case "intersection": {
      const [first = "", ...others] = type.members.map((member) => typeText(member, "array"));
      const text = group(first + indent(others.map((other) => ` &${line}${other}`).join("")));
      return surroundings === "array" || surroundings === "member" ? `(${text})` : text;
    }
    default:
      return type.kind;
  }
}

function unionText(members: readonly TypeNode[], surroundings: Surroundings): string {
  const texts = members.map((member) => typeText(member, "member"));
  const joined = texts.map((text) => indent(text)).join(`${line}| `);
  switch (surroundings) {
    case "array":
      return `(${group(indent(softline + group(ifBroken("| ") + joined)) + softline)})`;
    case "tuple":
      return group(indent(ifBroken(`(${softline}| `) + joined) + softline + ifBroken(")"));
    case "argument":
      return eitherArgument(texts);
    case "alias":
      return group(indent(line + group(ifBroken("| ") + joined)));
    case "property":
      return eitherText(texts);
    default:
      return group(indent(ifBroken(`${line}| `) + joined));
  }
}

/** Writes a union of types that are written already, where a property or parameter stands. */
export function eitherText(texts: readonly string[]): string {
  const joined = texts.map((text) => indent(text)).join(`${line}| `);
  return group(indent(softline + group(ifBroken("| ") + joined)));
}

/** Writes a union of types that are written already, where a type argument stands. */
export function eitherArgument(texts: readonly string[]): string {
  return group(ifBroken("| ") + texts.map((text) => indent(text)).join(`${line}| `));
}

/** The names that a type refers to. */
export function referencesOf(type: TypeNode): readonly string[] {
  switch (type.kind) {
    case "reference":
      return [type.name];
    case "array":
      return referencesOf(type.item);
    case "record":
      return referencesOf(type.value);
    case "tuple":
      return [...type.items.map(({ type }) => type), ...(type.rest ? [type.rest] : [])].flatMap(
        referencesOf,
      );
    case "union":
    case "intersection":
      return type.members.flatMap(referencesOf);
    default:
      return [];
  }
}
