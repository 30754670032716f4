// AVX2 with FMA: 8 lanes, a condition is a word of all ones or all zeros.
#include <immintrin.h>

enum { LANES = 8 };
typedef float vf __attribute__((vector_size(32)));
typedef int32_t vi __attribute__((vector_size(32)));
typedef vi vm;

#include "masks.h"

INLINE vf v_setf(float x) { return (vf)_mm256_set1_ps(x); }
INLINE vf v_fma(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INLINE vf v_sqrt(vf x) { return (vf)_mm256_sqrt_ps((__m256)x); }
INLINE vf v_floor(vf x) { return (vf)_mm256_floor_ps((__m256)x); }
INLINE vf v_ceil(vf x) { return (vf)_mm256_ceil_ps((__m256)x); }
INLINE vf v_trunc(vf x) { return (vf)_mm256_round_ps((__m256)x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }
INLINE vf v_rint(vf x) { return (vf)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE vf v_selectf(vm condition, vf yes, vf no) {
  return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)condition);
}
INLINE vi v_select(vm condition, vi yes, vi no) {
  return (vi)_mm256_blendv_epi8((__m256i)no, (__m256i)yes, (__m256i)condition);
}
// The instruction gives its second operand where neither is greater.
#define HAS_PICKS 1
INLINE vf v_pmax(vf a, vf b) { return (vf)_mm256_max_ps((__m256)b, (__m256)a); }
INLINE vf v_pmin(vf a, vf b) { return (vf)_mm256_min_ps((__m256)b, (__m256)a); }
INLINE vi v_imin(vi a, vi b) { return (vi)_mm256_min_epi32((__m256i)a, (__m256i)b); }
INLINE vi v_imax(vi a, vi b) { return (vi)_mm256_max_epi32((__m256i)a, (__m256i)b); }
INLINE vi v_umin(vi a, vi b) { return (vi)_mm256_min_epu32((__m256i)a, (__m256i)b); }
INLINE vi v_umax(vi a, vi b) { return (vi)_mm256_max_epu32((__m256i)a, (__m256i)b); }

// cvtt gives MIN for what does not fit: right for numbers below, and to be mended above and for NaN.
INLINE vi v_ftoi32(vf x) {
  const vi truncated = (vi)_mm256_cvttps_epi32((__m256)x);
  return v_select(v_fle(v_setf(0x1p31f), x), (vi){} + INT32_MAX, truncated) & v_feq(x, x);
}
// Kept first, everything fits but NaN.
#define HAS_WITHIN 1
INLINE vi v_ftoi32_within(vf x, int32_t low, int32_t high) {
  const vf kept = v_pmin(v_pmax(x, v_setf((float)low)), v_setf((float)high));
  return (vi)_mm256_cvttps_epi32((__m256)kept) & v_feq(x, x);
}
INLINE vi v_ftou32(vf x) {
  vi r;
  for (int k = 0; k < LANES; k++) r[k] = s_ftou32(x[k]);
  return r;
}
INLINE vf v_itof(vi x) { return (vf)_mm256_cvtepi32_ps((__m256i)x); }
INLINE vf v_utof(vi x) {
  vf r;
  for (int k = 0; k < LANES; k++) r[k] = s_utof(x[k]);
  return r;
}

// The first lanes, as maskload wants them.
INLINE __m256i v_lanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE vf v_chosen_f32(const uint8_t *at, vm chosen) {
  return (vf)_mm256_maskload_ps((const float *)at, (__m256i)chosen);
}
INLINE vi v_chosen_i32(const uint8_t *at, vm chosen) {
  return (vi)_mm256_maskload_epi32((const int *)at, (__m256i)chosen);
}
// Of narrow elements a full vector is one load; fewer are taken one by one.
#define NARROW(name, whole)                                                                                            \
  INLINE vi v_load_##name(const uint8_t *at, int n) {                                                                  \
    if (n == LANES) return (vi)whole;                                                                                  \
    vi r = {};                                                                                                         \
    for (int k = 0; k < n; k++) r[k] = s_load_##name(at, (uint32_t)k);                                                 \
    return r;                                                                                                          \
  }                                                                                                                    \
  INLINE vi v_chosen_##name(const uint8_t *at, vm chosen) {                                                            \
    vi r = {};                                                                                                         \
    for (int k = 0; k < LANES; k++) {                                                                                  \
      if (chosen[k]) r[k] = s_load_##name(at, (uint32_t)k);                                                            \
    }                                                                                                                  \
    return r;                                                                                                          \
  }
#define HAS_LOADS 1
NARROW(u8, _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)at)))
NARROW(i8, _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)at)))
NARROW(u16, _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)at)))
NARROW(i16, _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)at)))
INLINE vf v_load_f32(const uint8_t *at, int n) {
  return n == LANES ? (vf)_mm256_loadu_ps((const float *)at) : v_chosen_f32(at, (vi)v_lanes(n));
}
INLINE vi v_load_i32(const uint8_t *at, int n) {
  return n == LANES ? (vi)_mm256_loadu_si256((const __m256i *)at) : v_chosen_i32(at, (vi)v_lanes(n));
}

#define HAS_GATHER 1
INLINE vf v_gather_f32(const uint8_t *base, vi index, vm chosen) {
  return (vf)_mm256_mask_i32gather_ps(_mm256_setzero_ps(), (const float *)base, (__m256i)index, (__m256)chosen, 4);
}
INLINE vi v_gather_i32(const uint8_t *base, vi index, vm chosen) {
  return (vi)_mm256_mask_i32gather_epi32(_mm256_setzero_si256(), (const int *)base, (__m256i)index, (__m256i)chosen, 4);
}

#define HAS_STORES 1
INLINE void v_store_32(uint8_t *at, vi x, int n) {
  if (n == LANES) _mm256_storeu_si256((__m256i *)at, (__m256i)x);
  else _mm256_maskstore_epi32((int *)at, v_lanes(n), (__m256i)x);
}
// The low bytes of every word of a half, side by side.
INLINE void v_store_16(uint8_t *at, vi x, int n) {
  const __m256i pairs = _mm256_shuffle_epi8(
      (__m256i)x, _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 4, 5, 8, 9, 12, 13,
                                   -1, -1, -1, -1, -1, -1, -1, -1));
  const __m128i words = _mm256_castsi256_si128(_mm256_permute4x64_epi64(pairs, 8));
  if (n == LANES) _mm_storeu_si128((__m128i *)at, words);
  else memcpy(at, &words, 2 * (uint64_t)n);
}
INLINE void v_store_8(uint8_t *at, vi x, int n) {
  const __m256i fours = _mm256_shuffle_epi8(
      (__m256i)x, _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1, -1, -1,
                                   -1, -1, -1, -1, -1, -1, -1, -1, -1));
  const __m128i bytes =
      _mm_unpacklo_epi32(_mm256_castsi256_si128(fours), _mm256_extracti128_si256(fours, 1));
  if (n == LANES) _mm_storel_epi64((__m128i *)at, bytes);
  else memcpy(at, &bytes, (uint64_t)n);
}
