/** The operators of QONNX, the quantisation of any width that Brevitas exports. */
export { BipolarQuant } from "./BipolarQuant.ts";
export { Quant } from "./Quant.ts";
