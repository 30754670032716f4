/**
 * Measures the gas of Float32 and writes snapshots/float32-gas.json.
 *
 *     npm run bench -- float32-gas
 */
import { writeFileSync } from "node:fs";
import { measureGas, SNAPSHOT } from "../../test/helpers/float32-gas.ts";

const gas = await measureGas();
console.log("operation        typical   most   worst");
for (const [name, { typical, typicalMost, worst }] of Object.entries(gas)) {
  const columns = [typical, typicalMost, worst].map((one) => String(one).padStart(7));
  console.log(`${name.padEnd(16)} ${columns.join(" ")}`);
}
writeFileSync(SNAPSHOT, JSON.stringify(gas, null, 2) + "\n");
