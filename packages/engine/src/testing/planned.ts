/** For tests of what a plan finds in a program's one list, and of whole plans. */
import { Layout, type Program, type Request, type Tensor } from "@assay/vm";
import { FREE_ADDRESS } from "../codegen/emitter.ts";
import { fixed } from "../codegen/graph.ts";
import { Engine } from "../engine.ts";
import { Evaluator } from "../evaluated.ts";
import { wasmKernels } from "../kernels/wasmKernels.ts";
import { LinearMemory } from "../plan/memory.ts";
import { planList, type PlannedList } from "../plan/nodes.ts";
import type { GivenTensor, Surroundings } from "../plan/operands.ts";
import { PackedParameters } from "../plan/packing.ts";
import { Parameters } from "../plan/parameters.ts";
import { planRun, type Plan } from "../plan/plan.ts";
import { MAX_PAGES } from "../wasm/module.ts";

/** A list as a plan has it, all of its tensors at address 0. */
export interface Planned {
  readonly list: PlannedList;
  readonly surroundings: Surroundings;
  readonly request: Request;
  readonly memory: LinearMemory;
}

export function planned({ program, request }: { readonly program: Program; readonly request: Request }): Planned {
  const memory = new LinearMemory(false, FREE_ADDRESS);
  const list = planList(new Layout(program, request), [0], memory);
  for (const node of list.nodes) node.address = fixed(0);
  const given = ({ dtype, shape }: Tensor): GivenTensor => {
    return { dtype, count: fixed(shape.reduce((product, size) => product * size, 1)), address: () => fixed(0) };
  };
  const [inputs, parameters] = [request.inputs, program.params].map((tensors) => tensors.map(given));
  return { list, surroundings: { inputs, parameters, lists: { prompt: list }, history: () => 0 }, request, memory };
}

/** A plan for so many threads, in WebAssembly, as it is before parameters have their places. */
export function planOf(
  { program, request }: { readonly program: Program; readonly request: Request },
  threads: number,
): Plan {
  const memory = new LinearMemory(threads > 1, FREE_ADDRESS);
  const parameters = new Parameters(program, memory);
  const kernels = wasmKernels(memory.memory, { shared: memory.shared, maximum: MAX_PAGES });
  const alone = { backend: "wasm", emulate: false } as const;
  const evaluator = new Evaluator((...parts) => new Engine(...parts), program, alone, memory);
  const packed = new PackedParameters(program, memory, parameters, kernels, evaluator);
  const options = { keep: "outputs", fused: true, memory, parameters, packed, kernels, threads, native: {} } as const;
  return planRun(program, request, options);
}
