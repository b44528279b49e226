// Runs the core in a host that gives it nothing: no clock, no randomness, no I/O.
import { readFile } from "node:fs/promises";

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]), {});
const failed = instance.exports.self_check();
if (failed !== 0) {
  console.error(`self_check: check ${failed} of sync-core/wasm-probe/src/lib.rs failed`);
  process.exit(1);
}
console.log("the core works in a host that gives it nothing");
