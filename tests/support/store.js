// Where the servers of these tests keep their data: in a file in each data directory, or, when PASSERBY_TEST_STORE says
// `postgres`, in a database of each data directory's own, on the PostgreSQL that PASSERBY_TEST_POSTGRES names.

import { spawnSync } from "node:child_process";

const databases = new Map();

/** What tells a command on a data directory where its store is: environment variables. The database goes with the scope. */
export function storeOf(scope, data) {
  const engine = process.env.PASSERBY_TEST_STORE ?? "sqlite";
  if (engine === "sqlite") return {};
  if (engine !== "postgres") throw new Error(`PASSERBY_TEST_STORE is ${engine}: expected sqlite or postgres`);
  if (!databases.has(data)) databases.set(data, makeDatabase(scope));
  return { PASSERBY_STORE: databases.get(data), PASSERBY_STORE_MIGRATE: "true" };
}

function makeDatabase(scope) {
  const name = `test_${process.pid}_${databases.size}`;
  administer(`create database ${name} template template0`);
  scope.after(() => administer(`drop database ${name} with (force)`));
  const url = new URL(administrator());
  url.pathname = name;
  return url.href;
}

function administrator() {
  const url = process.env.PASSERBY_TEST_POSTGRES;
  if (url) return url;
  throw new Error("PASSERBY_TEST_POSTGRES is not set: export PASSERBY_TEST_POSTGRES=$(scripts/postgres start)");
}

function administer(sql) {
  const ran = spawnSync("psql", ["--no-psqlrc", "--quiet", "--command", sql, administrator()], { encoding: "utf8" });
  if (ran.status !== 0) throw ran.error ?? new Error(`psql: ${ran.stderr}`);
}
