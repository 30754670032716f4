/** Kernels of a plan that run in the machine's own code, where that was compiled. */
import { kernelText, type KernelText } from "../ccode/kernel.ts";
import type { NativeKernel } from "../generatedKernels.ts";
import { separate } from "./independentGroups.ts";
import { costOf, kernelPlan, type KernelContext } from "./kernels.ts";
import type { PlannedGroup, PlannedList, PlannedNode } from "./nodes.ts";

/** How the native backend is used, where it is. */
export interface NativeUse {
  /** Instruction set; absent: the fastest that this machine runs. */
  readonly set?: string;
  /**
   * Compile, with this machine's compiler, generated kernels that no earlier run compiled: seconds for a program that is new.
   * Without it those kernels are WebAssembly.
   */
  readonly compile?: boolean;
  /** The C compiler for that; absent: the first of cc, gcc, clang. */
  readonly compiler?: string;
  /** Instructions below which a kernel stays WebAssembly, for a call into the machine's code costs more than it saves. */
  readonly least?: number;
}

const LEAST = 2048;

/** The kernels, by node: of a row group all or none. Throws NativeBuildInputError where one is to be compiled and cannot. */
export function nativeKernelsOf(
  lists: readonly PlannedList[],
  context: KernelContext,
  { compile = false, compiler, least = LEAST }: NativeUse,
): Map<PlannedNode, NativeKernel> {
  const { kernels, tables } = context.places;
  const result = new Map<PlannedNode, NativeKernel>();
  if (kernels.generated === undefined) return result;
  const groups = lists.flatMap((list) => list.groups.flatMap(separate).map((group) => textsOf(group, context, least)));
  const bodies = groups.flatMap((texts) => [...texts.values()].map(({ text }) => text));
  const addresses = kernels.generated.find(bodies, { compile, compiler });
  let next = 0;
  for (const texts of groups) {
    const found = addresses.slice(next, (next += texts.size));
    const whole = found.every((kernel) => kernel !== undefined);
    [...texts].forEach(([node, { parameters }], i) => {
      const kernel = found[i];
      if (whole && kernel !== undefined)
        result.set(node, { kernel, parameters: tables.place(Int32Array.from(parameters)) });
    });
  }
  return result;
}

/** The kernels of a group in C: none where one has no form in C, or all together are too little work. */
function textsOf(
  { nodes, rowByRow }: PlannedGroup,
  context: KernelContext,
  least: number,
): Map<PlannedNode, KernelText> {
  const texts = new Map<PlannedNode, KernelText>();
  const computed = nodes.filter(({ record, count }) => record !== undefined && count.most > 0);
  const cost = computed.reduce((sum, node) => sum + costOf(node) * node.count.most, 0);
  if (cost < least && !computed.some((node) => context.matches.has(node))) return texts;
  for (const node of computed) {
    const text = kernelText(kernelPlan(node, rowByRow, context));
    if (text === undefined) return new Map();
    texts.set(node, text);
  }
  return texts;
}
