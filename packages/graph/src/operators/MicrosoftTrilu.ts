/** Trilu as onnxruntime had it before ONNX. */
import { MICROSOFT, type Operator } from "../operator.ts";
import { Trilu } from "./Trilu.ts";

export const MicrosoftTrilu: Operator = { ...Trilu, domain: MICROSOFT };
