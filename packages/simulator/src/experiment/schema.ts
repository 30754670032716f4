// An experiment file: what is varied, how it is sampled, what the answer is judged by. JSON5, so it carries its reasons
// as comments; the file's own text goes into the report, comments and all.
import { readFileSync } from "node:fs";
import JSON5 from "json5";
import { z } from "zod";
import { InputError, type Problem } from "../errors.ts";
import { SERIES } from "../kernel/world.ts";
import { isSeed } from "../random.ts";
import { OUTPUT_INDEX } from "./outputs.ts";
import { fixFor, unitProblem } from "./units.ts";

const path = z
  .string()
  .regex(
    /^(parameters|rules|scenario)(\.[A-Za-z][A-Za-z0-9]*)+$/,
    "an axis is a path such as scenario.watchers.asleep, parameters.market.window.defaultSeconds or " +
      "rules.collateralRatioBps (compiled from the parameter file, for values that the contracts would refuse)",
  );

const scalar = z.union([z.number(), z.string(), z.boolean(), z.null()]);
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
const json: z.ZodType<Json> = z.lazy(() => z.union([scalar, z.array(json), z.record(z.string(), json)]));

/** One thing that varies: listed values, a range, or named cases that set several paths at once. */
const axis = z
  .strictObject({
    name: z.string().min(1),
    unit: z.string().default(""),
    path: path.optional(),
    values: z.array(z.number()).min(1).optional(),
    range: z
      .strictObject({
        from: z.number(),
        to: z.number(),
        steps: z.int().min(2).max(1_000).default(5),
        scale: z.enum(["linear", "log"]).default("linear"),
        whole: z.boolean().default(false),
      })
      .optional(),
    cases: z
      .array(z.strictObject({ name: z.string().min(1), set: z.record(path, json) }))
      .min(1)
      .optional(),
  })
  .superRefine(({ path, values, range, cases }, context) => {
    const kinds = [values, range, cases].filter((kind) => kind !== undefined).length;
    if (kinds !== 1)
      context.addIssue({ code: "custom", message: "an axis has exactly one of values, range, cases", path: [] });
    if ((cases === undefined) === (path === undefined))
      context.addIssue({
        code: "custom",
        message: "values and range need a path, cases carry their own",
        path: ["path"],
      });
    if (range !== undefined && range.from === range.to)
      context.addIssue({ code: "custom", message: "an empty range: from and to are equal", path: ["range"] });
    if (range?.scale === "log" && Math.min(range.from, range.to) <= 0)
      context.addIssue({ code: "custom", message: "a log scale lies above 0", path: ["range"] });
  });

const output = z.string().refine((name) => OUTPUT_INDEX.has(name), {
  error: ({ input }) => `unknown output ${String(input)}; the outputs are: ${[...OUTPUT_INDEX.keys()].join(", ")}`,
});

/** A condition of safety: the mean of an output, with its confidence interval, stays on one side. */
const condition = z
  .strictObject({
    output,
    max: z.number().optional(),
    min: z.number().optional(),
    /** What it means when it holds, as a clause: "cheating does not pay". */
    says: z.string().min(1),
  })
  .refine(({ max, min }) => (max === undefined) !== (min === undefined), "a condition has either max or min");

const method = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("grid") }),
  z.strictObject({ kind: z.literal("latinHypercube"), points: z.int().min(2).max(100_000) }),
  z.strictObject({ kind: z.literal("monteCarlo"), points: z.int().min(2).max(100_000) }),
  z.strictObject({
    kind: z.literal("morris"),
    trajectories: z.int().min(4).max(10_000),
    levels: z.int().min(4).max(64).multipleOf(2).default(8),
    output,
  }),
  z.strictObject({ kind: z.literal("sobol"), samples: z.int().min(16).max(100_000), output }),
  z.strictObject({
    kind: z.literal("optimise"),
    minimise: output,
    generations: z.int().min(1).max(1_000).default(20),
    population: z.int().min(4).max(200).default(12),
  }),
  z.strictObject({
    kind: z.literal("breakPoint"),
    /** Search stops when the interval is this share of the range. */
    tolerance: z.number().positive().max(0.5).default(0.01),
  }),
]);

const chart = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("phase"), x: z.string(), y: z.string(), output, title: z.string().optional() }),
  z.strictObject({
    kind: z.literal("lines"),
    x: z.string(),
    by: z.string().optional(),
    outputs: z.array(output).min(1),
    title: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("bars"), x: z.string(), output, title: z.string().optional() }),
  z.strictObject({ kind: z.literal("fan"), column: z.enum(SERIES), title: z.string().optional() }),
]);

/** Points of the largest grid: as many as fit in memory with ease. */
const MOST_POINTS = 100_000;

