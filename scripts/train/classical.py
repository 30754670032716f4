"""Trains small classical models and exports them to ONNX: what packages/graph/src/testing/classical.test.ts imports.

    python -m venv .venv && .venv/bin/pip install -r scripts/train/classical.requirements.txt
    .venv/bin/python scripts/train/classical.py

Data and trees come from seeds. Beside the models stand a few rows of input.
"""

import json
import os
import sys

import numpy as np
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as OtherFloats
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer, Normalizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier
import lightgbm
import xgboost

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "..", "packages", "graph", "src", "testing", "models")

rng = np.random.default_rng(7)
X = rng.normal(size=(240, 4)).astype(np.float32)
score = X[:, 0] + X[:, 1] * X[:, 2] - 0.5 * X[:, 3]
two = (score > 0).astype(np.int64)
three = np.digitize(score, [-0.7, 0.7]).astype(np.int64)
names = np.array(["low", "middle", "high"])[three]
category = np.round(np.abs(X[:, :2]) * 2)

SKLEARN = {
    "logistic": (LogisticRegression().fit(X, two), X),
    "logisticThree": (LogisticRegression().fit(X, three), X),
    "forestNames": (RandomForestClassifier(6, max_depth=4, random_state=1).fit(X, names), X),
    "forestTwo": (RandomForestClassifier(6, max_depth=4, random_state=1).fit(X, two), X),
    "forestRegression": (RandomForestRegressor(5, max_depth=4, random_state=1).fit(X, score), X),
    "tree": (DecisionTreeClassifier(max_depth=4, random_state=1).fit(X, three), X),
    "boosted": (GradientBoostingClassifier(n_estimators=8, max_depth=2, random_state=1).fit(X, two), X),
    "boostedThree": (GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=1).fit(X, three), X),
    "linear": (LinearRegression().fit(X, score), X),
    "supportRegression": (SVR(C=0.5).fit(X[:60], score[:60]), X),
    "support": (SVC(C=0.5, kernel="rbf").fit(X[:60], two[:60]), X),
    "supportPolynomial": (SVC(C=0.5, kernel="poly", degree=2).fit(X[:60], three[:60]), X),
    "perceptronNames": (MLPClassifier((6,), max_iter=60, random_state=1).fit(X, names), X),
    "pipeline": (
        make_pipeline(SimpleImputer(), StandardScaler(), Normalizer(), Binarizer(threshold=0.1), LogisticRegression()).fit(X, two),
        X,
    ),
    "encoded": (
        make_pipeline(ColumnTransformer([("one", OneHotEncoder(handle_unknown="ignore"), [0, 1])]), LogisticRegression()).fit(category, two),
        category,
    ),
}
BOOSTED = {
    "xgboostTwo": convert_xgboost(
        xgboost.XGBClassifier(n_estimators=6, max_depth=3, random_state=1).fit(X, two), initial_types=[("X", OtherFloats([None, 4]))], target_opset=15
    ),
    "xgboostThree": convert_xgboost(
        xgboost.XGBClassifier(n_estimators=3, max_depth=3, random_state=1).fit(X, three), initial_types=[("X", OtherFloats([None, 4]))], target_opset=15
    ),
    "xgboostRegression": convert_xgboost(
        xgboost.XGBRegressor(n_estimators=6, max_depth=3, random_state=1).fit(X, score), initial_types=[("X", OtherFloats([None, 4]))], target_opset=15
    ),
    "lightgbmTwo": convert_lightgbm(
        lightgbm.LGBMClassifier(n_estimators=6, num_leaves=7, random_state=1, verbose=-1).fit(X, two),
        initial_types=[("X", OtherFloats([None, 4]))], target_opset=15,
    ),
    "lightgbmThree": convert_lightgbm(
        lightgbm.LGBMClassifier(n_estimators=3, num_leaves=7, random_state=1, verbose=-1).fit(X, three),
        initial_types=[("X", OtherFloats([None, 4]))], target_opset=15,
    ),
    "lightgbmRegression": convert_lightgbm(
        lightgbm.LGBMRegressor(n_estimators=6, num_leaves=7, random_state=1, verbose=-1).fit(X, score),
        initial_types=[("X", OtherFloats([None, 4]))], target_opset=15,
    ),
}

os.makedirs(OUT, exist_ok=True)
total = 0
for name, (model, data) in SKLEARN.items():
    proto = to_onnx(model, initial_types=[("X", FloatTensorType([None, data.shape[1]]))], target_opset={"": 17, "ai.onnx.ml": 3})
    BOOSTED[name] = proto
for name, proto in sorted(BOOSTED.items()):
    data = proto.SerializeToString()
    total += len(data)
    with open(os.path.join(OUT, name + ".onnx"), "wb") as file:
        file.write(data)
    print(name, len(data), [n.op_type for n in proto.graph.node])
print(total, "bytes")
with open(os.path.join(OUT, "rows.json"), "w") as file:
    json.dump({"rows": [[round(float(v), 4) for v in row] for row in X[:16]], "categories": category[:16].tolist()}, file)
