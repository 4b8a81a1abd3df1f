/** Where the history keeps its tables: an embedded PostgreSQL, or any other by URL. */

import { rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** What takes SQL: a database, or one of its transactions. */
export interface Queries {
  /**
   * @param sql One statement; `$1`, `$2` and so on stand for the parameters.
   * @returns The rows, and how many were inserted or changed. A `bigint` may be a number or text.
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
  /** Does all of the work, or, when it throws, nothing. */
  transaction(work: (transaction: Queries) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const LONGEST_CONNECT = 5_000; // milliseconds
const LONGEST_QUERY = 30_000; // milliseconds

/**
 * Opens the database that the environment names: DATABASE_URL is any PostgreSQL, as in
 * `postgresql://user:password@host:5432/name`; without it, DATA_DIR is the folder of an embedded one, which is in
 * memory without that.
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

/** Who is killed while he opens the database may leave a lock file with nothing in it, which PostgreSQL never accepts. */
async function removeEmptyLock(folder: string): Promise<void> {
  const lock = join(folder, "postmaster.pid");
  const found = await stat(lock).catch(() => undefined);
  if (found?.size === 0) await rm(lock);
}

/** Connections are made when they are needed: one that is lost fails what it was at, and another takes its place. */
async function served(url: string): Promise<Database> {
  const { Pool } = (await import("pg")).default;
  const pool = new Pool({
    connectionString: url,
    connectionTimeoutMillis: LONGEST_CONNECT,
    query_timeout: LONGEST_QUERY,
    keepAlive: true,
  });
  // An idle connection that is lost concerns nobody: the next query has another, or fails by itself.
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
      // It may be lost between two queries; the next one fails then.
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
        // With an error the connection is closed, and the server rolls back what was not committed.
        client.release(failure);
      }
    },
    close: () => pool.end(),
  };
}

/** @returns Whether a database is only away, and what failed may work later. */
export function isAway(error: unknown): boolean {
  const { code = "" } = error as { readonly code?: string };
  // Of SQLSTATE: connections (08), resources (53) and the server's operators (57).
  return (
    /^(08|53|57)/.test(code) ||
    /^E(CONN|PIPE|HOST|NET|TIMEDOUT|NOENT|AI_AGAIN)/.test(code) ||
    /timeout|terminated/i.test(String((error as Error).message))
  );
}

/** @returns Whether a failure is about what was to be written, and comes again however often it is tried. */
export function isUnfit(error: unknown): boolean {
  const { code = "" } = error as { readonly code?: string };
  // Of SQLSTATE: data (22) and constraints (23). What is missing in an event is found before.
  return error instanceof TypeError || /^2[23]...$/.test(code);
}
