/** Trilu as onnxruntime had it before ONNX. */
import { MICROSOFT, type Operator } from "../../operator.ts";
import { Trilu as Standard } from "../Trilu.ts";

export const Trilu: Operator = { ...Standard, domain: MICROSOFT };
