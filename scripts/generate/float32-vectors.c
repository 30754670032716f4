/*
 * The machine's own floating-point unit as an authority for Float32: applies one operation to operands read from
 * standard input and writes the results to standard output.
 *
 * Usage: float32-vectors OPERATION < operands > results. Words are big-endian, as in
 * contracts/mocks/Float32Harness.sol: eight bytes for 64-bit integers, four for everything else. Compile with
 * -O1 -ffp-contract=off -frounding-math -lm.
 *
 * Arithmetic is the hardware's or the C library's (fmaf, sqrtf, floorf …); minimum and maximum, saturation and the
 * narrow formats are spelled out from their definitions with the C library's scaling and rounding.
 */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "this compiler keeps excess precision"
#endif

static float number(uint64_t bits) {
  uint32_t word = (uint32_t)bits;
  float x;
  memcpy(&x, &word, sizeof x);
  return x;
}

/* The pattern of x, every NaN as the one NaN. */
static uint64_t pattern(float x) {
  uint32_t word;
  if (isnan(x)) return 0x7fc00000;
  memcpy(&word, &x, sizeof word);
  return word;
}

static uint64_t canonical(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(number(a)); }
static uint64_t neg(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(-number(a)); }
static uint64_t absolute(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(fabsf(number(a))); }
static uint64_t root(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(sqrtf(number(a))); }
static uint64_t down(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(floorf(number(a))); }
static uint64_t up(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(ceilf(number(a))); }
static uint64_t chop(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(truncf(number(a))); }
static uint64_t even(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern(nearbyintf(number(a))); }

static uint64_t add(uint64_t a, uint64_t b, uint64_t c) { (void)c; return pattern(number(a) + number(b)); }
static uint64_t sub(uint64_t a, uint64_t b, uint64_t c) { (void)c; return pattern(number(a) - number(b)); }
static uint64_t mul(uint64_t a, uint64_t b, uint64_t c) { (void)c; return pattern(number(a) * number(b)); }
static uint64_t quotient(uint64_t a, uint64_t b, uint64_t c) { (void)c; return pattern(number(a) / number(b)); }
static uint64_t fused(uint64_t a, uint64_t b, uint64_t c) { return pattern(fmaf(number(a), number(b), number(c))); }

static uint64_t eq(uint64_t a, uint64_t b, uint64_t c) { (void)c; return number(a) == number(b); }
static uint64_t lt(uint64_t a, uint64_t b, uint64_t c) { (void)c; return number(a) < number(b); }
static uint64_t le(uint64_t a, uint64_t b, uint64_t c) { (void)c; return number(a) <= number(b); }

static uint64_t minimum(uint64_t a, uint64_t b, uint64_t c) {
  float x = number(a), y = number(b);
  (void)c;
  if (isnan(x) || isnan(y)) return 0x7fc00000;
  if (x == y) return pattern(signbit(x) ? x : y);
  return pattern(x < y ? x : y);
}

static uint64_t maximum(uint64_t a, uint64_t b, uint64_t c) {
  float x = number(a), y = number(b);
  (void)c;
  if (isnan(x) || isnan(y)) return 0x7fc00000;
  if (x == y) return pattern(signbit(x) ? y : x);
  return pattern(x > y ? x : y);
}

static uint64_t from_int64(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern((float)(int64_t)a); }
static uint64_t from_uint64(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return pattern((float)a); }

/* x truncated and saturated to [-2^(bits-1), 2^(bits-1)). */
static uint64_t to_int(float x, int bits) {
  int64_t least = INT64_MIN >> (64 - bits);
  if (isnan(x)) return 0;
  if (x < (float)least) return (uint64_t)least;
  if (x >= -(float)least) return (uint64_t)~least;
  return (uint64_t)(int64_t)x;
}

/* x truncated and saturated to [0, 2^bits). */
static uint64_t to_uint(float x, int bits) {
  if (isnan(x) || x < 1) return 0;
  if (x >= ldexpf(1, bits)) return UINT64_MAX >> (64 - bits);
  return (uint64_t)x;
}

#define TO(name, kind, bits) \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return kind(number(a), bits); }
TO(to_int8, to_int, 8)
TO(to_int16, to_int, 16)
TO(to_int32, to_int, 32)
TO(to_int64, to_int, 64)
TO(to_uint8, to_uint, 8)
TO(to_uint16, to_uint, 16)
TO(to_uint32, to_uint, 32)
TO(to_uint64, to_uint, 64)

/*
 * x in a binary format of 16 bits with `fraction` fraction bits and exponent bias `bias`: scaled so that the format's
 * last place is 1, rounded by the library, and put together by arithmetic.
 */
