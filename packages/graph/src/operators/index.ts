/** The table of operators: every lowering there is, by domain and name. */
import type { Operator } from "../operator.ts";
import { Abs } from "./Abs.ts";
import { Acos } from "./Acos.ts";
import { Acosh } from "./Acosh.ts";
import { Add } from "./Add.ts";
import { AffineGrid } from "./AffineGrid.ts";
import { And } from "./And.ts";
import { ArgMax } from "./ArgMax.ts";
import { ArgMin } from "./ArgMin.ts";
import { ArrayFeatureExtractor } from "./ArrayFeatureExtractor.ts";
import { Asin } from "./Asin.ts";
import { Asinh } from "./Asinh.ts";
import { Atan } from "./Atan.ts";
import { Atanh } from "./Atanh.ts";
import { Attention } from "./Attention.ts";
import { AveragePool } from "./AveragePool.ts";
import { BatchNormalization } from "./BatchNormalization.ts";
import { BiasAdd } from "./BiasAdd.ts";
import { BiasGelu } from "./BiasGelu.ts";
import { BiasSplitGelu } from "./BiasSplitGelu.ts";
import { Binarizer } from "./Binarizer.ts";
import { BitShift } from "./BitShift.ts";
import { BitwiseAnd } from "./BitwiseAnd.ts";
import { BitwiseNot } from "./BitwiseNot.ts";
import { BitwiseOr } from "./BitwiseOr.ts";
import { BitwiseXor } from "./BitwiseXor.ts";
import { BlackmanWindow } from "./BlackmanWindow.ts";
import { Cast } from "./Cast.ts";
import { CastLike } from "./CastLike.ts";
import { CategoryMapper } from "./CategoryMapper.ts";
import { Ceil } from "./Ceil.ts";
import { Celu } from "./Celu.ts";
import { CenterCropPad } from "./CenterCropPad.ts";
import { Clip } from "./Clip.ts";
import { Col2Im } from "./Col2Im.ts";
import { Compress } from "./Compress.ts";
import { Concat } from "./Concat.ts";
import { Constant } from "./Constant.ts";
import { ConstantOfShape } from "./ConstantOfShape.ts";
import { Conv } from "./Conv.ts";
import { ConvInteger } from "./ConvInteger.ts";
import { ConvTranspose } from "./ConvTranspose.ts";
import { Cos } from "./Cos.ts";
import { Cosh } from "./Cosh.ts";
import { CumSum } from "./CumSum.ts";
import { DeformConv } from "./DeformConv.ts";
import { DepthToSpace } from "./DepthToSpace.ts";
import { DequantizeLinear } from "./DequantizeLinear.ts";
import { Det } from "./Det.ts";
import { DFT } from "./DFT.ts";
import { Div } from "./Div.ts";
import { Dropout } from "./Dropout.ts";
import { DynamicQuantizeLinear } from "./DynamicQuantizeLinear.ts";
import { DynamicQuantizeMatMul } from "./DynamicQuantizeMatMul.ts";
import { Einsum } from "./Einsum.ts";
import { Elu } from "./Elu.ts";
import { EmbedLayerNormalization } from "./EmbedLayerNormalization.ts";
import { Equal } from "./Equal.ts";
import { Erf } from "./Erf.ts";
import { Exp } from "./Exp.ts";
import { Expand } from "./Expand.ts";
import { ExpandDims } from "./ExpandDims.ts";
import { EyeLike } from "./EyeLike.ts";
import { FastGelu } from "./FastGelu.ts";
import { FeatureVectorizer } from "./FeatureVectorizer.ts";
import { Flatten } from "./Flatten.ts";
import { Floor } from "./Floor.ts";
import { FusedConv } from "./FusedConv.ts";
import { FusedGemm } from "./FusedGemm.ts";
import { FusedMatMul } from "./FusedMatMul.ts";
import { Gather } from "./Gather.ts";
import { GatherBlockQuantized } from "./GatherBlockQuantized.ts";
import { GatherElements } from "./GatherElements.ts";
import { GatherND } from "./GatherND.ts";
import { Gelu } from "./Gelu.ts";
import { Gemm } from "./Gemm.ts";
import { GlobalAveragePool } from "./GlobalAveragePool.ts";
import { GlobalLpPool } from "./GlobalLpPool.ts";
import { GlobalMaxPool } from "./GlobalMaxPool.ts";
import { Greater } from "./Greater.ts";
import { GreaterOrEqual } from "./GreaterOrEqual.ts";
import { GridSample } from "./GridSample.ts";
import { GroupNorm } from "./GroupNorm.ts";
import { GroupNormalization } from "./GroupNormalization.ts";
import { GroupQueryAttention } from "./GroupQueryAttention.ts";
import { GRU } from "./GRU.ts";
import { HammingWindow } from "./HammingWindow.ts";
import { HannWindow } from "./HannWindow.ts";
import { Hardmax } from "./Hardmax.ts";
import { HardSigmoid } from "./HardSigmoid.ts";
import { HardSwish } from "./HardSwish.ts";
import { Identity } from "./Identity.ts";
import { If } from "./If.ts";
import { Imputer } from "./Imputer.ts";
import { InstanceNormalization } from "./InstanceNormalization.ts";
import { IsInf } from "./IsInf.ts";
import { IsNaN } from "./IsNaN.ts";
import { LabelEncoder } from "./LabelEncoder.ts";
import { LayerNormalization } from "./LayerNormalization.ts";
import { LeakyRelu } from "./LeakyRelu.ts";
import { Less } from "./Less.ts";
import { LessOrEqual } from "./LessOrEqual.ts";
import { LinearClassifier } from "./LinearClassifier.ts";
import { LinearRegressor } from "./LinearRegressor.ts";
import { Log } from "./Log.ts";
import { LogSoftmax } from "./LogSoftmax.ts";
import { Loop } from "./Loop.ts";
import { LpNormalization } from "./LpNormalization.ts";
import { LpPool } from "./LpPool.ts";
import { LRN } from "./LRN.ts";
import { LSTM } from "./LSTM.ts";
import { MatMul } from "./MatMul.ts";
import { MatMulInteger } from "./MatMulInteger.ts";
import { MatMulIntegerToFloat } from "./MatMulIntegerToFloat.ts";
import { MatMulNBits } from "./MatMulNBits.ts";
import { Max } from "./Max.ts";
import { MaxPool } from "./MaxPool.ts";
import { MaxUnpool } from "./MaxUnpool.ts";
import { Mean } from "./Mean.ts";
import { MeanVarianceNormalization } from "./MeanVarianceNormalization.ts";
import { MelWeightMatrix } from "./MelWeightMatrix.ts";
import { MicrosoftAttention } from "./MicrosoftAttention.ts";
import { MicrosoftDequantizeLinear } from "./MicrosoftDequantizeLinear.ts";
import { MicrosoftGelu } from "./MicrosoftGelu.ts";
import { MicrosoftQuantizeLinear } from "./MicrosoftQuantizeLinear.ts";
import { MicrosoftRotaryEmbedding } from "./MicrosoftRotaryEmbedding.ts";
import { MicrosoftTrilu } from "./MicrosoftTrilu.ts";
import { Min } from "./Min.ts";
import { Mish } from "./Mish.ts";
import { Mod } from "./Mod.ts";
import { Mul } from "./Mul.ts";
import { MultiHeadAttention } from "./MultiHeadAttention.ts";
import { Neg } from "./Neg.ts";
import { NegativeLogLikelihoodLoss } from "./NegativeLogLikelihoodLoss.ts";
import { NonMaxSuppression } from "./NonMaxSuppression.ts";
import { NonZero } from "./NonZero.ts";
import { Normalizer } from "./Normalizer.ts";
import { Not } from "./Not.ts";
import { OneHot } from "./OneHot.ts";
import { OneHotEncoder } from "./OneHotEncoder.ts";
import { OptionalGetElement } from "./OptionalGetElement.ts";
import { OptionalHasElement } from "./OptionalHasElement.ts";
import { Or } from "./Or.ts";
import { Pad } from "./Pad.ts";
import { Pow } from "./Pow.ts";
import { PRelu } from "./PRelu.ts";
import { QAttention } from "./QAttention.ts";
import { QGemm } from "./QGemm.ts";
import { QLinearAdd } from "./QLinearAdd.ts";
import { QLinearAveragePool } from "./QLinearAveragePool.ts";
import { QLinearConcat } from "./QLinearConcat.ts";
import { QLinearConv } from "./QLinearConv.ts";
import { QLinearGlobalAveragePool } from "./QLinearGlobalAveragePool.ts";
import { QLinearLeakyRelu } from "./QLinearLeakyRelu.ts";
import { QLinearMatMul } from "./QLinearMatMul.ts";
import { QLinearMul } from "./QLinearMul.ts";
import { QLinearSigmoid } from "./QLinearSigmoid.ts";
import { QLinearSoftmax } from "./QLinearSoftmax.ts";
import { QLinearWhere } from "./QLinearWhere.ts";
import { QuantizeLinear } from "./QuantizeLinear.ts";
import { QuickGelu } from "./QuickGelu.ts";
import { Range } from "./Range.ts";
import { Reciprocal } from "./Reciprocal.ts";
import { ReduceL1 } from "./ReduceL1.ts";
import { ReduceL2 } from "./ReduceL2.ts";
import { ReduceLogSum } from "./ReduceLogSum.ts";
import { ReduceLogSumExp } from "./ReduceLogSumExp.ts";
import { ReduceMax } from "./ReduceMax.ts";
import { ReduceMean } from "./ReduceMean.ts";
import { ReduceMin } from "./ReduceMin.ts";
import { ReduceProd } from "./ReduceProd.ts";
import { ReduceSum } from "./ReduceSum.ts";
import { ReduceSumSquare } from "./ReduceSumSquare.ts";
import { Relu } from "./Relu.ts";
import { Reshape } from "./Reshape.ts";
import { Resize } from "./Resize.ts";
import { ReverseSequence } from "./ReverseSequence.ts";
import { RMSNormalization } from "./RMSNormalization.ts";
import { RNN } from "./RNN.ts";
import { RoiAlign } from "./RoiAlign.ts";
import { RotaryEmbedding } from "./RotaryEmbedding.ts";
import { Round } from "./Round.ts";
import { Scaler } from "./Scaler.ts";
import { Scan } from "./Scan.ts";
import { Scatter } from "./Scatter.ts";
import { ScatterElements } from "./ScatterElements.ts";
import { ScatterND } from "./ScatterND.ts";
import { Selu } from "./Selu.ts";
import { Shape } from "./Shape.ts";
import { Shrink } from "./Shrink.ts";
import { Sigmoid } from "./Sigmoid.ts";
import { Sign } from "./Sign.ts";
import { SimplifiedLayerNormalization } from "./SimplifiedLayerNormalization.ts";
import { Sin } from "./Sin.ts";
import { Sinh } from "./Sinh.ts";
import { Size } from "./Size.ts";
import { SkipLayerNormalization } from "./SkipLayerNormalization.ts";
import { SkipSimplifiedLayerNormalization } from "./SkipSimplifiedLayerNormalization.ts";
import { Slice } from "./Slice.ts";
import { Softmax } from "./Softmax.ts";
import { SoftmaxCrossEntropyLoss } from "./SoftmaxCrossEntropyLoss.ts";
import { Softplus } from "./Softplus.ts";
import { Softsign } from "./Softsign.ts";
import { SpaceToDepth } from "./SpaceToDepth.ts";
import { Split } from "./Split.ts";
import { Sqrt } from "./Sqrt.ts";
import { Squeeze } from "./Squeeze.ts";
import { STFT } from "./STFT.ts";
import { Sub } from "./Sub.ts";
import { Sum } from "./Sum.ts";
import { SVMClassifier } from "./SVMClassifier.ts";
import { SVMRegressor } from "./SVMRegressor.ts";
import { Swish } from "./Swish.ts";
import { Tan } from "./Tan.ts";
import { Tanh } from "./Tanh.ts";
import { TensorScatter } from "./TensorScatter.ts";
import { TfIdfVectorizer } from "./TfIdfVectorizer.ts";
import { ThresholdedRelu } from "./ThresholdedRelu.ts";
import { Tile } from "./Tile.ts";
import { TopK } from "./TopK.ts";
import { Transpose } from "./Transpose.ts";
import { TransposeMatMul } from "./TransposeMatMul.ts";
import { TreeEnsemble } from "./TreeEnsemble.ts";
import { TreeEnsembleClassifier } from "./TreeEnsembleClassifier.ts";
import { TreeEnsembleRegressor } from "./TreeEnsembleRegressor.ts";
import { Trilu } from "./Trilu.ts";
import { Unique } from "./Unique.ts";
import { Unsqueeze } from "./Unsqueeze.ts";
import { Upsample } from "./Upsample.ts";
import { Where } from "./Where.ts";
import { Xor } from "./Xor.ts";
import { ZipMap } from "./ZipMap.ts";

