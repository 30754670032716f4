// Vectors of AVX2 and FMA: 8 lanes, 16 registers, masks as vectors of all-ones lanes.
#include <immintrin.h>

enum { LANES = 8 };
#define TILE_ROWS 6
#define TILE_ROWS_4 2
#define TILE_ROWS_8 1
// Tiles of rows from which on columns are copied that could be read in place.
#define TILES_IN_PLACE 6

typedef __m256 vf;
typedef __m256i vi;
typedef __m256i vm;

INLINE vm vm_first(int64_t n) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)(n > 8 ? 8 : n)), lane);
}
INLINE vm vm_between(int64_t from, int64_t to) { return _mm256_andnot_si256(vm_first(from), vm_first(to)); }
INLINE vm vm_and(vm a, vm b) { return _mm256_and_si256(a, b); }
INLINE vm vm_below(vi a, vi b) {
  const __m256i sign = _mm256_set1_epi32(INT32_MIN);
  return _mm256_cmpgt_epi32(_mm256_xor_si256(b, sign), _mm256_xor_si256(a, sign));
}
INLINE uint32_t vm_bits(vm m) { return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(m)); }

INLINE vf vf_zero(void) { return _mm256_setzero_ps(); }
INLINE vf vf_set1(float x) { return _mm256_set1_ps(x); }
INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
INLINE vf vf_load_mask(const float *p, vm m) { return _mm256_maskload_ps(p, m); }
INLINE void vf_store(float *p, vf x) { _mm256_storeu_ps(p, x); }
INLINE void vf_store_mask(float *p, vf x, vm m) { _mm256_maskstore_ps(p, m, x); }
INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vf vf_or(vf a, vf b) { return _mm256_or_ps(a, b); }
INLINE vf vf_gather(const float *p, vi offset, vm m) {
  return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), p, offset, _mm256_castsi256_ps(m), 4);
}

// The elements of even and of odd place of two vectors in a row; a vector moved up by one lane, `first` put before it.
INLINE vf vf_quarters(vf x) {
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(x), 0xd8));
}
INLINE vf vf_even(vf low, vf high) { return vf_quarters(_mm256_shuffle_ps(low, high, 0x88)); }
INLINE vf vf_odd(vf low, vf high) { return vf_quarters(_mm256_shuffle_ps(low, high, 0xdd)); }
INLINE vf vf_push(float first, vf x) {
  const vf up = _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6));
  return _mm256_blend_ps(up, _mm256_set1_ps(first), 1);
}

// Eight vectors as the rows of a square become its columns.
#define HAS_TRANSPOSE 1
INLINE void vf_transpose(vf x[8]) {
  vf t[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
  }
  UNROLL for (int i = 0; i < 8; i += 4) {
    UNROLL for (int j = 0; j < 2; j++) {
      const __m256d a = _mm256_castps_pd(t[i + j]), b = _mm256_castps_pd(t[i + j + 2]);
      x[i + 2 * j] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
      x[i + 2 * j + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, b));
    }
  }
  UNROLL for (int j = 0; j < 4; j++) {
    t[j] = _mm256_permute2f128_ps(x[j], x[4 + j], 0x20);
    t[4 + j] = _mm256_permute2f128_ps(x[j], x[4 + j], 0x31);
  }
  UNROLL for (int i = 0; i < 8; i++) x[i] = t[i];
}

INLINE vi vi_zero(void) { return _mm256_setzero_si256(); }
INLINE vi vi_set1(int32_t x) { return _mm256_set1_epi32(x); }
INLINE vi vi_load(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE vi vi_load_mask(const int32_t *p, vm m) { return _mm256_maskload_epi32(p, m); }
INLINE void vi_store(int32_t *p, vi x) { _mm256_storeu_si256((__m256i *)p, x); }
INLINE void vi_store_mask(int32_t *p, vi x, vm m) { _mm256_maskstore_epi32(p, m, x); }
INLINE vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
INLINE vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
INLINE vi vi_mul(vi a, vi b) { return _mm256_mullo_epi32(a, b); }

// Bytes as numbers; 2^23 and the bits of `mask` of each word shifted right, exactly.
INLINE vi vi_load_bytes(const uint8_t *p) { return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)); }
INLINE vf vf_whole(vi word, int shift, int32_t mask) {
  const vi bits = _mm256_and_si256(_mm256_srli_epi32(word, shift), _mm256_set1_epi32(mask));
  return _mm256_castsi256_ps(_mm256_or_si256(bits, _mm256_set1_epi32(0x4b000000)));
}

// Adds to each lane the products of its two integers of 16 bits: vpmaddwd is exact but for two products of -2^15.
#define DOT_BYTES 0
INLINE vi vi_dot(vi sum, vi rows, vi columns) { return _mm256_add_epi32(sum, _mm256_madd_epi16(rows, columns)); }