static uint64_t narrow(float x, int fraction, int bias, uint64_t nan) {
  uint64_t sign = signbit(x) ? 0x8000 : 0;
  uint64_t infinity = (uint64_t)(2 * bias + 1) << fraction;
  int exponent = 1 - bias;
  double count;
  if (isnan(x)) return nan;
  if (isinf(x)) return sign | infinity;
  if (x != 0 && ilogbf(x) > exponent) exponent = ilogbf(x);
  count = nearbyint(ldexp(fabs((double)x), fraction - exponent));
  count += ldexp(exponent + bias - 1, fraction);
  return count >= (double)infinity ? sign | infinity : sign | (uint64_t)count;
}

static uint64_t widen(uint64_t bits, int fraction, int bias) {
  uint64_t field = (bits & 0x7fff) >> fraction;
  uint64_t rest = bits & ((1u << fraction) - 1);
  double x;
  if (field == (uint64_t)(2 * bias + 1)) x = rest ? (double)NAN : (double)INFINITY;
  else if (field == 0) x = ldexp((double)rest, 1 - bias - fraction);
  else x = ldexp((double)(rest + (1u << fraction)), (int)field - bias - fraction);
  return pattern((float)(bits & 0x8000 ? -x : x));
}

static uint64_t from_half(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return widen(a, 10, 15); }
static uint64_t to_half(uint64_t a, uint64_t b, uint64_t c) {
  (void)b, (void)c;
  return narrow(number(a), 10, 15, 0x7e00);
}
static uint64_t from_bfloat16(uint64_t a, uint64_t b, uint64_t c) { (void)b, (void)c; return widen(a, 7, 127); }
static uint64_t to_bfloat16(uint64_t a, uint64_t b, uint64_t c) {
  (void)b, (void)c;
  return narrow(number(a), 7, 127, 0x7fc0);
}

static const struct {
  const char *name;
  int arity, operand_bytes, result_bytes;
  uint64_t (*apply)(uint64_t, uint64_t, uint64_t);
} operations[] = {
  { "canonical", 1, 4, 4, canonical },
  { "neg", 1, 4, 4, neg },
  { "abs", 1, 4, 4, absolute },
  { "sqrt", 1, 4, 4, root },
  { "floor", 1, 4, 4, down },
  { "ceil", 1, 4, 4, up },
  { "trunc", 1, 4, 4, chop },
  { "roundEven", 1, 4, 4, even },
  { "fromInt64", 1, 8, 4, from_int64 },
  { "fromUint64", 1, 8, 4, from_uint64 },
  { "toInt8", 1, 4, 8, to_int8 },
  { "toInt16", 1, 4, 8, to_int16 },
  { "toInt32", 1, 4, 8, to_int32 },
  { "toInt64", 1, 4, 8, to_int64 },
  { "toUint8", 1, 4, 8, to_uint8 },
  { "toUint16", 1, 4, 8, to_uint16 },
  { "toUint32", 1, 4, 8, to_uint32 },
  { "toUint64", 1, 4, 8, to_uint64 },
  { "fromHalf", 1, 4, 4, from_half },
  { "toHalf", 1, 4, 4, to_half },
  { "fromBfloat16", 1, 4, 4, from_bfloat16 },
  { "toBfloat16", 1, 4, 4, to_bfloat16 },
  { "add", 2, 4, 4, add },
  { "sub", 2, 4, 4, sub },
  { "mul", 2, 4, 4, mul },
  { "div", 2, 4, 4, quotient },
  { "minimum", 2, 4, 4, minimum },
  { "maximum", 2, 4, 4, maximum },
  { "eq", 2, 4, 4, eq },
  { "lt", 2, 4, 4, lt },
  { "le", 2, 4, 4, le },
  { "fma", 3, 4, 4, fused },
};

static int read_word(int bytes, uint64_t *word) {
  unsigned char buffer[8];
  if (fread(buffer, 1, (size_t)bytes, stdin) != (size_t)bytes) return 0;
  *word = 0;
  for (int i = 0; i < bytes; i++) *word = *word << 8 | buffer[i];
  return 1;
}

static void write_word(int bytes, uint64_t word) {
  for (int i = bytes - 1; i >= 0; i--) putchar((int)(word >> (8 * i) & 0xff));
}

int main(int count, char **arguments) {
  fesetround(FE_TONEAREST);
  for (size_t i = 0; count == 2 && i < sizeof operations / sizeof *operations; i++) {
    uint64_t words[3] = { 0, 0, 0 };
    if (strcmp(operations[i].name, arguments[1]) != 0) continue;
    for (;;) {
      for (int j = 0; j < operations[i].arity; j++) {
        if (!read_word(operations[i].operand_bytes, &words[j])) return fflush(stdout) == 0 ? 0 : 1;
      }
      write_word(operations[i].result_bytes, operations[i].apply(words[0], words[1], words[2]));
    }
  }
  fprintf(stderr, "usage: float32-vectors OPERATION < operands > results\n");
  return 2;
}
