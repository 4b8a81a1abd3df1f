/** A rule: what it finds. */
export interface Rule {
  readonly summary: string;
  /** The preset that it belongs to; undefined where it always holds. */
  readonly preset?: Preset;
}

/** Conventions that a team may choose. */
export type Preset = "gamingapi";

/** All presets. */
export const presets: readonly Preset[] = ["gamingapi"];

/** The rules by their names. What `generate` warns of is a rule of the same name. */
export const rules: Readonly<Record<string, Rule>> = {
  "overlapping-subjects": { summary: "two channels with different messages share subjects" },
  "wildcard-address": { summary: "an address with `*` or `>`, to which nobody can publish" },
  "partial-token": {
    summary: "a parameter that is part of a token, which no server can filter by",
  },
  "reserved-subject": { summary: "an address in the realm of the server or of inboxes" },
  "unfit-address": {
    summary: "an address that NATS cannot carry, on a channel of other protocols",
  },
  "unfit-value": { summary: "a parameter's value that cannot be a token" },
  "unfit-default": { summary: "a parameter's default that is none of its values, or no token" },
  "wildcard-request": { summary: "requests to an address with wildcards" },
  "undeclared-parameter": { summary: "a parameter of an address that is not declared" },
  "no-nats-server": { summary: "no server speaks NATS" },
  "indistinguishable-messages": { summary: "messages of a channel that nothing tells apart" },
  "indistinguishable-alternatives": {
    summary: "objects of a `oneOf` or `anyOf` that nothing tells apart",
  },
  "undeclared-required": { summary: "a required property that is not declared" },
  "missing-message": { summary: "a channel that does not say what it carries" },
  "anonymous-message": { summary: "a message without a name" },
  "unnamed-operation": { summary: "an operation without an `operationId`" },
  "name-collision": { summary: "operations of the same name" },
  "unknown-content-type": { summary: "a content type that is not read" },
  "foreign-schema": { summary: "a schema in a language that is not read" },
  "unfit-header": { summary: "a header with a name that cannot be one" },
  "reply-headers": { summary: "headers of a reply that are left out" },
  "unread-correlation-id": { summary: "a correlation id in a place that is not read" },
  "single-reply": { summary: "`x-alternats-reply` where there is one reply at most" },
  "inexact-number": { summary: "a number that JavaScript cannot hold" },
  "unfit-pattern": { summary: "a pattern that is no regular expression of JavaScript" },
  "slow-pattern": { summary: "a pattern that a sender can keep busy for ever" },
  "unchecked-schema": { summary: "a schema that cannot be validated" },
  "refused-reference": { summary: "a reference out of the folder, in a schema that is not read" },
  "unresolved-reference": { summary: "a reference to nothing, in a schema that is not read" },
  "circular-reference": { summary: "references in a circle, in a schema that is not read" },
  "info-contact": { preset: "gamingapi", summary: "`info` names a contact" },
  "info-description": { preset: "gamingapi", summary: "`info` has a description" },
  "license-url": { preset: "gamingapi", summary: "the licence has a `url`" },
  "tag-description": { preset: "gamingapi", summary: "tags have descriptions" },
  "versioned-address": { preset: "gamingapi", summary: "an address holds its version: `v0`" },
  "operation-id": { preset: "gamingapi", summary: "operations have names of their own" },
  "operation-description": { preset: "gamingapi", summary: "operations have descriptions" },
  "parameter-description": { preset: "gamingapi", summary: "parameters have descriptions" },
  "parameter-reference": { preset: "gamingapi", summary: "parameters are references" },
  "message-reference": { preset: "gamingapi", summary: "messages are references" },
  "object-payload": { preset: "gamingapi", summary: "a payload is an object" },
  "snake-case": { preset: "gamingapi", summary: "properties are written in snake_case" },
  "time-suffix": { preset: "gamingapi", summary: "points in time end with `_at`" },
  "no-additional-properties": {
    preset: "gamingapi",
    summary: "an object with properties allows no others by a schema of theirs",
  },
};
