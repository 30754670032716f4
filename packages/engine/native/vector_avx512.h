// Vectors of AVX-512 (F, BW, DQ, VL): 16 lanes, 32 registers, masks in registers of their own.
#include <immintrin.h>

enum { LANES = 16 };
// Rows of the largest tile by its width in vectors: accumulators, one vector of each column, one broadcast.
#define TILE_ROWS 14
#define TILE_ROWS_4 6
#define TILE_ROWS_8 3
// Tiles of rows from which on columns are copied that could be read in place.
#define TILES_IN_PLACE 1024

typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;

INLINE vm vm_first(int64_t n) { return (vm)(n >= 16 ? 0xffff : n <= 0 ? 0 : (1u << n) - 1); }
INLINE vm vm_between(int64_t from, int64_t to) { return vm_first(to) & (vm)~vm_first(from); }
INLINE vm vm_and(vm a, vm b) { return a & b; }
INLINE vm vm_below(vi a, vi b) { return _mm512_cmplt_epu32_mask(a, b); }
INLINE uint32_t vm_bits(vm m) { return m; }

INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }
INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE vf vf_load_mask(const float *p, vm m) { return _mm512_maskz_loadu_ps(m, p); }
INLINE void vf_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
INLINE void vf_store_mask(float *p, vf x, vm m) { _mm512_mask_storeu_ps(p, m, x); }
INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vf vf_or(vf a, vf b) { return _mm512_or_ps(a, b); }
INLINE vf vf_gather(const float *p, vi offset, vm m) {
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), m, offset, p, 4);
}

// Lane i of the 32 floats of `low` and `high` that index i names; 0 where the mask is off.
#define HAS_PICK 1
INLINE vf vf_pick(vf low, vf high, vi index, vm m) { return _mm512_maskz_permutex2var_ps(m, low, index, high); }

// The elements of even and of odd place of two vectors in a row; a vector moved up by one lane, `first` put before it.
INLINE vf vf_even(vf low, vf high) {
  const vi at = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return _mm512_permutex2var_ps(low, at, high);
}
INLINE vf vf_odd(vf low, vf high) {
  const vi at = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return _mm512_permutex2var_ps(low, at, high);
}
INLINE vf vf_push(float first, vf x) {
  return _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(x), _mm512_castps_si512(_mm512_set1_ps(first)), 15));
}

// Sixteen vectors as the rows of a square become its columns.
#define HAS_TRANSPOSE 1
INLINE void vf_transpose(vf x[16]) {
  vf t[16];
  UNROLL for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
  }
  UNROLL for (int i = 0; i < 16; i += 4) {
    UNROLL for (int j = 0; j < 2; j++) {
      const __m512d a = _mm512_castps_pd(t[i + j]), b = _mm512_castps_pd(t[i + j + 2]);
      x[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      x[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
  // x[4 g + j]: in each quarter q, rows 4 g … 4 g + 3 of column 4 q + j.
  UNROLL for (int j = 0; j < 4; j++) {
    const vf a = _mm512_shuffle_f32x4(x[j], x[4 + j], 0x88), b = _mm512_shuffle_f32x4(x[8 + j], x[12 + j], 0x88);
    const vf c = _mm512_shuffle_f32x4(x[j], x[4 + j], 0xdd), d = _mm512_shuffle_f32x4(x[8 + j], x[12 + j], 0xdd);
    t[j] = _mm512_shuffle_f32x4(a, b, 0x88);
    t[8 + j] = _mm512_shuffle_f32x4(a, b, 0xdd);
    t[4 + j] = _mm512_shuffle_f32x4(c, d, 0x88);
    t[12 + j] = _mm512_shuffle_f32x4(c, d, 0xdd);
  }
  UNROLL for (int i = 0; i < 16; i++) x[i] = t[i];
}

INLINE vi vi_zero(void) { return _mm512_setzero_si512(); }
INLINE vi vi_set1(int32_t x) { return _mm512_set1_epi32(x); }
INLINE vi vi_load(const int32_t *p) { return _mm512_loadu_si512(p); }
INLINE vi vi_load_mask(const int32_t *p, vm m) { return _mm512_maskz_loadu_epi32(m, p); }
INLINE void vi_store(int32_t *p, vi x) { _mm512_storeu_si512(p, x); }
INLINE void vi_store_mask(int32_t *p, vi x, vm m) { _mm512_mask_storeu_epi32(p, m, x); }
INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
INLINE vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
INLINE vi vi_mul(vi a, vi b) { return _mm512_mullo_epi32(a, b); }

// Bytes as numbers; 2^23 and the bits of `mask` of each word shifted right, exactly.
INLINE vi vi_load_bytes(const uint8_t *p) { return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)); }
INLINE vf vf_whole(vi word, int shift, int32_t mask) {
  const vi moved = _mm512_srli_epi32(word, (unsigned)shift), whole = _mm512_set1_epi32(0x4b000000);
  // (moved & mask) | whole
  return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(moved, _mm512_set1_epi32(mask), whole, 0xea));
}

// Adds to each lane the products of its group of integers. VNNI: four, unsigned from rows, signed from columns; vpdpbusd
// does not saturate. Otherwise two of 16 bits.
#if defined(ASSAY_VNNI)
#define DOT_BYTES 1
INLINE vi vi_dot(vi sum, vi rows, vi columns) { return _mm512_dpbusd_epi32(sum, rows, columns); }
INLINE vi vi_xor(vi a, vi b) { return _mm512_xor_si512(a, b); }
INLINE int32_t vi_sum(vi a) { return _mm512_reduce_add_epi32(a); }
#else
#define DOT_BYTES 0
INLINE vi vi_dot(vi sum, vi rows, vi columns) { return _mm512_add_epi32(sum, _mm512_madd_epi16(rows, columns)); }
#endif
