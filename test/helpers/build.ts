/**
 * Contracts built under another build profile than the run's, in memory: the artifacts on disk stay as they are.
 */
import hre from "hardhat";

export interface Built {
  readonly abi: readonly object[];
  readonly bytecode: string;
}

/** Builds `contracts/${path}` under the profile and gives its contract of the same name as the file. */
export async function buildUnder(profile: string, path: string): Promise<Built> {
  const file = `${hre.config.paths.root}/contracts/${path}`;
  const jobs = await hre.solidity.getCompilationJobs([file], { buildProfile: profile, quiet: true, force: true });
  if ("reason" in jobs) throw new Error(`no build of ${path}: ${jobs.formattedReason}`);
  const job = [...jobs.compilationJobsPerFile.values()][0];
  const { output } = await hre.solidity.runCompilationJob(job, { buildProfile: profile, quiet: true });
  const name = path.replace(/^.*\/|\.sol$/g, "");
  const contract = output.contracts?.[`project/contracts/${path}`]?.[name];
  if (contract?.evm?.bytecode === undefined) throw new Error(JSON.stringify(output.errors));
  return { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` };
}
