import { NatsKey } from "alternats";
import {
  ANY,
  ForeignKeyError,
  InvalidParameterError,
  integer,
  type Subject,
  SubjectMismatchError,
  subject,
  values,
} from "alternats/sdk";
import { describe, expect, it } from "vitest";

interface ChatParams {
  readonly serverId: string;
  readonly steamId: string;
}
const chat: Subject<ChatParams> = subject("v0.rust.servers.{serverId}.player.{steamId}.chatted");

describe("a subject with parameters", () => {
  it("fills in the values", () => {
    expect(chat.at({ serverId: "eu-1", steamId: "7" }).subject).toBe(
      "v0.rust.servers.eu-1.player.7.chatted",
    );
  });

  it("returns a key that remembers it", () => {
    expect(chat.at({ serverId: "eu-1", steamId: "7" }).of).toBe(chat);
  });

  it("keeps its template", () => {
    expect(chat.template).toBe("v0.rust.servers.{serverId}.player.{steamId}.chatted");
  });

  it("accepts text of any script", () => {
    expect(chat.at({ serverId: "höhle", steamId: "鹿" }).subject).toBe(
      "v0.rust.servers.höhle.player.鹿.chatted",
    );
  });

  const refused = {
    "nothing at all": "",
    "a dot": "a.b",
    "a star": "*",
    "a star within text": "a*",
    "a greater-than sign": ">",
    "a space": "a b",
    "a tab": "a\tb",
    "a line break": "a\r\nPUB x 0",
    "the character zero": "\u0000",
    "the delete character": "\u007f",
    "a control character above ASCII": "\u0085",
    "a no-break space": "a\u00a0b",
    "an ideographic space": "鹿\u3000",
    "a dot behind other scripts": "鹿.b",
    "a star behind other scripts": "鹿*",
    "half of a surrogate pair": "a\ud800",
  };
  for (const [what, value] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => chat.at({ serverId: "eu-1", steamId: value })).toThrow(InvalidParameterError);
      expect(() => chat.filter({ steamId: value })).toThrow(InvalidParameterError);
    });
  }

  it("rejects values that are not strings", () => {
    for (const value of [undefined, null, 7, true, {}, [], () => "x", Symbol("x"), 7n, ANY]) {
      expect(() => chat.at({ serverId: "eu-1", steamId: value as string })).toThrow(
        InvalidParameterError,
      );
    }
  });

  it("rejects a missing parameter", () => {
    expect(() => chat.at({ serverId: "eu-1" } as ChatParams)).toThrow(InvalidParameterError);
  });

  it("names the wrong parameter, its subject and the allowed values", () => {
    const wrong = () => chat.at({ serverId: "eu-1", steamId: "a.b" });
    expect(wrong).toThrow(
      expect.objectContaining({
        name: "InvalidParameterError",
        code: "INVALID_PARAMETER",
        parameter: "steamId",
        template: chat.template,
        message:
          'The parameter "steamId" of "v0.rust.servers.{serverId}.player.{steamId}.chatted" cannot be "a.b": it must be a string that makes one token of a subject: not empty, without ".", "*", ">", white space and control characters.',
      }),
    );
  });

  it("shortens long values in its messages", () => {
    const wrong = () => chat.at({ serverId: "eu-1", steamId: "* ".repeat(1e6) });
    expect(wrong).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{100,500}$/) }),
    );
  });

  it("accepts only its own keys", () => {
    const other: Subject<ChatParams> = subject("other.{serverId}.{steamId}");
    const params = { serverId: "eu-1", steamId: "7" };
    const own = chat.at(params);
    expect(chat.address(own)).toBe(own);
    expect(() => chat.address(other.at(params))).toThrow(ForeignKeyError);
    expect(() => chat.address(new NatsKey("v0.x") as never)).toThrow(
      expect.objectContaining({ code: "FOREIGN_KEY", subject: "v0.x", template: chat.template }),
    );
  });
});

describe("invalid parameters", () => {
  it.each([undefined, null, "eu-1", 7])("are rejected by name: %s", (none) => {
    for (const use of ["at", "filter", "address", "select"] as const) {
      expect(() => chat[use](none as never)).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining(chat.template),
        }),
      );
    }
  });
});

