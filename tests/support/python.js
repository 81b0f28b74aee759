// The Python of the tests, which has what tests/sdk/requirements.txt lists.

import { join } from "node:path";

import { ROOT } from "./passerby.js";

/** The interpreter. */
export const PYTHON = process.env.PASSERBY_TEST_PYTHON ?? join(ROOT, "target/test-tools/python/bin/python");

/** The path of a script of the tests. */
export const script = (name) => join(ROOT, "tests/sdk", name);
