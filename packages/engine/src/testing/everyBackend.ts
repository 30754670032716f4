/** Programs on every backend, beside the reference interpreter. */
import { denseBytes, run, type Program, type Request, type Tensor } from "@assay/vm";
import { expect } from "chai";
import { eachGeneratedSet } from "../ccode/testing.ts";
import { Engine, EngineError, type EngineOptions } from "../index.ts";

/** A program and what it is asked. */
export interface Example {
  readonly name: string;
  readonly program: Program;
  readonly request: Request;
}

const hex = (tensors: readonly Tensor[]): string[] =>
  tensors.map((tensor) => Buffer.from(denseBytes(tensor)).toString("hex"));

/** Checks native contractions; says why not where there are none. */
export function orNotRun(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "NO_BACKEND") throw error;
    console.log(`      not run: ${error.message}`);
  }
}

/** Tests that the outputs of examples have the interpreter's bits on every backend, the first time and the second, and traced. */
export function onEveryBackend(examples: readonly Example[]): void {
  let wanted: readonly (readonly string[])[] = [];

  before(function () {
    this.timeout(120_000);
    wanted = examples.map(({ program, request }) => hex(run(program, request).outputs));
  });

  function check(options: EngineOptions): void {
    examples.forEach(({ name, program, request }, i) => {
      const engine = new Engine(program, options);
      try {
        for (let time = 0; time < 2; time++) expect(hex(engine.infer(request)), name).to.deep.equal(wanted[i]);
        expect(hex(engine.run(request).outputs), `${name}, traced`).to.deep.equal(wanted[i]);
      } finally {
        engine.close();
      }
    });
  }

  it("by WebAssembly", () => check({ backend: "wasm" })).timeout(120_000);
  it("by WebAssembly that does not fuse", () => check({ backend: "wasm", emulate: true })).timeout(120_000);
  it("by WebAssembly and two threads", () => check({ backend: "wasm", threads: 2 })).timeout(120_000);
  it("by native contractions, kernels not compiled", () => orNotRun(() => check({ backend: "native" }))).timeout(
    120_000,
  );
  it("by generated C", () => eachGeneratedSet(examples, check)).timeout(600_000);
}
