/** x times (x / 6 + 1/2 kept between 0 and 1). */
import { unary } from "../lowering/unary.ts";

export const HardSwish = unary("HardSwish", (code, x) => {
  const line = code.ffma(x, code.constantFloat(1 / 6), code.constantFloat(0.5));
  return code.fmul(x, code.fmax(code.fmin(line, code.constantFloat(1)), code.constant(0)));
});
