/** Runs a plan's steps with one instance of its module. */
import type { Layout } from "@assay/vm";
import type { Step } from "./plan/step.ts";
import { compileModule, instantiate, type Memory } from "./wasm/webAssembly.ts";

type Kernel = (from: number, to: number) => void;

export class Runner {
  readonly #kernels: Record<string, Kernel>;

  constructor(module: Uint8Array<ArrayBuffer>, memory: Memory) {
    this.#kernels = instantiate(compileModule(module), memory);
  }

  run(step: Step, call: number, layout: Layout): void {
    const sizeOf = (node: number) => layout.geometry(call, node).description;
    if (step.kind === "map") {
      this.#kernels[step.name](0, sizeOf(step.node).count);
      return;
    }
    const members = step.kernels.map(({ name, node }) => {
      const { count, rows } = sizeOf(node);
      return { kernel: this.#kernels[name], rows, width: rows === 0 ? 0 : count / rows };
    });
    const most = Math.max(...members.map(({ rows }) => rows));
    for (let row = 0; row < most; row++) {
      for (const { kernel, rows, width } of members) if (row < rows) kernel(row * width, (row + 1) * width);
    }
  }
}
