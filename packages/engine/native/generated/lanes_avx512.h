// AVX-512 (F, BW, DQ, VL): 16 lanes, conditions in mask registers.
#include <immintrin.h>

enum { LANES = 16 };
typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef __mmask16 vm;

#define HAS_FIRST 1
INLINE vm v_first(int n) { return (vm)(n >= 16 ? 0xffff : (1u << n) - 1); }

INLINE vf v_setf(float x) { return (vf)_mm512_set1_ps(x); }
INLINE vf v_fma(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
INLINE vf v_sqrt(vf x) { return (vf)_mm512_sqrt_ps((__m512)x); }
INLINE vf v_floor(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); }
INLINE vf v_ceil(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC); }
INLINE vf v_trunc(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }
INLINE vf v_rint(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

// The instruction gives its second operand where neither is greater.
#define HAS_PICKS 1
INLINE vf v_pmax(vf a, vf b) { return (vf)_mm512_max_ps((__m512)b, (__m512)a); }
INLINE vf v_pmin(vf a, vf b) { return (vf)_mm512_min_ps((__m512)b, (__m512)a); }

INLINE vm v_feq(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ); }
INLINE vm v_flt(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ); }
INLINE vm v_fle(vf a, vf b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LE_OQ); }
INLINE vm v_ieq(vi a, vi b) { return _mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b); }
INLINE vm v_ilt(vi a, vi b) { return _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b); }
INLINE vm v_ile(vi a, vi b) { return _mm512_cmple_epi32_mask((__m512i)a, (__m512i)b); }
INLINE vm v_ult(vi a, vi b) { return _mm512_cmplt_epu32_mask((__m512i)a, (__m512i)b); }
INLINE vm v_ule(vi a, vi b) { return _mm512_cmple_epu32_mask((__m512i)a, (__m512i)b); }
INLINE vm v_nonzero(vi a) { return _mm512_test_epi32_mask((__m512i)a, (__m512i)a); }
INLINE vm v_splatm(int condition) { return condition ? 0xffff : 0; }
INLINE vm v_not(vm a) { return (vm)~a; }
INLINE vm v_and(vm a, vm b) { return a & b; }
INLINE vm v_or(vm a, vm b) { return a | b; }
INLINE vi v_truth(vm a) { return (vi)_mm512_maskz_set1_epi32(a, 1); }
INLINE vf v_selectf(vm condition, vf yes, vf no) {
  return (vf)_mm512_mask_blend_ps(condition, (__m512)no, (__m512)yes);
}
INLINE vi v_select(vm condition, vi yes, vi no) {
  return (vi)_mm512_mask_blend_epi32(condition, (__m512i)no, (__m512i)yes);
}

INLINE vi v_imin(vi a, vi b) { return (vi)_mm512_min_epi32((__m512i)a, (__m512i)b); }
INLINE vi v_imax(vi a, vi b) { return (vi)_mm512_max_epi32((__m512i)a, (__m512i)b); }
#define HAS_RECTIFY 1
INLINE vf v_rectify(vf x) {
  return (vf)_mm512_mask_max_epi32(_mm512_set1_epi32(0x7fc00000), v_feq(x, x), (__m512i)x, _mm512_setzero_si512());
}
INLINE vi v_umin(vi a, vi b) { return (vi)_mm512_min_epu32((__m512i)a, (__m512i)b); }
INLINE vi v_umax(vi a, vi b) { return (vi)_mm512_max_epu32((__m512i)a, (__m512i)b); }

// cvtt gives MIN for what does not fit: right for numbers below, and to be mended above and for NaN.
INLINE vi v_ftoi32(vf x) {
  const __m512i truncated = _mm512_cvttps_epi32((__m512)x);
  const vm large = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(0x1p31f), _CMP_GE_OQ);
  const __m512i mended = _mm512_mask_blend_epi32(large, truncated, _mm512_set1_epi32(INT32_MAX));
  return (vi)_mm512_maskz_mov_epi32(v_feq(x, x), mended);
}
// Kept first, everything fits but NaN.
#define HAS_WITHIN 1
INLINE vi v_ftoi32_within(vf x, int32_t low, int32_t high) {
  const vf kept = v_pmin(v_pmax(x, v_setf((float)low)), v_setf((float)high));
  return (vi)_mm512_maskz_cvttps_epi32(v_feq(x, x), (__m512)kept);
}
// It gives 2^32 - 1 for what does not fit: right above, and to be mended below and for NaN.
INLINE vi v_ftou32(vf x) {
  const vm natural = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(-1.0f), _CMP_GT_OQ);
  return (vi)_mm512_maskz_cvttps_epu32(natural, (__m512)x);
}
INLINE vf v_itof(vi x) { return (vf)_mm512_cvtepi32_ps((__m512i)x); }
INLINE vf v_utof(vi x) { return (vf)_mm512_cvtepu32_ps((__m512i)x); }

