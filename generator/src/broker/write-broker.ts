import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { GeneratedFile } from "../generated-file.js";
import type { Changes } from "../output/compare.js";
import { MANIFEST, readManifest, withManifest } from "../output/manifest.js";
import { writeFiles } from "../output/write.js";
import type { Account } from "../roles/read-accounts.js";
import { type BrokerOptions, type BrokerUser, brokerAccounts, brokerServers } from "./broker.js";
import { composeFiles } from "./compose.js";
import { LOCAL_ENV, writeEnvironment } from "./environment.js";
import { BrokerError } from "./errors.js";
import { KEYS, Keys } from "./keys.js";
import { nkeyAccounts } from "./nkey-accounts.js";
import { operatorAccounts } from "./operator-accounts.js";
import { Secrets } from "./secrets.js";
import { ACCOUNTS, CONTAINERS, containerConfig, serverConfig } from "./server-config.js";

/** Input for the configuration of a broker. */
export interface BrokerPlan {
  /** Title of the document. */
  readonly title: string;
  /** Version of the document. */
  readonly version: string;
  readonly users: readonly BrokerUser[];
  /** Configured accounts. */
  readonly accounts: readonly Account[];
  /** Tables of the permissions, in Markdown. */
  readonly report: string;
}

/** Result of writing the configuration. */
export interface WrittenBroker {
  /** Changes in the committed folder. */
  readonly changes: Changes;
  /** Path of the secrets folder. */
  readonly secrets: string;
  /** Files written to the secrets folder. */
  readonly written: readonly string[];
  /**
   * Names of keys whose secret parts are on another machine, so that their files could not be
   * created.
   */
  readonly absent: readonly string[];
  /** Users whose account is another one than in the previous configuration. */
  readonly moved: readonly MovedUser[];
}

/** A user with another account than before. */
export interface MovedUser {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Writes the configuration of a broker: public keys and permissions to a committed folder, seeds
 * and credentials to another folder. Existing keys are kept.
 *
 * @param output The committed folder.
 * @param secretsFolder The folder of the secrets.
 * @throws BrokerError about the secrets, ForeignFileError, or the file system's error
 */
export async function writeBroker(
  plan: BrokerPlan,
  options: BrokerOptions,
  output: string,
  secretsFolder: string,
): Promise<WrittenBroker> {
  await checkFolder(output);
  checkPath(resolve(secretsFolder));
  const secrets = await Secrets.open(secretsFolder, output);
  return secrets.alone(() => write(plan, options, output, secrets));
}

async function write(
  plan: BrokerPlan,
  options: BrokerOptions,
  output: string,
  secrets: Secrets,
): Promise<WrittenBroker> {
  const { title, version, users, accounts: said, report } = plan;
  const keys = new Keys(secrets, await readIfThere(join(output, KEYS)));
  const project = projectName(title);
  const accounts: GeneratedFile = {
    path: ACCOUNTS,
    text: options.operator
      ? await operatorAccounts(
          project,
          brokerAccounts(users, said),
          keys,
          secrets,
          await readIfThere(join(output, ACCOUNTS)),
        )
      : await withNkeys(users, said, keys),
  };
  const configs = [
    ...brokerServers(options).map((server) => ({
      path: `${server.name}.conf`,
      text: serverConfig(server, project, options),
    })),
    { path: CONTAINERS, text: containerConfig(options) },
    accounts,
  ];
  await writeEnvironment(secrets, options);
  const files = [
    ...configs,
    ...(await composeFiles(project, configs, options)),
    { path: PERMISSIONS, text: report },
    { path: KEYS, text: `${keys}` },
  ];
  const moved = movedUsers(users, (await readIfThere(join(output, PERMISSIONS))) ?? "");
  const changes = await writeFiles(output, withManifest({ title, version }, {}, files));
  return { changes, secrets: secrets.folder, written: secrets.written, absent: keys.absent, moved };
}

/** Converts a document's title to a name for files, clusters and compose. */
export function projectName(title: string): string {
  const name = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "broker" : name.slice(0, 40);
}

/** File with the tables of permissions, which also names the account of each user. */
const PERMISSIONS = "permissions.md";

/** @param previous The tables of an earlier run. */
function movedUsers(users: readonly BrokerUser[], previous: string): readonly MovedUser[] {
  const before = new Map(
    [
      ...previous.matchAll(/^## (\S+)\n\n(?:(?!^## )[\s\S])*?^Role `[^`]+`, account `([^`]+)`/gm),
    ].map(([, name = "", account = ""]) => [name, account]),
  );
  return users.flatMap(({ name, account }) => {
    const from = before.get(name);
    return from === undefined || from === account ? [] : [{ name, from, to: account }];
  });
}

async function withNkeys(
  users: readonly BrokerUser[],
  said: readonly Account[],
  keys: Keys,
): Promise<string> {
  const publicKeys = new Map<string, string>();
  for (const { name } of users) publicKeys.set(name, (await keys.take(`users/${name}`)).publicKey);
  const system = await keys.take("users/sys");
  return nkeyAccounts(brokerAccounts(users, said), publicKeys, system.publicKey);
}

/**
 * Checks the output folder: files of an earlier run are removed, which must not happen to an SDK.
 */
async function checkFolder(output: string): Promise<void> {
  const manifest = readManifest((await readIfThere(join(output, MANIFEST))) ?? "");
  if (manifest?.files !== undefined && !Object.hasOwn(manifest.files, ACCOUNTS))
    throw new BrokerError(
      "OUTPUT",
      `${output} contains an SDK. Use another output folder for the broker.`,
    );
}

/** Checks a path that shells and compose read as a quoted value. */
function checkPath(folder: string): void {
  if (/['\p{Cc}]/u.test(folder))
    throw new BrokerError(
      "SECRETS",
      `The path ${JSON.stringify(folder)} contains characters that are invalid in ${LOCAL_ENV}. Choose a folder without quotation marks or control characters.`,
    );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
