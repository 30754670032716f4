// A refused input: where it stands, which rule it breaks, and how to put it right.

/** One thing wrong with an input. `where` is a path such as `parameters.json5: market.windowSeconds`. */
export interface Problem {
  readonly where: string;
  readonly rule: string;
  readonly fix: string;
}

/** Thrown for every input a person can correct; commands end with exit code 2 on it. Carries all problems found. */
export class InputError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ where, rule, fix }) => `${where}: ${rule}\n  fix: ${fix}`).join("\n"));
    this.name = "InputError";
    this.problems = problems;
  }

  /** The common case: a single problem. */
  static at(where: string, rule: string, fix: string): InputError {
    return new InputError([{ where, rule, fix }]);
  }
}
