// Vectors of NEON on 64-bit Arm: 4 lanes, 32 registers, no masked memory access: masks are bits, lanes are walked.
#include <arm_neon.h>

enum { LANES = 4 };
#define TILE_ROWS 12
#define TILE_ROWS_4 6
#define TILE_ROWS_8 3
// Tiles of rows from which on columns are copied that could be read in place.
#define TILES_IN_PLACE 2

typedef float32x4_t vf;
typedef int32x4_t vi;
typedef uint32_t vm;

INLINE vm vm_first(int64_t n) { return n >= 4 ? 15u : n <= 0 ? 0u : (1u << n) - 1; }
INLINE vm vm_between(int64_t from, int64_t to) { return vm_first(to) & ~vm_first(from); }
INLINE vm vm_and(vm a, vm b) { return a & b; }
INLINE vm vm_below(vi a, vi b) {
  const uint32x4_t bit = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(vcltq_u32(vreinterpretq_u32_s32(a), vreinterpretq_u32_s32(b)), bit));
}
INLINE uint32_t vm_bits(vm m) { return m; }

INLINE vf vf_zero(void) { return vdupq_n_f32(0); }
INLINE vf vf_set1(float x) { return vdupq_n_f32(x); }
INLINE vf vf_load(const float *p) { return vld1q_f32(p); }
INLINE vf vf_load_mask(const float *p, vm m) {
  if (m == 15) return vld1q_f32(p);
  float x[4] = {0, 0, 0, 0};
  for (int i = 0; i < 4; i++)
    if (m >> i & 1) x[i] = p[i];
  return vld1q_f32(x);
}
INLINE void vf_store(float *p, vf x) { vst1q_f32(p, x); }
INLINE void vf_store_mask(float *p, vf x, vm m) {
  float lanes[4];
  vst1q_f32(lanes, x);
  for (int i = 0; i < 4; i++)
    if (m >> i & 1) p[i] = lanes[i];
}
INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
INLINE vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
INLINE vf vf_or(vf a, vf b) {
  return vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(b)));
}
INLINE vf vf_gather(const float *p, vi offset, vm m) {
  int32_t at[4];
  float x[4] = {0, 0, 0, 0};
  vst1q_s32(at, offset);
  for (int i = 0; i < 4; i++)
    if (m >> i & 1) x[i] = p[at[i]];
  return vld1q_f32(x);
}

// The elements of even and of odd place of two vectors in a row; a vector moved up by one lane, `first` put before it.
INLINE vf vf_even(vf low, vf high) { return vuzp1q_f32(low, high); }
INLINE vf vf_odd(vf low, vf high) { return vuzp2q_f32(low, high); }
INLINE vf vf_push(float first, vf x) { return vextq_f32(vdupq_n_f32(first), x, 3); }

INLINE vi vi_zero(void) { return vdupq_n_s32(0); }
INLINE vi vi_set1(int32_t x) { return vdupq_n_s32(x); }
INLINE vi vi_load(const int32_t *p) { return vld1q_s32(p); }
INLINE vi vi_load_mask(const int32_t *p, vm m) {
  int32_t x[4] = {0, 0, 0, 0};
  for (int i = 0; i < 4; i++)
    if (m >> i & 1) x[i] = p[i];
  return vld1q_s32(x);
}
INLINE void vi_store(int32_t *p, vi x) { vst1q_s32(p, x); }
INLINE void vi_store_mask(int32_t *p, vi x, vm m) {
  int32_t lanes[4];
  vst1q_s32(lanes, x);
  for (int i = 0; i < 4; i++)
    if (m >> i & 1) p[i] = lanes[i];
}
INLINE vi vi_add(vi a, vi b) { return vaddq_s32(a, b); }
INLINE vi vi_sub(vi a, vi b) { return vsubq_s32(a, b); }
INLINE vi vi_mul(vi a, vi b) { return vmulq_s32(a, b); }

// Bytes as numbers; 2^23 and the bits of `mask` of each word shifted right, exactly.
INLINE vi vi_load_bytes(const uint8_t *p) { return (vi){p[0], p[1], p[2], p[3]}; }
INLINE vf vf_whole(vi word, int shift, int32_t mask) {
  const uint32x4_t moved = vshlq_u32(vreinterpretq_u32_s32(word), vdupq_n_s32(-shift));
  const uint32x4_t bits = vandq_u32(moved, vdupq_n_u32((uint32_t)mask));
  return vreinterpretq_f32_u32(vorrq_u32(bits, vdupq_n_u32(0x4b000000)));
}

// Adds to each lane the products of its two integers of 16 bits.
#define DOT_BYTES 0
INLINE vi vi_dot(vi sum, vi rows, vi columns) {
  int16x8_t a = vreinterpretq_s16_s32(rows), b = vreinterpretq_s16_s32(columns);
  int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
  return vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(a, b)));
}
