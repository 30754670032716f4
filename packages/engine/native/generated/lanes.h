// LANES words at a time. The header of the instruction set gives LANES, the types vf (floats), vi (32-bit words), vm (a condition
// a lane) and the functions marked HAS_…; everything else is here, in terms of those or lane by lane. Of 64-bit words (vl)
// nothing is hurried.

typedef int64_t vl __attribute__((vector_size(8 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef uint64_t vul __attribute__((vector_size(8 * LANES)));

#define EACH for (int k = 0; k < LANES; k++)

INLINE vi v_set(int32_t x) { return (vi){} + x; }
INLINE vl v_setl(int64_t x) { return (vl){} + x; }
INLINE vi v_iota(int32_t first, int32_t stride) {
  vi r;
  EACH r[k] = k;
  return r * stride + first;
}
INLINE vl v_iotal(int64_t first, int64_t stride) {
  vl r;
  EACH r[k] = k;
  return r * stride + first;
}
// Lanes before n.
#ifndef HAS_FIRST
INLINE vm v_first(int n) { return v_ilt(v_iota(0, 1), v_set(n)); }
#endif

#define MAP(result, name, type, scalar)                                                                                \
  APART result v_##name(type a) {                                                                                     \
    result r;                                                                                                          \
    EACH r[k] = s_##scalar(a[k]);                                                                                      \
    return r;                                                                                                          \
  }
#define MAP2(result, name, type, scalar)                                                                               \
  APART result v_##name(type a, type b) {                                                                             \
    result r;                                                                                                          \
    EACH r[k] = s_##scalar(a[k], b[k]);                                                                                \
    return r;                                                                                                          \
  }
// A condition of every lane, as a mask: lane by lane.
#define COMPARE(name, type)                                                                                            \
  APART vm v_##name(type a, type b) {                                                                                 \
    vi r;                                                                                                              \
    EACH r[k] = s_##name(a[k], b[k]);                                                                                  \
    return v_nonzero(r);                                                                                               \
  }

INLINE vf v_neg(vf x) { return (vf)((vi)x ^ v_set(INT32_MIN)); }
INLINE vf v_abs(vf x) { return (vf)((vi)x & v_set(INT32_MAX)); }
INLINE vf v_float(vi x) { return (vf)x; }
INLINE vf v_canonical(vf x) { return v_selectf(v_feq(x, x), x, v_setf(s_float(0x7fc00000))); }
INLINE vi v_pattern(vf x) { return (vi)v_canonical(x); }
// The maximum with +0, its NaN the one.
#ifndef HAS_RECTIFY
INLINE vf v_rectify(vf x) { return v_selectf(v_feq(x, x), (vf)v_imax((vi)x, v_set(0)), v_setf(s_float(0x7fc00000))); }
#endif

INLINE vi v_ushr(vi a, int places) { return (vi)((vu)a >> places); }
INLINE vi v_ishr(vi a, int places) { return a >> places; }
INLINE vi v_wrapi8(vi a) { return (a << 24) >> 24; }
INLINE vi v_wrapi16(vi a) { return (a << 16) >> 16; }
INLINE vi v_clamp(vi x, int32_t low, int32_t high) { return v_imin(v_imax(x, v_set(low)), v_set(high)); }
// Truncated, and kept between low ≤ 0 and high ≥ 0, which are floats too.
#ifndef HAS_WITHIN
INLINE vi v_ftoi32_within(vf x, int32_t low, int32_t high) { return v_clamp(v_ftoi32(x), low, high); }
#endif
INLINE vi v_iabs(vi a) { return v_imax(a, -a); }
INLINE vf v_btof(vi pattern) { return (vf)(pattern << 16); }
INLINE vi v_ftob(vf x) {
  const vi bits = (vi)x, odd = v_ushr(bits, 16) & 1;
  return v_select(v_feq(x, x), v_ushr(bits + odd + 0x7fff, 16), v_set(0x7fc0));
}

// maximum and minimum: NaN wins, -0 < +0. Of equal numbers the patterns are joined; a sum with a NaN is a NaN.
INLINE vf v_fmax(vf a, vf b) {
  const vf greater = v_selectf(v_flt(b, a), a, v_selectf(v_feq(a, b), (vf)((vi)a & (vi)b), b));
  return v_selectf(v_and(v_feq(a, a), v_feq(b, b)), greater, a + b);
}
INLINE vf v_fmin(vf a, vf b) {
  const vf less = v_selectf(v_flt(a, b), a, v_selectf(v_feq(a, b), (vf)((vi)a | (vi)b), b));
  return v_selectf(v_and(v_feq(a, a), v_feq(b, b)), less, a + b);
}
// a < b ? b : a, and b < a ? b : a: the second where the first is a NaN, or both are zeros, is the first.
#ifndef HAS_PICKS
INLINE vf v_pmax(vf a, vf b) { return v_selectf(v_flt(a, b), b, a); }
INLINE vf v_pmin(vf a, vf b) { return v_selectf(v_flt(b, a), b, a); }
#endif

