// One word at a time.

INLINE uint32_t s_bits(float x) {
  uint32_t word;
  memcpy(&word, &x, 4);
  return word;
}
INLINE float s_float(int32_t word) {
  float x;
  memcpy(&x, &word, 4);
  return x;
}
INLINE int32_t s_set(int32_t word) { return word; }
// The pattern of a float, NaN canonical.
INLINE int32_t s_pattern(float x) { return x == x ? (int32_t)s_bits(x) : 0x7fc00000; }
INLINE float s_canonical(float x) { return x == x ? x : s_float(0x7fc00000); }

INLINE float s_fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
INLINE float s_sqrt(float x) { return __builtin_sqrtf(x); }
INLINE float s_neg(float x) { return s_float((int32_t)(s_bits(x) ^ 0x80000000u)); }
INLINE float s_abs(float x) { return s_float((int32_t)(s_bits(x) & 0x7fffffffu)); }
INLINE float s_floor(float x) { return __builtin_floorf(x); }
INLINE float s_ceil(float x) { return __builtin_ceilf(x); }
INLINE float s_trunc(float x) { return __builtin_truncf(x); }
INLINE float s_rint(float x) { return __builtin_rintf(x); }
INLINE float s_fmax(float a, float b) {
  if (a != a || b != b) return s_float(0x7fc00000);
  if (a == b) return s_float((int32_t)(s_bits(a) & s_bits(b)));
  return a > b ? a : b;
}
INLINE float s_fmin(float a, float b) {
  if (a != a || b != b) return s_float(0x7fc00000);
  if (a == b) return s_float((int32_t)(s_bits(a) | s_bits(b)));
  return a < b ? a : b;
}

INLINE int32_t s_ftoi32(float x) {
  if (x != x) return 0;
  return x >= 0x1p31f ? INT32_MAX : x < -0x1p31f ? INT32_MIN : (int32_t)x;
}
INLINE int32_t s_ftou32(float x) {
  if (!(x > -1.0f)) return 0;
  return x >= 0x1p32f ? -1 : (int32_t)(uint32_t)x;
}
INLINE int64_t s_ftoi64(float x) {
  if (x != x) return 0;
  return x >= 0x1p63f ? INT64_MAX : x < -0x1p63f ? INT64_MIN : (int64_t)x;
}
INLINE int64_t s_ftou64(float x) {
  if (!(x > -1.0f)) return 0;
  return x >= 0x1p64f ? -1 : (int64_t)(uint64_t)x;
}
INLINE int32_t s_clamp(int32_t x, int32_t low, int32_t high) { return x < low ? low : x > high ? high : x; }
INLINE float s_itof(int32_t x) { return (float)x; }
INLINE float s_utof(int32_t x) { return (float)(uint32_t)x; }
INLINE float s_ltof(int64_t x) { return (float)x; }
INLINE float s_ultof(int64_t x) { return (float)(uint64_t)x; }

