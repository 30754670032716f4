/** Operators that no program can hold, with the reason and, where there is one, the way round. */

const SEQUENCES = "sequences of tensors do not exist here; give the tensors as inputs of their own";
const STRINGS = "strings do not exist here; encode text as integers before the model";
const RANDOM = "random numbers have no seed that everybody knows; remove the node, or give the numbers as an input";
const FILES = "image files are decoded outside; give the pixels as an input";
const MAPS = "maps do not exist here; give the features as a tensor";

const REASONS: Readonly<Record<string, string>> = {
  Bernoulli: RANDOM,
  CastMap: MAPS,
  ConcatFromSequence: SEQUENCES,
  DictVectorizer: MAPS,
  ImageDecoder: FILES,
  MaxRoiPool: "how many elements a bin has depends on the regions; use RoiAlign with a sampling_ratio",
  Multinomial: RANDOM,
  Optional: "optional values do not exist here; a value is given or the model is exported without it",
  RandomNormal: RANDOM,
  RandomNormalLike: RANDOM,
  RandomUniform: RANDOM,
  RandomUniformLike: RANDOM,
  RegexFullMatch: STRINGS,
  SequenceAt: SEQUENCES,
  SequenceConstruct: SEQUENCES,
  SequenceEmpty: SEQUENCES,
  SequenceErase: SEQUENCES,
  SequenceInsert: SEQUENCES,
  SequenceLength: SEQUENCES,
  SequenceMap: SEQUENCES,
  SplitToSequence: SEQUENCES,
  StringConcat: STRINGS,
  StringNormalizer: STRINGS,
  StringSplit: STRINGS,
};

/** Why an operator is not supported. */
export function refusal(domain: string, name: string): string {
  const full = domain === "" ? name : `${domain}.${name}`;
  if (domain === "ai.onnx.preview.training") return `operator ${full} is not supported: training is done elsewhere`;
  const known = domain === "" || domain === "ai.onnx.ml";
  const reason = known && Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
  return `operator ${full} is not supported${reason === undefined ? "" : `: ${reason}`}`;
}