MAP2(vi, udiv, vi, udiv)
MAP2(vi, urem, vi, urem)
MAP2(vi, idiv, vi, idiv)
MAP2(vi, irem, vi, irem)
MAP(vi, clz, vi, clz)
#ifndef HAS_HALF
MAP(vf, htof, vi, htof)
MAP(vi, ftoh, vf, ftoh)
#endif

MAP2(vl, udivl, vl, udivl)
MAP2(vl, ureml, vl, ureml)
MAP2(vl, idivl, vl, idivl)
MAP2(vl, ireml, vl, ireml)
MAP2(vl, imodl, vl, imodl)
MAP2(vl, ifloordivl, vl, ifloordivl)
MAP2(vl, umulhl, vl, umulhl)
MAP2(vl, shll, vl, shll)
MAP2(vl, ushrl, vl, ushrl)
MAP2(vl, ishrl, vl, ishrl)
MAP2(vl, iminl, vl, iminl)
MAP2(vl, imaxl, vl, imaxl)
MAP2(vl, uminl, vl, uminl)
MAP2(vl, umaxl, vl, umaxl)
MAP(vl, iabsl, vl, iabsl)
MAP(vi, clzl, vl, clzl)
MAP(vl, ftoi64, vf, ftoi64)
MAP(vl, ftou64, vf, ftou64)
MAP(vf, ltof, vl, ltof)
MAP(vf, ultof, vl, ultof)
COMPARE(ieql, vl)
COMPARE(iltl, vl)
COMPARE(ilel, vl)
COMPARE(ultl, vl)
COMPARE(ulel, vl)
INLINE vm v_nonzerol(vl a) { return v_not(v_ieql(a, v_setl(0))); }
INLINE vi v_cut(vl a) { return __builtin_convertvector(a, vi); }
INLINE vl v_extend(vi a) { return __builtin_convertvector(a, vl); }
INLINE vl v_extendu(vi a) { return (vl)__builtin_convertvector((vu)a, vul); }
INLINE vl v_pairl(vi high, vi low) { return (v_extendu(high) << 32) | v_extendu(low); }
INLINE vl v_selectl(vm condition, vl yes, vl no) {
  const vl mask = v_extend(-v_truth(condition));
  return (yes & mask) | (no & ~mask);
}

// Neighbours in memory: the first n of them, the rest 0.
#define LOAD(name, type, result, vector)                                                                               \
  INLINE vector v_load_##name(const uint8_t *at, int n) {                                                              \
    vector r = {};                                                                                                     \
    for (int k = 0; k < n; k++) r[k] = s_load_##name(at, (uint32_t)k);                                                 \
    return r;                                                                                                          \
  }                                                                                                                    \
  LOAD_CHOSEN(name, vector)                                                                                            \
  LOAD_WITHIN(name, type, vector)
// Those of them that the condition names.
#define LOAD_CHOSEN(name, vector)                                                                                      \
  INLINE vector v_chosen_##name(const uint8_t *at, vm chosen) {                                                        \
    const vi there = v_truth(chosen);                                                                                  \
    vector r = {};                                                                                                     \
    EACH if (there[k]) r[k] = s_load_##name(at, (uint32_t)k);                                                          \
    return r;                                                                                                          \
  }
// The first n from element `first` on, of `limit` that there are.
#define LOAD_WITHIN(name, type, vector)                                                                                \
  INLINE vector v_none_##name(void) { return (vector){}; }                                                             \
  APART vector v_across_##name(const uint8_t *base, int64_t first, uint32_t limit, int n) {                            \
    vector r = {};                                                                                                     \
    for (int k = 0; k < n; k++) {                                                                                      \
      if (first + k >= 0 && first + k < limit) r[k] = s_load_##name(base, (uint32_t)(first + k));                      \
    }                                                                                                                  \
    return r;                                                                                                          \
  }                                                                                                                    \
  INLINE vector v_within_##name(const uint8_t *base, int64_t first, uint32_t limit, int n) {                           \
    if (first >= 0 && first + n <= limit) return v_load_##name(base + sizeof(type) * first, n);                        \
    return v_across_##name(base, first, limit, n);                                                                     \
  }
// Elements anywhere, where the condition holds.
#define GATHER(name, vector)                                                                                           \
  APART vector v_gather_##name(const uint8_t *base, vi index, vm chosen) {                                            \
    const vi there = v_truth(chosen);                                                                                  \
    vector r = {};                                                                                                     \
    EACH if (there[k]) r[k] = s_load_##name(base, (uint32_t)index[k]);                                                 \
    return r;                                                                                                          \
  }

