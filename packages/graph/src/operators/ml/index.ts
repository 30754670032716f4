/** The operators of `ai.onnx.ml`: classical machine learning. */
export { ArrayFeatureExtractor } from "./ArrayFeatureExtractor.ts";
export { Binarizer } from "./Binarizer.ts";
export { CategoryMapper } from "./CategoryMapper.ts";
export { FeatureVectorizer } from "./FeatureVectorizer.ts";
export { Imputer } from "./Imputer.ts";
export { LabelEncoder } from "./LabelEncoder.ts";
export { LinearClassifier } from "./LinearClassifier.ts";
export { LinearRegressor } from "./LinearRegressor.ts";
export { Normalizer } from "./Normalizer.ts";
export { OneHotEncoder } from "./OneHotEncoder.ts";
export { Scaler } from "./Scaler.ts";
export { SVMClassifier } from "./SVMClassifier.ts";
export { SVMRegressor } from "./SVMRegressor.ts";
export { TreeEnsemble } from "./TreeEnsemble.ts";
export { TreeEnsembleClassifier } from "./TreeEnsembleClassifier.ts";
export { TreeEnsembleRegressor } from "./TreeEnsembleRegressor.ts";
export { ZipMap } from "./ZipMap.ts";
