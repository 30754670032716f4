/**
 * Contractions in WebAssembly. The module is written when it is first needed, the same bytes in Node and in a browser.
 */
import { KIND, MODE, type Contraction, type ContractionKernels } from "../contraction.ts";
import { ModuleWriter, type MemoryLimits } from "../wasm/module.ts";
import { compileModule, instantiate, type CompiledModule, type Memory } from "../wasm/webAssembly.ts";
import { columnPacker } from "./columns.ts";
import { drivers } from "./driver.ts";
import { ELEMENTS } from "./element.ts";
import { transposer } from "./gather.ts";
import { emulatedMadd, fusedMadd } from "./madd.ts";
import { floats, integers, microKernels, tileCopier } from "./micro.ts";
import { panelPacker } from "./panel.ts";
import { fusesMadd } from "./probe.ts";
import { quantisedPacker, quantisedRow } from "./quantised.ts";
import { goodRegion } from "./region.ts";
import { rowPacker } from "./rows.ts";
import { isShort, shortScratch } from "./short.ts";
import { blockSteps, CHUNK, COLUMN_LANES, lanesOf, LANE_BYTES, rowLanes, roundUp, SCRATCH, stepsOf } from "./shape.ts";

/** What a kernel module exports. */
interface Exports {
  readonly pack: (at: number, side: number, batch: number, to: number) => void;
  readonly contract: ContractionKernels["contract"];
}

export interface KernelOptions extends MemoryLimits {
  /** Whether fused multiply-add is emulated; by default where the machine does not fuse it. */
  readonly emulate?: boolean;
}

/** The bytes of the kernel module. */
export function kernelModule(limits: MemoryLimits, emulate: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter(limits);
  const madd = emulate ? emulatedMadd(module) : fusedMadd;
  const panel = panelPacker(module);
  drivers(module, {
    panel,
    quantised: quantisedPacker(module),
    quantisedRow: quantisedRow(module, madd),
    packers: ELEMENTS.map((element) => {
      const quad = transposer(module, element, 4);
      return {
        dtype: element.dtype,
        rows: rowPacker(module, element, quad, transposer(module, element, 2), panel),
        columns: columnPacker(module, element, quad),
      };
    }),
    micro: {
      [KIND.FLOAT32]: microKernels(module, floats(madd), true),
      [KIND.INT32]: microKernels(module, integers, false),
    },
    copyTile: tileCopier(module),
    madd,
  });
  return module.encode();
}

const modules = new Map<string, CompiledModule>();

/** The compiled module, one per process and kind of memory. */
function compiled({ shared, maximum }: MemoryLimits, emulate: boolean): CompiledModule {
  const key = `${shared} ${maximum} ${emulate}`;
  const known = modules.get(key);
  if (known) return known;
  const module = compileModule(kernelModule({ shared, maximum }, emulate));
  modules.set(key, module);
  return module;
}

/**
 * The kernels over a memory, which has these limits.
 * @throws WebAssembly.LinkError where the memory has others.
 */
export function wasmKernels(memory: Memory, options: KernelOptions): ContractionKernels {
  const emulate = options.emulate ?? !fusesMadd();
  const { pack, contract } = instantiate<Exports>(compiled(options, emulate), memory);
  return {
    name: emulate ? "wasm, emulated fma" : "wasm",
    panel: COLUMN_LANES,
    packedBytes: (kind, side, depth, lanes) =>
      roundUp(roundUp(lanes, lanesOf(kind, side)) * stepsOf(kind, depth) * LANE_BYTES, 64),
    pack,
    scratchBytes,
    region: goodRegion,
    contract,
  };
}

function scratchBytes(contraction: Contraction): number {
  // The lists of short sums, their row's panel, and what the general way uses.
  return generalScratch(contraction) + (isShort(contraction) ? shortScratch(contraction) : 0);
}

function generalScratch({ kind, depth, rows, columns, rowFactor, columnFactor }: Contraction): number {
  const step = Math.min(stepsOf(kind, depth), blockSteps(kind)) * LANE_BYTES;
  const rowBytes = rowFactor.mode === MODE.PACKED ? 0 : roundUp(Math.min(rows, CHUNK.rows), rowLanes(kind)) * step;
  const columnBytes =
    columnFactor.mode === MODE.PACKED ? 0 : roundUp(Math.min(columns, CHUNK.columns), COLUMN_LANES) * step;
  return SCRATCH.panels + roundUp(rowBytes, 64) + roundUp(columnBytes, 64);
}