#define HAS_HALF 1
INLINE vf v_htof(vi pattern) {
  const vf x = (vf)_mm512_cvtph_ps(_mm512_cvtepi32_epi16((__m512i)pattern));
  return (vf)_mm512_mask_blend_ps(v_feq(x, x), _mm512_set1_ps(s_float(0x7fc00000)), (__m512)x);
}
INLINE vi v_ftoh(vf x) {
  const __m256i half = _mm512_cvtps_ph((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  return (vi)_mm512_mask_blend_epi32(v_feq(x, x), _mm512_set1_epi32(0x7e00), _mm512_cvtepu16_epi32(half));
}

#define HAS_LOADS 1
INLINE vf v_chosen_f32(const uint8_t *at, vm chosen) { return (vf)_mm512_maskz_loadu_ps(chosen, at); }
INLINE vi v_chosen_i32(const uint8_t *at, vm chosen) { return (vi)_mm512_maskz_loadu_epi32(chosen, at); }
INLINE vi v_chosen_u8(const uint8_t *at, vm chosen) {
  return (vi)_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(chosen, at));
}
INLINE vi v_chosen_i8(const uint8_t *at, vm chosen) {
  return (vi)_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(chosen, at));
}
INLINE vi v_chosen_u16(const uint8_t *at, vm chosen) {
  return (vi)_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(chosen, at));
}
INLINE vi v_chosen_i16(const uint8_t *at, vm chosen) {
  return (vi)_mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(chosen, at));
}
INLINE vf v_load_f32(const uint8_t *at, int n) { return v_chosen_f32(at, v_first(n)); }
INLINE vi v_load_i32(const uint8_t *at, int n) { return v_chosen_i32(at, v_first(n)); }
INLINE vi v_load_u8(const uint8_t *at, int n) { return v_chosen_u8(at, v_first(n)); }
INLINE vi v_load_i8(const uint8_t *at, int n) { return v_chosen_i8(at, v_first(n)); }
INLINE vi v_load_u16(const uint8_t *at, int n) { return v_chosen_u16(at, v_first(n)); }
INLINE vi v_load_i16(const uint8_t *at, int n) { return v_chosen_i16(at, v_first(n)); }

#define HAS_GATHER 1
INLINE vf v_gather_f32(const uint8_t *base, vi index, vm chosen) {
  return (vf)_mm512_mask_i32gather_ps(_mm512_setzero_ps(), chosen, (__m512i)index, base, 4);
}
INLINE vi v_gather_i32(const uint8_t *base, vi index, vm chosen) {
  return (vi)_mm512_mask_i32gather_epi32(_mm512_setzero_si512(), chosen, (__m512i)index, base, 4);
}

// Every other one of 32 elements from `at` on: only those of chosen lanes are read.
#define HAS_EVEN 1
INLINE vi v_even_i32(const uint8_t *at, vm chosen) {
  const uint32_t words = _pdep_u32(chosen, 0x55555555);
  const __m512i low = _mm512_maskz_loadu_epi32((vm)words, at);
  const __m512i high = _mm512_maskz_loadu_epi32((vm)(words >> 16), at + 64);
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return (vi)_mm512_permutex2var_epi32(low, even, high);
}
INLINE vi v_even_f32(const uint8_t *at, vm chosen) { return v_even_i32(at, chosen); }
INLINE vi v_even_u8(const uint8_t *at, vm chosen) {
  return (vi)_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi8(_pdep_u32(chosen, 0x55555555), at));
}
INLINE vi v_even_i8(const uint8_t *at, vm chosen) { return (v_even_u8(at, chosen) << 24) >> 24; }

#define HAS_STORES 1
INLINE void v_store_32(uint8_t *at, vi x, int n) { _mm512_mask_storeu_epi32(at, v_first(n), (__m512i)x); }
INLINE void v_store_16(uint8_t *at, vi x, int n) {
  _mm256_mask_storeu_epi16(at, v_first(n), _mm512_cvtepi32_epi16((__m512i)x));
}
INLINE void v_store_8(uint8_t *at, vi x, int n) {
  _mm_mask_storeu_epi8(at, v_first(n), _mm512_cvtepi32_epi8((__m512i)x));
}
