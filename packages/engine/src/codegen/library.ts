/**
 * Functions that generated code calls for what WebAssembly has no instruction for: the fused multiply-add where the machine
 * does not fuse (`kernels/madd.ts`), 16-bit floats, division that gives 0 by zero, the high half of a product. Each is added to a module when
 * it is first asked for.
 */
import { emulatedMadd, fusedMadd, type Madd } from "../kernels/madd.ts";
import { call, choose, f32, f32x4, get, i32, i64, select, set, type Code } from "../wasm/code.ts";
import type { FunctionWriter, ModuleWriter } from "../wasm/module.ts";

const ABS = 0x7fffffff;

export class Library {
  readonly #module: ModuleWriter;
  readonly #fused: boolean;
  readonly #known = new Map<string, number>();

  #madd: Madd | undefined;

  /** @param fused Whether relaxed_madd rounds once on this machine. */
  constructor(module: ModuleWriter, fused: boolean) {
    this.#module = module;
    this.#fused = fused;
  }

  #add(
    name: string,
    parameters: readonly ("i32" | "i64" | "f32")[],
    result: "i32" | "i64" | "f32",
    body: (writer: FunctionWriter) => Code,
  ): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const writer = this.#module.function(name, parameters, [result]);
    this.#known.set(name, writer.index);
    writer.body = body(writer);
    return writer.index;
  }

  /** a × b + c of four floats, rounded once. */
  madd(a: Code, b: Code, c: Code): Code {
    this.#madd ??= this.#fused ? fusedMadd : emulatedMadd(this.#module);
    return this.#madd(a, b, c);
  }

  /** The same of one. */
  fma(a: Code, b: Code, c: Code): Code {
    const wide = f32x4.splat;
    return f32x4.extract_lane(this.madd(wide(a), wide(b), wide(c)), 0);
  }

  /** A binary16 pattern widened. */
  fromHalf(pattern: Code): Code {
    const index = this.#add("from_half", ["i32"], "f32", (writer) => {
      const magnitude = writer.local("i32");
      const sign = i32.shl(i32.and(get(0), i32.const(0x8000)), i32.const(16));
      // As an integer of 10 + 5 bits shifted into place, the exponent is 112 too small; subnormals are integers × 2^-24.
      const normal = i32.add(i32.shl(get(magnitude), i32.const(13)), i32.const(112 << 23));
      const subnormal = i32.reinterpret_f32(f32.mul(f32.convert_i32_u(get(magnitude)), f32.const(2 ** -24)));
      const special = select(i32.eq(get(magnitude), i32.const(0x7c00)), i32.const(0x7f800000), i32.const(0x7fc00000));
      return [
        set(magnitude, i32.and(get(0), i32.const(0x7fff))),
        choose(
          "f32",
          i32.gt_u(get(magnitude), i32.const(0x7c00)),
          f32.reinterpret_i32(i32.const(0x7fc00000)),
          f32.reinterpret_i32(
            i32.or(
              sign,
              select(
                i32.ge_u(get(magnitude), i32.const(0x7c00)),
                special,
                select(i32.lt_u(get(magnitude), i32.const(0x400)), subnormal, normal),
              ),
            ),
          ),
        ),
      ];
    });
    return call(index, pattern);
  }

  /** A binary32 rounded to binary16, as a pattern. */
  toHalf(value: Code): Code {
    const index = this.#add("to_half", ["f32"], "i32", (writer) => {
      const [bits, magnitude, sign] = [writer.local("i32"), writer.local("i32"), writer.local("i32")];
      const odd = i32.and(i32.shr_u(get(magnitude), i32.const(13)), i32.const(1));
      const rounded = i32.add(i32.sub(get(magnitude), i32.const(112 << 23)), i32.add(i32.const(0xfff), odd));
      const normal = i32.shr_u(rounded, i32.const(13));
      // Adding ½ leaves, in the low bits of the sum's significand, the subnormal's integer, rounded by the addition itself.
      const subnormal = i32.sub(
        i32.reinterpret_f32(f32.add(f32.reinterpret_i32(get(magnitude)), f32.const(0.5))),
        i32.const(0x3f000000),
      );
      return [
        set(bits, i32.reinterpret_f32(get(0))),
        set(magnitude, i32.and(get(bits), i32.const(ABS))),
        set(sign, i32.and(i32.shr_u(get(bits), i32.const(16)), i32.const(0x8000))),
        choose(
          "i32",
          i32.gt_u(get(magnitude), i32.const(0x7f800000)),
          i32.const(0x7e00),
          i32.or(
            get(sign),
            select(
              // From 65520 on, which is the midpoint above the greatest.
              i32.ge_u(get(magnitude), i32.const(0x477ff000)),
              i32.const(0x7c00),
              select(i32.lt_u(get(magnitude), i32.const(0x38800000)), subnormal, normal),
            ),
          ),
        ),
      ];
    });
    return call(index, value);
  }

  /** A binary32 rounded to bfloat16, as a pattern. */
  toBfloat16(value: Code): Code {
    const index = this.#add("to_bfloat16", ["f32"], "i32", (writer) => {
      const bits = writer.local("i32");
      const odd = i32.and(i32.shr_u(get(bits), i32.const(16)), i32.const(1));
      return [
        set(bits, i32.reinterpret_f32(get(0))),
        choose(
          "i32",
          f32.ne(get(0), get(0)),
          i32.const(0x7fc0),
          i32.shr_u(i32.add(get(bits), i32.add(i32.const(0x7fff), odd)), i32.const(16)),
        ),
      ];
    });
    return call(index, value);
  }

  /** High half of the 128-bit product of two unsigned words. */
  umulh(a: Code, b: Code): Code {
    const index = this.#add("umulh", ["i64", "i64"], "i64", (writer) => {
      const [low, middle] = [writer.local("i64"), writer.local("i64")];
      const [half, mask] = [i64.const(32), i64.const(0xffffffff)];
      const lowOf = (x: number) => i64.and(get(x), mask);
      const highOf = (x: number) => i64.shr_u(get(x), half);
      return [
        set(low, i64.add(i64.mul(lowOf(0), highOf(1)), i64.shr_u(i64.mul(lowOf(0), lowOf(1)), half))),
        set(middle, i64.add(i64.mul(highOf(0), lowOf(1)), lowOf(low))),
        i64.add(i64.add(i64.mul(highOf(0), highOf(1)), highOf(low)), highOf(middle)),
      ];
    });
    return call(index, a, b);
  }

  /** Division and remainder of words, total: 0 by zero, MIN ÷ -1 = MIN. */
  divide(name: "idiv" | "udiv" | "ifloordiv" | "irem" | "urem" | "imod", a: Code, b: Code): Code {
    const index = this.#add(name, ["i64", "i64"], "i64", (writer) => {
      const zero = i64.const(0);
      const guarded = (value: Code): Code => choose("i64", i64.eqz(get(1)), zero, value);
      if (name === "udiv") return guarded(i64.div_u(get(0), get(1)));
      if (name === "urem") return guarded(i64.rem_u(get(0), get(1)));
      const minusOne = i64.eq(get(1), i64.const(-1));
      // WebAssembly's rem_s of MIN by -1 is 0; its div_s would trap.
      if (name === "irem") return guarded(i64.rem_s(get(0), get(1)));
      const quotient = choose("i64", minusOne, i64.sub(zero, get(0)), i64.div_s(get(0), get(1)));
      if (name === "idiv") return guarded(quotient);
      const rest = writer.local("i64");
      const crosses = i32.and(i64.ne(get(rest), zero), i64.lt_s(i64.xor(get(rest), get(1)), zero));
      const withRest = (value: Code): Code => [set(rest, i64.rem_s(get(0), get(1))), value];
      if (name === "imod") {
        return guarded(withRest(i64.add(get(rest), choose("i64", crosses, get(1), zero))));
      }
      return guarded(withRest(i64.sub(quotient, i64.extend_i32_u(crosses))));
    });
    return call(index, a, b);
  }

  /** Shifts of words by any number of places. */
  shift(name: "shl" | "ushr" | "ishr", a: Code, b: Code): Code {
    const index = this.#add(name, ["i64", "i64"], "i64", () => {
      const far = i64.gt_u(get(1), i64.const(63));
      if (name === "ishr") return i64.shr_s(get(0), choose("i64", far, i64.const(63), get(1)));
      const shifted = name === "shl" ? i64.shl(get(0), get(1)) : i64.shr_u(get(0), get(1));
      return choose("i64", far, i64.const(0), shifted);
    });
    return call(index, a, b);
  }
}
