/** What an import may be asked for. */
import type { Bounds, Hash, TensorHasher } from "@assay/vm";
import type { BoundValue } from "./bind.ts";
import type { Sampling } from "./generation/sampling.ts";
import type { ExternalData } from "./onnx/tensor.ts";
import type { SizeOption } from "./symbols.ts";

export interface ImportOptions {
  /** Name of the model's file, for messages. */
  readonly file?: string;
  /** Reads files beside the model. */
  readonly external?: ExternalData;
  /** A size or bounds for each named dimension; those not given lie between 1 and `DEFAULT_GREATEST_SYMBOL` where the model allows it. */
  readonly symbols?: Readonly<Record<string, SizeOption>>;
  /** Inputs that are fixed: they are constants of the program, not inputs. */
  readonly bind?: Readonly<Record<string, BoundValue>>;
  /** The outputs of the program, by name; all of the model's if absent. */
  readonly outputs?: readonly string[];
  /** Bounds of the number of calls of a generation loop; `DEFAULT_CALLS` if absent. */
  readonly calls?: Bounds;
  /** The tokens that end a generation; otherwise the model's metadata say (`eos_token_id`). */
  readonly endTokens?: readonly number[];
  /** How tokens are drawn; the greatest logit if absent. */
  readonly sampling?: Sampling;
  /** Whether a model with state inputs and outputs becomes a generation loop; true if absent. */
  readonly generation?: boolean;
  /** Whether products of dequantised tensors are computed in integers; true if absent. */
  readonly integerProducts?: boolean;
  /** Content addresses. */
  readonly tokenizer?: Hash;
  readonly chatTemplate?: Hash;
  readonly labels?: Hash;
  /** Hashes the parameters; the plain one of `@assay/vm` if absent. */
  readonly hasher?: TensorHasher;
  /** Told how far the import is, whenever a piece of external data has been read or of a parameter hashed. */
  readonly progress?: (progress: ImportProgress) => void;
}

/** How far an import is: bytes of external data read, or of parameters hashed. */
export interface ImportProgress {
  readonly stage: "reading" | "hashing";
  readonly done: number;
  readonly total: number;
}
