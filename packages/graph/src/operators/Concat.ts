/** Tensors one after the other along an axis. */
import type { Dimension } from "../dimension.ts";
import { concatenated } from "../lowering/concatenated.ts";
import { constantShape, linearOf, placesOf, withKnown } from "../lowering/known.ts";
import type { Operator } from "../operator.ts";
import type { TensorValue } from "../tensorValue.ts";

export const Concat: Operator = {
  name: "Concat",
  inputs: [1, 4096],
  moves: "all",
  lower(node) {
    const inputs = node.all();
    node.sameType(...inputs);
    const [first] = inputs;
    const axis = node.axis(node.attributes.int("axis"), first.shape.length);
    for (const input of inputs) {
      node.rank(input, first.shape.length, "an input");
      input.shape.forEach((size, i) => {
        if (i !== axis) node.equalSizes(size, first.shape[i], `axis ${i}`);
      });
    }
    return withKnown(concatenated(node.graph, axis, inputs), knownElements(inputs, axis));
  },
};

function knownElements(inputs: readonly TensorValue[], axis: number): Dimension[] | undefined {
  const shapes = inputs.map((input) => constantShape(input.shape));
  if (!shapes.every((shape) => shape !== undefined)) return undefined;
  if (!inputs.every((input) => input.known !== undefined)) return undefined;
  const size = shapes.reduce((sum, shape) => sum + shape[axis], 0);
  const whole = shapes[0].map((own, i) => (i === axis ? size : own));
  return [...placesOf(whole)].map((place) => {
    let part = 0;
    let at = place[axis];
    while (at >= shapes[part][axis]) at -= shapes[part++][axis];
    return inputs[part].known![
      linearOf(
        shapes[part],
        place.map((own, i) => (i === axis ? at : own)),
      )
    ];
  });
}