// binary16 and bfloat16 patterns; as in codegen/library.ts.
INLINE float s_htof(int32_t pattern) {
  const uint32_t magnitude = pattern & 0x7fff, sign = (uint32_t)(pattern & 0x8000) << 16;
  if (magnitude > 0x7c00) return s_float(0x7fc00000);
  if (magnitude == 0x7c00) return s_float((int32_t)(sign | 0x7f800000));
  const uint32_t bits = magnitude < 0x400 ? s_bits((float)magnitude * 0x1p-24f) : (magnitude << 13) + (112u << 23);
  return s_float((int32_t)(sign | bits));
}
INLINE int32_t s_ftoh(float x) {
  const uint32_t bits = s_bits(x), magnitude = bits & 0x7fffffff, sign = (bits >> 16) & 0x8000;
  if (magnitude > 0x7f800000) return 0x7e00;
  if (magnitude >= 0x477ff000) return (int32_t)(sign | 0x7c00);
  if (magnitude < 0x38800000) return (int32_t)(sign | (s_bits(s_float((int32_t)magnitude) + 0.5f) - 0x3f000000));
  return (int32_t)(sign | ((magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13));
}
INLINE float s_btof(int32_t pattern) { return s_float((int32_t)((uint32_t)pattern << 16)); }
INLINE int32_t s_ftob(float x) {
  const uint32_t bits = s_bits(x);
  return x != x ? 0x7fc0 : (int32_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// Division is total: 0 by zero, MIN ÷ -1 = MIN.
INLINE int32_t s_udiv(int32_t a, int32_t b) { return b == 0 ? 0 : (int32_t)((uint32_t)a / (uint32_t)b); }
INLINE int32_t s_urem(int32_t a, int32_t b) { return b == 0 ? 0 : (int32_t)((uint32_t)a % (uint32_t)b); }
INLINE int32_t s_idiv(int32_t a, int32_t b) { return b == 0 ? 0 : b == -1 ? -a : a / b; }
INLINE int32_t s_irem(int32_t a, int32_t b) { return b == 0 || b == -1 ? 0 : a % b; }
INLINE int64_t s_udivl(int64_t a, int64_t b) { return b == 0 ? 0 : (int64_t)((uint64_t)a / (uint64_t)b); }
INLINE int64_t s_ureml(int64_t a, int64_t b) { return b == 0 ? 0 : (int64_t)((uint64_t)a % (uint64_t)b); }
INLINE int64_t s_idivl(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? -a : a / b; }
INLINE int64_t s_ireml(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }
INLINE int64_t s_imodl(int64_t a, int64_t b) {
  const int64_t rest = s_ireml(a, b);
  return rest != 0 && (rest ^ b) < 0 ? rest + b : rest;
}
INLINE int64_t s_ifloordivl(int64_t a, int64_t b) {
  const int64_t rest = s_ireml(a, b);
  return s_idivl(a, b) - (rest != 0 && (rest ^ b) < 0);
}
INLINE int64_t s_umulhl(int64_t a, int64_t b) {
  return (int64_t)(((unsigned __int128)(uint64_t)a * (uint64_t)b) >> 64);
}
INLINE int64_t s_shll(int64_t a, int64_t b) { return (uint64_t)b > 63 ? 0 : (int64_t)((uint64_t)a << b); }
INLINE int64_t s_ushrl(int64_t a, int64_t b) { return (uint64_t)b > 63 ? 0 : (int64_t)((uint64_t)a >> b); }
INLINE int64_t s_ishrl(int64_t a, int64_t b) { return a >> ((uint64_t)b > 63 ? 63 : b); }
INLINE int32_t s_clz(int32_t a) { return a == 0 ? 32 : __builtin_clz((uint32_t)a); }
INLINE int32_t s_clzl(int64_t a) { return a == 0 ? 64 : __builtin_clzll((uint64_t)a); }

INLINE int32_t s_ushr(int32_t a, int places) { return (int32_t)((uint32_t)a >> places); }
INLINE int32_t s_ishr(int32_t a, int places) { return a >> places; }
INLINE int32_t s_imin(int32_t a, int32_t b) { return a < b ? a : b; }
INLINE int32_t s_imax(int32_t a, int32_t b) { return a > b ? a : b; }
INLINE int32_t s_umin(int32_t a, int32_t b) { return (uint32_t)a < (uint32_t)b ? a : b; }
INLINE int32_t s_umax(int32_t a, int32_t b) { return (uint32_t)a > (uint32_t)b ? a : b; }
INLINE int64_t s_iminl(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t s_imaxl(int64_t a, int64_t b) { return a > b ? a : b; }
INLINE int64_t s_uminl(int64_t a, int64_t b) { return (uint64_t)a < (uint64_t)b ? a : b; }
INLINE int64_t s_umaxl(int64_t a, int64_t b) { return (uint64_t)a > (uint64_t)b ? a : b; }
INLINE int32_t s_iabs(int32_t a) { return a < 0 ? -a : a; }
INLINE int64_t s_iabsl(int64_t a) { return a < 0 ? -a : a; }

// Conditions are ints.
INLINE int s_ieq(int32_t a, int32_t b) { return a == b; }
INLINE int s_ilt(int32_t a, int32_t b) { return a < b; }
INLINE int s_ile(int32_t a, int32_t b) { return a <= b; }
INLINE int s_ult(int32_t a, int32_t b) { return (uint32_t)a < (uint32_t)b; }
INLINE int s_ule(int32_t a, int32_t b) { return (uint32_t)a <= (uint32_t)b; }
INLINE int s_ieql(int64_t a, int64_t b) { return a == b; }
INLINE int s_iltl(int64_t a, int64_t b) { return a < b; }
INLINE int s_ilel(int64_t a, int64_t b) { return a <= b; }
INLINE int s_ultl(int64_t a, int64_t b) { return (uint64_t)a < (uint64_t)b; }
INLINE int s_ulel(int64_t a, int64_t b) { return (uint64_t)a <= (uint64_t)b; }
INLINE int s_feq(float a, float b) { return a == b; }
INLINE int s_flt(float a, float b) { return a < b; }
INLINE int s_fle(float a, float b) { return a <= b; }
INLINE int s_not(int a) { return !a; }
INLINE int s_and(int a, int b) { return a & b; }
INLINE int s_or(int a, int b) { return a | b; }
INLINE int32_t s_truth(int a) { return a; }
INLINE int s_nonzero(int32_t a) { return a != 0; }
INLINE int s_nonzerol(int64_t a) { return a != 0; }
INLINE float s_selectf(int condition, float yes, float no) { return condition ? yes : no; }
INLINE int32_t s_select(int condition, int32_t yes, int32_t no) { return condition ? yes : no; }
INLINE int64_t s_selectl(int condition, int64_t yes, int64_t no) { return condition ? yes : no; }

INLINE int32_t s_wrapi8(int32_t a) { return (int8_t)a; }
INLINE int32_t s_wrapi16(int32_t a) { return (int16_t)a; }
INLINE int32_t s_cut(int64_t a) { return (int32_t)a; }
INLINE int64_t s_extend(int32_t a) { return a; }
INLINE int64_t s_extendu(int32_t a) { return (uint32_t)a; }
INLINE int64_t s_pairl(int32_t high, int32_t low) { return (int64_t)(((uint64_t)(uint32_t)high << 32) | (uint32_t)low); }

// Elements in memory, by type.
#define S_LOAD(name, type, result)                                                                                     \
  INLINE result s_load_##name(const uint8_t *base, uint32_t index) {                                                   \
    type element;                                                                                                      \
    memcpy(&element, base + sizeof(type) * (uint64_t)index, sizeof(type));                                             \
    return element;                                                                                                    \
  }
S_LOAD(f32, float, float)
S_LOAD(i32, int32_t, int32_t)
S_LOAD(u8, uint8_t, int32_t)
S_LOAD(i8, int8_t, int32_t)
S_LOAD(u16, uint16_t, int32_t)
S_LOAD(i16, int16_t, int32_t)
S_LOAD(i64, int64_t, int64_t)
INLINE float s_load_f16(const uint8_t *base, uint32_t index) { return s_htof(s_load_u16(base, index)); }
INLINE float s_load_bf16(const uint8_t *base, uint32_t index) { return s_btof(s_load_u16(base, index)); }
INLINE int32_t s_load_u4(const uint8_t *base, uint32_t index) { return base[index >> 1] >> (4 * (index & 1)) & 15; }
INLINE int32_t s_load_i4(const uint8_t *base, uint32_t index) { return (s_load_u4(base, index) ^ 8) - 8; }

// The low bits of a word into memory.
#define S_STORE(bits, word)                                                                                            \
  INLINE void s_store_##bits(uint8_t *at, word x) {                                                                    \
    const int##bits##_t element = (int##bits##_t)x;                                                                    \
    memcpy(at, &element, sizeof element);                                                                              \
  }
S_STORE(64, int64_t)
S_STORE(32, int32_t)
S_STORE(16, int32_t)
S_STORE(8, int32_t)
