/** Models as their publishers ship them: in packages of Python, at the versions that published.requirements.txt pins. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CHECKS = join(ROOT, "scripts", "check");
const FOLDER = join(ROOT, ".venv", "published");

/** A model, and how it is asked. */
export interface PublishedModel {
  /** Place in its package. */
  readonly name: string;
  readonly file: string;
  /** Sizes of its open dimensions. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Inputs of integers that are random below a number, 2 where nothing is said; and inputs that are one number throughout. */
  readonly below: Readonly<Record<string, number>>;
  readonly values: Readonly<Record<string, number>>;
  /** int64 scalars that are fixed at import. */
  readonly bind: Readonly<Record<string, number>>;
  /** Whether it quantises what it computes, so that a last bit moves values to other steps. */
  readonly quantised: boolean;
}

/** The models; their packages are fetched first with pip if they are not there and `install` says so, else undefined. */
export function publishedModels(install: boolean): PublishedModel[] | undefined {
  const asked = JSON.parse(readFileSync(join(CHECKS, "published.json"), "utf8")) as Record<
    string,
    Partial<Omit<PublishedModel, "name" | "file">>
  >;
  // A folder of before may lack what has been added since.
  if (!Object.keys(asked).every((name) => existsSync(join(FOLDER, name)))) {
    if (!install) return undefined;
    fetchPackages();
  }
  return Object.entries(asked).map(([name, how]) => ({
    ...{ name, file: join(FOLDER, name), sizes: {}, below: {}, values: {}, bind: {}, quantised: false },
    ...how,
  }));
}

/** Packages without what they depend on: nothing of them is run, and of their files only models are read. */
function fetchPackages(): void {
  const partial = `${FOLDER}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const requirements = join(CHECKS, "published.requirements.txt");
  must("python3", [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--disable-pip-version-check",
    "-r",
    requirements,
    "-d",
    partial,
  ]);
  for (const wheel of readdirSync(partial)) {
    must("python3", ["-m", "zipfile", "-e", join(partial, wheel), partial]);
    rmSync(join(partial, wheel));
  }
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(partial, FOLDER);
}

function must(program: string, parameters: string[]): void {
  const { status } = spawnSync(program, parameters, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${program} ${parameters.join(" ")} failed`);
}
