/** For tests of what a plan finds in a program's one list. */
import { Layout, type Program, type Request, type Tensor } from "@assay/vm";
import { fixed } from "../codegen/graph.ts";
import { LinearMemory } from "../plan/memory.ts";
import { planList, type PlannedList } from "../plan/nodes.ts";
import type { GivenTensor, Surroundings } from "../plan/operands.ts";

/** A list as a plan has it, all of its tensors at address 0. */
export interface Planned {
  readonly list: PlannedList;
  readonly surroundings: Surroundings;
  readonly request: Request;
  readonly memory: LinearMemory;
}

export function planned({ program, request }: { readonly program: Program; readonly request: Request }): Planned {
  const memory = new LinearMemory(false, 0);
  const list = planList(new Layout(program, request), [0], memory);
  for (const node of list.nodes) node.address = fixed(0);
  const given = ({ dtype, shape }: Tensor): GivenTensor => {
    return { dtype, count: fixed(shape.reduce((product, size) => product * size, 1)), address: () => fixed(0) };
  };
  const [inputs, parameters] = [request.inputs, program.params].map((tensors) => tensors.map(given));
  return { list, surroundings: { inputs, parameters, lists: { prompt: list }, history: () => 0 }, request, memory };
}