describe("repeated parameters", () => {
  const address = (params: ChatParams): unknown => chat.address(params);

  it("are checked and encoded once", () => {
    const players = Array.from({ length: 40 }, (_, i) => ({ serverId: "eu-2", steamId: `p${i}` }));
    for (let times = 0; times < 120; times++) {
      for (const params of players) {
        expect(String(address({ ...params }))).toBe(chat.at(params).subject);
      }
    }
    for (const params of players) {
      expect(address({ ...params })).toBeInstanceOf(NatsKey);
      expect(address({ ...params })).toBe(address({ ...params }));
    }
  });

  it("are never confused with others, however many there are", () => {
    const own: Subject<{ readonly a: string; readonly b: string }> = subject("{a}.{b}");
    for (let i = 0; i < 30_000; i++) {
      const [a, b] = [`a${i % 7}`, `b${i % 5_003}`];
      if (String(own.address({ a, b })) !== `${a}.${b}`) expect.unreachable(`${a}.${b}`);
    }
  });

  it("are rejected each time if they cannot be in a subject", () => {
    for (let i = 0; i < 40; i++) {
      expect(() => address({ serverId: "eu-1", steamId: "a.b" })).toThrow(InvalidParameterError);
    }
  });

  it("are not accepted as keys of other subjects", () => {
    const own: Subject<{ readonly subject: string }> = subject("all.{subject}");
    for (let i = 0; i < 40; i++) {
      expect(() => own.address(new NatsKey("a") as never)).toThrow(ForeignKeyError);
    }
  });

  it("distinguish numbers from strings, and can be left out", () => {
    const slot: Subject<{ readonly n: number }> = subject("slot.{n}", { tokens: { n: integer } });
    const none: Subject<Record<never, never>> = subject("all");
    for (let i = 0; i < 40; i++) {
      expect(String(slot.address({ n: 7 }))).toBe("slot.7");
      expect(() => slot.address({ n: "7" } as never)).toThrow(InvalidParameterError);
      expect(String(none.address({}))).toBe("all");
    }
  });
});

describe("a filter", () => {
  it("matches every value of a parameter that is left out", () => {
    expect(chat.filter({})).toBe("v0.rust.servers.*.player.*.chatted");
    expect(chat.filter({ serverId: "eu-1" })).toBe("v0.rust.servers.eu-1.player.*.chatted");
    expect(chat.filter({ steamId: "7" })).toBe("v0.rust.servers.*.player.7.chatted");
  });

  it("never treats an explicit undefined as a wildcard", () => {
    const params = { serverId: undefined } as unknown as { serverId: string };
    expect(() => chat.filter(params)).toThrow(InvalidParameterError);
  });

  it("needs no check of received subjects if wildcards match exactly", () => {
    expect(chat.select({}).accepts).toBeUndefined();
    expect(chat.select({ serverId: "eu-1" }).accepts).toBeUndefined();
  });
});

describe("reading a subject", () => {
  it("returns the parameters", () => {
    expect(chat.read("v0.rust.servers.eu-1.player.7.chatted")).toEqual({
      serverId: "eu-1",
      steamId: "7",
    });
  });

  it("reads a parameter at the start and at the end", () => {
    const both: Subject<{ readonly from: string; readonly to: string }> = subject("{from}.to.{to}");
    expect(both.read("a.to.b")).toEqual({ from: "a", to: "b" });
    expect(both.at({ from: "a", to: "b" }).subject).toBe("a.to.b");
  });

  it("rejects another subject", () => {
    for (const other of [
      "",
      "v0",
      "v0.rust.servers.eu-1.player.7",
      "v0.rust.servers.eu-1.player.7.chatted.more",
      "v1.rust.servers.eu-1.player.7.chatted",
    ]) {
      expect(() => chat.read(other)).toThrow(SubjectMismatchError);
    }
  });
});

describe("parameters with types", () => {
  interface UnitParams {
    readonly region?: "eu" | "us";
    readonly slot: number;
  }
  const unit: Subject<UnitParams> = subject("{region}.units.{slot}", {
    tokens: { region: values("eu", "us"), slot: integer },
    defaults: { region: "eu" },
  });

  it("are written and read with their types", () => {
    expect(unit.at({ region: "us", slot: -12 }).subject).toBe("us.units.-12");
    expect(unit.read("us.units.-12")).toEqual({ region: "us", slot: -12 });
  });

  it("have their default if left out, and ANY for every value", () => {
    expect(unit.at({ slot: 1 }).subject).toBe("eu.units.1");
    expect(unit.filter({})).toBe("eu.units.*");
    expect(unit.filter({ region: ANY })).toBe("*.units.*");
    expect(unit.filter({ region: ANY, slot: 1 })).toBe("*.units.1");
  });

  it("never have their default for an explicit undefined", () => {
    const params = { region: undefined, slot: 1 } as unknown as UnitParams;
    expect(() => unit.at(params)).toThrow(InvalidParameterError);
    expect(() => unit.filter(params)).toThrow(InvalidParameterError);
  });

  it("are rejected with the allowed values", () => {
    for (const slot of [1.5, Number.NaN, 2 ** 53, "1"]) {
      expect(() => unit.at({ slot: slot as number })).toThrow(/"slot".*it must be an integer\.$/);
    }
    expect(() => unit.at({ region: "asia" as "eu", slot: 1 })).toThrow(
      /"region".*cannot be "asia": it must be one of "eu", "us"\.$/,
    );
  });

  it("do not accept subjects with other values", () => {
    const { accepts } = unit.select({ region: ANY });
    expect(accepts?.("us.units.7")).toBe(true);
    expect(accepts?.("asia.units.7")).toBe(false);
    for (const text of ["x", "007", "1e3", "0x1f", "1.5", "-0", "9007199254740993"]) {
      expect(accepts?.(`us.units.${text}`)).toBe(false);
    }
    expect(() => unit.read("us.units.x")).toThrow(SubjectMismatchError);
  });

  it("can be numbers and booleans of a list", () => {
    const flag: Subject<{ readonly on: boolean; readonly level: 1 | 2 }> = subject("{on}.{level}", {
      tokens: { on: values(true, false), level: values(1, 2) },
    });
    expect(flag.at({ on: false, level: 2 }).subject).toBe("false.2");
    expect(flag.read("false.2")).toEqual({ on: false, level: 2 });
  });
});

