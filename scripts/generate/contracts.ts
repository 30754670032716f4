/**
 * Writes `snapshots/contracts.json`: code size and storage layout of every deployed contract. A layout changes only on
 * purpose; a size must stay below the chain's limit of 24,576 bytes. `--check` writes nothing and exits 1 if the file is
 * stale.
 *
 *   node scripts/generate/contracts.ts [--check]
 */
import { readFileSync } from "node:fs";
import hre from "hardhat";
import { format } from "prettier";
import { CONTRACTS } from "../../test/helpers/contractNames.ts";
import { keepSnapshot } from "../helpers/snapshot.ts";

/** EIP-170 and EIP-3860. */
const GREATEST_CODE_BYTES = 24_576;
const GREATEST_CREATION_BYTES = 49_152;

interface Layout {
  readonly storage: readonly { label: string; slot: string; offset: number; type: string }[];
  readonly types: Readonly<Record<string, { label: string; members?: Layout["storage"] }>> | null;
}

await hre.tasks.getTask("build").run({ quiet: true });

const bytesIn = (hex: string): number => (hex.length - 2) / 2;

async function layoutOf(name: string): Promise<Layout> {
  const { sourceName, inputSourceName, buildInfoId } = (await hre.artifacts.readArtifact(name)) as unknown as {
    sourceName: string;
    inputSourceName: string;
    buildInfoId: string;
  };
  const file = new URL(`../../artifacts/build-info/${buildInfoId}.output.json`, import.meta.url);
  const { output } = JSON.parse(readFileSync(file, "utf8"));
  return output.contracts[inputSourceName ?? sourceName][name].storageLayout as Layout;
}

/** One line per variable, and below a struct's name one per member. Type ids without the compiler's numbers. */
function linesOf({ storage, types }: Layout): Record<string, unknown> {
  const label = (type: string): string => types?.[type].label ?? type;
  const structs = Object.values(types ?? {})
    .filter(({ members }) => members !== undefined)
    .map(({ label, members }) => [
      label,
      members!.map((m) => `${m.slot}:${m.offset} ${m.label} ${types![m.type].label}`),
    ]);
  return {
    storage: storage.map((v) => `${v.slot}:${v.offset} ${v.label} ${label(v.type)}`),
    structs: Object.fromEntries(structs.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const contracts: Record<string, unknown> = {};
for (const name of CONTRACTS) {
  const { bytecode, deployedBytecode } = await hre.artifacts.readArtifact(name);
  const [codeBytes, creationBytes] = [bytesIn(deployedBytecode), bytesIn(bytecode)];
  if (codeBytes > GREATEST_CODE_BYTES || creationBytes > GREATEST_CREATION_BYTES) {
    console.error(`${name} is too large for a chain: ${codeBytes} bytes of code, ${creationBytes} to create it`);
    process.exitCode = 1;
  }
  contracts[name] = { codeBytes, creationBytes, ...linesOf(await layoutOf(name)) };
}
const text = await format(JSON.stringify(contracts), { parser: "json", printWidth: 120 });

keepSnapshot("snapshots/contracts.json", text, "scripts/generate/contracts.ts");
