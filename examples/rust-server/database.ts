/** The database of the history: an embedded PostgreSQL, or any other by URL. */

import { rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Receiver of SQL: a database, or one of its transactions. */
export interface Queries {
  /**
   * @param sql One statement with the parameters `$1`, `$2` and so on.
   * @returns The rows, and the number of inserted or changed rows. A `bigint` may be a number or
   * text.
   */
  query<R = unknown>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<{ readonly rows: R[]; readonly changed: number }>;
}

/** A PostgreSQL. */
export interface Database extends Queries {
  /** Runs several statements. */
  run(sql: string): Promise<void>;
  /** Runs all of the work, or nothing if it throws. */
  transaction(work: (transaction: Queries) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const LONGEST_CONNECT = 5_000; // milliseconds
const LONGEST_QUERY = 30_000; // milliseconds

/**
 * Opens the database of the environment: DATABASE_URL is any PostgreSQL, for example
 * `postgresql://user:password@host:5432/name`. Without it, DATA_DIR is the folder of an embedded
 * one; without both, the embedded one is in memory.
 */
export function openDatabase(env: NodeJS.ProcessEnv): Promise<Database> {
  const { DATABASE_URL: url, DATA_DIR: folder } = env;
  return url === undefined || url === "" ? embedded(folder) : served(url);
}

async function embedded(folder = "memory://"): Promise<Database> {
  const { PGlite } = await import("@electric-sql/pglite");
  await removeEmptyLock(folder);
  const database = await PGlite.create(folder);
  const queries = (on: Pick<typeof database, "query">): Queries => ({
    async query<R>(sql: string, parameters: readonly unknown[] = []) {
      const { rows, affectedRows = 0 } = await on.query<R>(sql, [...parameters]);
      return { rows, changed: affectedRows };
    },
  });
  return {
    ...queries(database),
    async run(sql) {
      await database.exec(sql);
    },
    async transaction(work) {
      await database.transaction((transaction) => work(queries(transaction)));
    },
    close: () => database.close(),
  };
}

/**
 * Removes an empty lock file. A process that is killed while it opens the database may leave one,
 * which PostgreSQL never accepts.
 */
async function removeEmptyLock(folder: string): Promise<void> {
  const lock = join(folder, "postmaster.pid");
  const found = await stat(lock).catch(() => undefined);
  if (found?.size === 0) await rm(lock);
}

/**
 * Opens connections when they are needed: if one is lost, its query fails and another connection
 * replaces it.
 */
async function served(url: string): Promise<Database> {
  const { Pool } = (await import("pg")).default;
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: LONGEST_CONNECT,
    query_timeout: LONGEST_QUERY,
    keepAlive: true,
  });
  // A lost idle connection has no effect: the next query uses another one, or fails.
  pool.on("error", () => {});
  const queries = (on: Pick<typeof pool, "query">): Queries => ({
    async query<R>(sql: string, parameters: readonly unknown[] = []) {
      const { rows, rowCount } = await on.query(sql, [...parameters]);
      return { rows: rows as R[], changed: rowCount ?? 0 };
    },
  });
  return {
    ...queries(pool),
    async run(sql) {
      await pool.query(sql);
    },
    async transaction(work) {
      const client = await pool.connect();
      // It may be lost between two queries; the next one then fails.
      client.on("error", () => {});
      let failure: Error | undefined;
      try {
        await client.query("BEGIN");
        await work(queries(client));
        await client.query("COMMIT");
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        throw failure;
      } finally {
        // With an error the connection is closed, and the server rolls back the transaction.
        client.release(failure);
      }
    },
    close: () => pool.end(),
  };
}

/** @returns `true` if the database is only unavailable, so that a later attempt may succeed. */
export function isAway(error: unknown): boolean {
  const { code = "" } = error as { readonly code?: string };
  // SQLSTATE classes: connections (08), resources (53) and the server's operators (57).
  return (
    /^(08|53|57)/.test(code) ||
    /^E(CONN|PIPE|HOST|NET|TIMEDOUT|NOENT|AI_AGAIN)/.test(code) ||
    /timeout|terminated/i.test(String((error as Error).message))
  );
}

/** @returns `true` if the data itself is invalid, so that every attempt fails. */
export function isUnfit(error: unknown): boolean {
  const { code = "" } = error as { readonly code?: string };
  // SQLSTATE classes: data (22) and constraints (23). Missing values of an event cause a TypeError
  // before.
  return error instanceof TypeError || /^2[23]...$/.test(code);
}