/** How many levels a grid takes on an axis. */
function levelsOf({ values, range, cases }: z.output<typeof axis>): number {
  return (values ?? cases)?.length ?? range?.steps ?? 1;
}

export const experimentSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]+$/, "a name is made of a-z, 0-9 and -"),
    title: z.string().min(1),
    question: z.string().min(1),
    /** The parameter file: a name in packages/deployment/parameters or a path relative to this file. */
    parameters: z.string().default("default"),
    /** TypeScript modules that export further strategies, relative to this file. */
    modules: z.array(z.string()).default([]),
    seed: z.number().refine(isSeed, "a seed is a whole number from 0 to 2^53 - 1").default(1),
    replicates: z.int().min(1).max(10_000).default(10),
    /** Whether replicate i of every point draws the same random numbers: less noise in differences. */
    commonRandomNumbers: z.boolean().default(false),
    /** Changes to the parameter file and scenario that hold at every point. */
    set: z.record(path, json).default({}),
    scenario: z.record(z.string(), json).default({}),
    axes: z.array(axis).max(30).default([]),
    method: method.default({ kind: "grid" }),
    /** Fewer samples than this for an output's mean at a point, and the report says so instead of judging. */
    leastReplicates: z.int().min(1).default(5),
    conditions: z.array(condition).default([]),
    /** What must hold for "safe": every condition at the first point, the rest being stress; or at every point. */
    judge: z.enum(["reference", "everywhere"]).default("reference"),
    charts: z.array(chart).default([]),
    /** What the model leaves out, for the report. */
    caveats: z.array(z.string()).default([]),
  })
  .superRefine((experiment, context) => {
    const { axes, charts, method, conditions } = experiment;
    const names = axes.map(({ name }) => name);
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    axes.forEach(({ path, unit }, i) => {
      const problem = path === undefined ? undefined : unitProblem(path, unit);
      if (problem !== undefined) complain(["axes", i, "unit"], problem);
    });
    names.forEach((name, i) => {
      if (names.indexOf(name) !== i) complain(["axes", i, "name"], `two axes are called ${name}`);
    });
    const points = method.kind === "grid" ? axes.reduce((product, axis) => product * levelsOf(axis), 1) : 0;
    if (points > MOST_POINTS)
      complain(["axes"], `the grid has ${points} points, more than ${MOST_POINTS}; take fewer steps or latinHypercube`);
    if (method.kind !== "grid" && axes.length === 0) complain(["axes"], `${method.kind} needs at least one axis`);
    if (method.kind !== "grid")
      axes.forEach((axis, i) => {
        if (axis.range === undefined) complain(["axes", i], `${method.kind} needs a range on every axis`);
      });
    if ((method.kind === "breakPoint" || method.kind === "optimise") && conditions.length === 0)
      complain(["conditions"], `${method.kind} needs at least one condition`);
    charts.forEach((chart, i) => {
      for (const key of ["x", "y", "by"] as const) {
        const name = (chart as Record<string, unknown>)[key];
        if (typeof name === "string" && !names.includes(name))
          complain(["charts", i, key], `no axis is called ${name}; the axes are: ${names.join(", ") || "none"}`);
      }
    });
  });

export type Experiment = z.output<typeof experimentSchema>;
export type Axis = Experiment["axes"][number];
export type Condition = Experiment["conditions"][number];
export type Method = Experiment["method"];

/** zod's issues as problems with a place in the file. */
export function problemsOf(file: string, error: z.ZodError): Problem[] {
  return error.issues.map((issue) => ({
    where: `${file}: ${issue.path.join(".") || "(whole file)"}`,
    rule: issue.message,
    fix: fixOf(issue),
  }));
}

function fixOf(issue: z.core.$ZodIssue): string {
  const last = String(issue.path.at(-1) ?? "");
  if (issue.code === "unrecognized_keys") return `remove ${issue.keys.join(", ")}, or correct the spelling`;
  if (issue.code === "too_small" && issue.origin === "array") return `give ${last} at least ${issue.minimum} entry`;
  if (issue.code === "custom") return "the rule says what is right there";
  return fixFor(last);
}

/** Reads JSON5 text. Throws InputError. */
export function parseJson5(text: string, file: string): unknown {
  try {
    return JSON5.parse(text);
  } catch (error) {
    throw InputError.at(file, `is not JSON5 (${(error as Error).message})`, "correct the file there");
  }
}

/** Checks an experiment's text. Throws InputError with every problem. */
export function parseExperiment(text: string, file: string): Experiment {
  const result = experimentSchema.safeParse(parseJson5(text, file));
  if (!result.success) throw new InputError(problemsOf(file, result.error));
  return result.data;
}

export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw InputError.at(file, `cannot be read (${(error as Error).message})`, "give the path of a JSON5 file");
  }
}