describe("a parameter within a token", () => {
  const game: Subject<{ readonly id: string }> = subject("lobby.game-{id}.state");

  it("is written with its surrounding text", () => {
    expect(game.at({ id: "7" }).subject).toBe("lobby.game-7.state");
    expect(game.filter({ id: "7" })).toBe("lobby.game-7.state");
    expect(game.select({ id: "7" }).accepts).toBeUndefined();
  });

  it("subscribes to the whole token and accepts those with the text", () => {
    const { subject, accepts } = game.select({});
    expect(subject).toBe("lobby.*.state");
    expect(accepts?.("lobby.game-7.state")).toBe(true);
    expect(accepts?.("lobby.match-7.state")).toBe(false);
    expect(accepts?.("lobby.game-.state")).toBe(false);
  });

  it("is read without its surrounding text", () => {
    expect(game.read("lobby.game-7.state")).toEqual({ id: "7" });
    const between: Subject<{ readonly id: string }> = subject("a-{id}-z");
    expect(between.read("a-1-2-z")).toEqual({ id: "1-2" });
    expect(() => between.read("a-z")).toThrow(SubjectMismatchError);
  });

  it("can share a token with another, and each is read as it was written", () => {
    const pair: Subject<{ readonly a: string; readonly b: string }> = subject("p.{a}--{b}");
    expect(pair.read(pair.at({ a: "x", b: "y--z" }).subject)).toEqual({ a: "x", b: "y--z" });
    expect(() => pair.at({ a: "x--y", b: "z" })).toThrow(InvalidParameterError);
    expect(() => pair.at({ a: "x-", b: "z" })).toThrow(/and without "--"\.$/);
    expect(() => pair.filter({ a: "x-", b: "z" })).toThrow(InvalidParameterError);
    const { subject: listened, accepts } = pair.select({ a: "x" });
    expect(listened).toBe("p.*");
    expect(accepts?.("p.x--y")).toBe(true);
    expect(accepts?.("p.w--y")).toBe(false);
  });
});

describe("a parameter that occurs twice", () => {
  const twice: Subject<{ readonly id: string; readonly of: string }> = subject("{id}.{of}.v-{id}");

  it("is written twice", () => {
    expect(twice.at({ id: "1", of: "x" }).subject).toBe("1.x.v-1");
  });

  it("accepts only subjects with the same value in both places", () => {
    const { subject, accepts } = twice.select({});
    expect(subject).toBe("*.*.*");
    expect(accepts?.("1.x.v-1")).toBe(true);
    expect(accepts?.("1.x.v-2")).toBe(false);
    expect(() => twice.read("1.x.v-2")).toThrow(SubjectMismatchError);
  });

  it("is also checked without other text", () => {
    const plain: Subject<{ readonly id: string }> = subject("{id}.x.{id}");
    expect(plain.select({}).accepts?.("1.x.2")).toBe(false);
    expect(plain.select({ id: "1" }).accepts).toBeUndefined();
  });
});

describe("names of inherited properties", () => {
  it("count only as own properties of the parameters", () => {
    const odd: Subject<{ readonly constructor: string }> = subject("a.{constructor}");
    expect(odd.at({ constructor: "x" }).subject).toBe("a.x");
    expect(odd.filter({} as never)).toBe("a.*");
    expect(() => odd.at({} as never)).toThrow(InvalidParameterError);
    expect(odd.read("a.x").constructor).toBe("x");
  });

  it("are rejected if they would change the object", () => {
    expect(() => subject("a.{__proto__}")).toThrow(/cannot be called __proto__/);
  });
});

describe("templates", () => {
  it("are rejected if they give no valid subject", () => {
    for (const template of ["", "a..{b}", "a.{b} c", ".{a}", "{a}.", "a.>.{b}"]) {
      expect(() => subject(template)).toThrow(expect.objectContaining({ code: "INVALID_SUBJECT" }));
    }
    expect(() => subject("{a}{b}")).toThrow(/put some text between them/);
  });

  it("with wildcards are only for subscribing", () => {
    const log: Subject<{ readonly id: string }> = subject("log.*.{id}.>");
    expect(log.filter({ id: "7" })).toBe("log.*.7.>");
    expect(log.read("log.x.7.a.b")).toEqual({ id: "7" });
    expect(() => log.at({ id: "7" })).toThrow(expect.objectContaining({ code: "INVALID_SUBJECT" }));
  });
});