#ifndef HAS_LOADS
LOAD(f32, float, float, vf)
LOAD(i32, int32_t, int32_t, vi)
LOAD(u8, uint8_t, int32_t, vi)
LOAD(i8, int8_t, int32_t, vi)
LOAD(u16, uint16_t, int32_t, vi)
LOAD(i16, int16_t, int32_t, vi)
LOAD(bf16, uint16_t, float, vf)
LOAD(f16, uint16_t, float, vf)
#else
LOAD_WITHIN(f32, float, vf)
LOAD_WITHIN(i32, int32_t, vi)
LOAD_WITHIN(u8, uint8_t, vi)
LOAD_WITHIN(i8, int8_t, vi)
LOAD_WITHIN(u16, uint16_t, vi)
LOAD_WITHIN(i16, int16_t, vi)
INLINE vf v_load_bf16(const uint8_t *at, int n) { return v_btof(v_load_u16(at, n)); }
INLINE vf v_load_f16(const uint8_t *at, int n) { return v_htof(v_load_u16(at, n)); }
INLINE vf v_chosen_bf16(const uint8_t *at, vm chosen) { return v_btof(v_chosen_u16(at, chosen)); }
INLINE vf v_chosen_f16(const uint8_t *at, vm chosen) { return v_htof(v_chosen_u16(at, chosen)); }
LOAD_WITHIN(bf16, uint16_t, vf)
LOAD_WITHIN(f16, uint16_t, vf)
#endif
LOAD(i64, int64_t, int64_t, vl)
#ifndef HAS_GATHER
GATHER(f32, vf)
GATHER(i32, vi)
#endif
GATHER(u8, vi)
GATHER(i8, vi)
GATHER(u16, vi)
GATHER(i16, vi)
GATHER(f16, vf)
GATHER(bf16, vf)
GATHER(u4, vi)
GATHER(i4, vi)
GATHER(i64, vl)

// Elements `stride` apart from `at` on, where the condition holds.
#ifndef HAS_EVEN
#define SPACED(name, vector)                                                                                           \
  INLINE vector v_spaced_##name(const uint8_t *at, int32_t stride, vm chosen) {                                       \
    return v_gather_##name(at, v_iota(0, stride), chosen);                                                             \
  }
#else
#define SPACED(name, vector)                                                                                           \
  INLINE vector v_spaced_##name(const uint8_t *at, int32_t stride, vm chosen) {                                       \
    return stride == 2 ? (vector)v_even_##name(at, chosen) : v_gather_##name(at, v_iota(0, stride), chosen);           \
  }
#endif
SPACED(f32, vf)
SPACED(i32, vi)
SPACED(u8, vi)
SPACED(i8, vi)

// The first n lanes into memory: low 32, 16 or 8 bits, or all 64.
#ifndef HAS_STORES
#define STORE(bits, vector)                                                                                            \
  INLINE void v_store_##bits(uint8_t *at, vector x, int n) {                                                           \
    for (int k = 0; k < n; k++) {                                                                                      \
      const int##bits##_t element = (int##bits##_t)x[k];                                                               \
      memcpy(at + sizeof element * k, &element, sizeof element);                                                       \
    }                                                                                                                  \
  }
STORE(32, vi)
STORE(16, vi)
STORE(8, vi)
#endif
INLINE void v_store_64(uint8_t *at, vl x, int n) { memcpy(at, &x, 8 * (uint64_t)n); }

// Floats in the order of maximum, as integers: -0 below +0, the one NaN above all.
INLINE vi v_key(vi word) { return word ^ ((word >> 31) & INT32_MAX); }
INLINE int32_t s_key(int32_t word) { return word ^ ((word >> 31) & INT32_MAX); }
// In that of minimum, the NaN below all.
INLINE vi v_minkey(vi word) { return v_select(v_ilt(v_set(0x7f800000), word), v_set(INT32_MIN), v_key(word)); }
INLINE int32_t s_minkey(int32_t word) { return word > 0x7f800000 ? INT32_MIN : s_key(word); }
INLINE int32_t s_unminkey(int32_t key) { return key == INT32_MIN ? 0x7fc00000 : s_key(key); }
INLINE int32_t s_iadd(int32_t a, int32_t b) { return a + b; }
INLINE vi v_iadd(vi a, vi b) { return a + b; }
#define REDUCE(name)                                                                                                   \
  INLINE int32_t v_reduce_##name(vi x) {                                                                               \
    int32_t r = x[0];                                                                                                  \
    for (int k = 1; k < LANES; k++) r = s_##name(r, x[k]);                                                             \
    return r;                                                                                                          \
  }
REDUCE(imax)
REDUCE(imin)
REDUCE(iadd)
