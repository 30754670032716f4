/** The sections of a record: the code of a body, written for a node of a shape. */
import { ConstantPool, OPCODE, type Section, type Value } from "@assay/vm";
import type { Dimension } from "./dimension.ts";
import type { Body } from "./loweredNode.ts";
import { NodeCode, type OperandTable } from "./nodeCode.ts";
import { RowCode } from "./rowCode.ts";

/** A finished body: constants and sections, as a record holds them. */
export interface Sections {
  readonly constants: readonly number[];
  /** `value`, or `init`, `step`, `final`. */
  readonly sections: readonly Section[];
  /** Constants and instructions of the longest section. */
  readonly registers: number;
  /** Loads of the section with most. */
  readonly loads: number;
}

/** Writes a body. Throws `AssemblyError` where a section is too long. */
export function writeSections(shape: readonly Dimension[], body: Body, operands: OperandTable): Sections {
  const pool = new ConstantPool();
  const { row } = body;
  const section = () =>
    row === undefined ? new NodeCode(shape, operands, pool) : new RowCode(shape, operands, pool, row);
  const parts: [NodeCode, readonly Value[]][] = [];
  if (body.kind === "map") {
    const code = section();
    parts.push([code, [body.value(code)]]);
  } else {
    const [init, step, final] = [section(), section(), section()];
    const accumulators = (code: NodeCode) => body.accumulators.map((_, i) => code.acc(i));
    parts.push([init, body.init(init)]);
    parts.push([step, body.step(step, accumulators(step))]);
    parts.push([final, [body.final(final, accumulators(final))]]);
  }
  const constants = [...pool.seal()];
  const sections = parts.map(([code, results]) => code.finish(results));
  const lengths = sections.map(({ code }) => code.length / 4);
  return {
    constants,
    sections,
    registers: constants.length + Math.max(...lengths),
    loads: Math.max(...sections.map(countLoads)),
  };
}

function countLoads({ code }: Section): number {
  let loads = 0;
  for (let at = 0; at < code.length; at += 4) if (code[at] === OPCODE.load) loads++;
  return loads;
}