export const OPERATORS: readonly Operator[] = [
  Abs,
  Acos,
  Acosh,
  Add,
  AffineGrid,
  And,
  ArgMax,
  ArgMin,
  ArrayFeatureExtractor,
  Asin,
  Asinh,
  Atan,
  Atanh,
  Attention,
  AveragePool,
  BatchNormalization,
  BiasAdd,
  BiasGelu,
  BiasSplitGelu,
  Binarizer,
  BitShift,
  BitwiseAnd,
  BitwiseNot,
  BitwiseOr,
  BitwiseXor,
  BlackmanWindow,
  Cast,
  CastLike,
  CategoryMapper,
  Ceil,
  Celu,
  CenterCropPad,
  Clip,
  Col2Im,
  Compress,
  Concat,
  Constant,
  ConstantOfShape,
  Conv,
  ConvInteger,
  ConvTranspose,
  Cos,
  Cosh,
  CumSum,
  DeformConv,
  DepthToSpace,
  DequantizeLinear,
  Det,
  DFT,
  Div,
  Dropout,
  DynamicQuantizeLinear,
  DynamicQuantizeMatMul,
  Einsum,
  Elu,
  EmbedLayerNormalization,
  Equal,
  Erf,
  Exp,
  Expand,
  ExpandDims,
  EyeLike,
  FastGelu,
  FeatureVectorizer,
  Flatten,
  Floor,
  FusedConv,
  FusedGemm,
  FusedMatMul,
  Gather,
  GatherBlockQuantized,
  GatherElements,
  GatherND,
  Gelu,
  Gemm,
  GlobalAveragePool,
  GlobalLpPool,
  GlobalMaxPool,
  Greater,
  GreaterOrEqual,
  GridSample,
  GroupNorm,
  GroupNormalization,
  GroupQueryAttention,
  GRU,
  HammingWindow,
  HannWindow,
  Hardmax,
  HardSigmoid,
  HardSwish,
  Identity,
  If,
  Imputer,
  InstanceNormalization,
  IsInf,
  IsNaN,
  LabelEncoder,
  LayerNormalization,
  LeakyRelu,
  Less,
  LessOrEqual,
  LinearClassifier,
  LinearRegressor,
  Log,
  LogSoftmax,
  Loop,
  LpNormalization,
  LpPool,
  LRN,
  LSTM,
  MatMul,
  MatMulInteger,
  MatMulIntegerToFloat,
  MatMulNBits,
  Max,
  MaxPool,
  MaxUnpool,
  Mean,
  MeanVarianceNormalization,
  MelWeightMatrix,
  MicrosoftAttention,
  MicrosoftDequantizeLinear,
  MicrosoftGelu,
  MicrosoftQuantizeLinear,
  MicrosoftRotaryEmbedding,
  MicrosoftTrilu,
  Min,
  Mish,
  Mod,
  Mul,
  MultiHeadAttention,
  Neg,
  NegativeLogLikelihoodLoss,
  NonMaxSuppression,
  NonZero,
  Normalizer,
  Not,
  OneHot,
  OneHotEncoder,
  OptionalGetElement,
  OptionalHasElement,
  Or,
  Pad,
  Pow,
  PRelu,
  QAttention,
  QGemm,
  QLinearAdd,
  QLinearAveragePool,
  QLinearConcat,
  QLinearConv,
  QLinearGlobalAveragePool,
  QLinearLeakyRelu,
  QLinearMatMul,
  QLinearMul,
  QLinearSigmoid,
  QLinearSoftmax,
  QLinearWhere,
  QuantizeLinear,
  QuickGelu,
  Range,
  Reciprocal,
  ReduceL1,
  ReduceL2,
  ReduceLogSum,
  ReduceLogSumExp,
  ReduceMax,
  ReduceMean,
  ReduceMin,
  ReduceProd,
  ReduceSum,
  ReduceSumSquare,
  Relu,
  Reshape,
  Resize,
  ReverseSequence,
  RMSNormalization,
  RNN,
  RoiAlign,
  RotaryEmbedding,
  Round,
  Scaler,
  Scan,
  Scatter,
  ScatterElements,
  ScatterND,
  Selu,
  Shape,
  Shrink,
  Sigmoid,
  Sign,
  SimplifiedLayerNormalization,
  Sin,
  Sinh,
  Size,
  SkipLayerNormalization,
  SkipSimplifiedLayerNormalization,
  Slice,
  Softmax,
  SoftmaxCrossEntropyLoss,
  Softplus,
  Softsign,
  SpaceToDepth,
  Split,
  Sqrt,
  Squeeze,
  STFT,
  Sub,
  Sum,
  SVMClassifier,
  SVMRegressor,
  Swish,
  Tan,
  Tanh,
  TensorScatter,
  TfIdfVectorizer,
  ThresholdedRelu,
  Tile,
  TopK,
  Transpose,
  TransposeMatMul,
  TreeEnsemble,
  TreeEnsembleClassifier,
  TreeEnsembleRegressor,
  Trilu,
  Unique,
  Unsqueeze,
  Upsample,
  Where,
  Xor,
  ZipMap,
];

const byName = new Map(OPERATORS.map((operator) => [`${operator.domain ?? ""}.${operator.name}`, operator]));

/** The operator of this name in a domain, undefined if there is none. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  return byName.get(`${domain}.${name}`);
}
