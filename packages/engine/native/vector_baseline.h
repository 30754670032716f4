// Vectors for any machine with IEEE-754 binary64: 4 lanes as plain C, the fused multiply-add made of binary64 operations.
#include <float.h>

#if FLT_EVAL_METHOD != 0
#error "float and double must be evaluated in their own precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

enum { LANES = 4 };
#define TILE_ROWS 4
#define TILE_ROWS_4 2
#define TILE_ROWS_8 1
// Tiles of rows from which on columns are copied that could be read in place.
#define TILES_IN_PLACE 2

typedef struct {
  float x[LANES];
} vf;
typedef struct {
  int32_t x[LANES];
} vi;
typedef uint32_t vm;

#define EACH_LANE for (int i = 0; i < LANES; i++)

// a × b + c rounded once. The product is exact in binary64; where the sum is not, it is rounded to odd, after which one more
// rounding, to 24 bits or fewer, is right.
INLINE float fused(float a, float b, float c) {
  double product = (double)a * (double)b, sum = product + (double)c;
  double part = sum - product, error = (product - (sum - part)) + ((double)c - part);
  if (error < 0 || error > 0) {
    int64_t bits;
    memcpy(&bits, &sum, 8);
    if ((bits & 1) == 0) bits += (error > 0) == (bits >= 0) ? 1 : -1;
    memcpy(&sum, &bits, 8);
  }
  return (float)sum;
}

INLINE vm vm_first(int64_t n) { return n >= LANES ? 15u : n <= 0 ? 0u : (1u << n) - 1; }
INLINE vm vm_between(int64_t from, int64_t to) { return vm_first(to) & ~vm_first(from); }
INLINE vm vm_and(vm a, vm b) { return a & b; }
INLINE vm vm_below(vi a, vi b) {
  vm m = 0;
  EACH_LANE m |= (vm)((uint32_t)a.x[i] < (uint32_t)b.x[i]) << i;
  return m;
}
INLINE uint32_t vm_bits(vm m) { return m; }

INLINE vf vf_zero(void) { return (vf){{0}}; }
INLINE vf vf_set1(float x) { return (vf){{x, x, x, x}}; }
INLINE vf vf_load(const float *p) {
  vf r;
  memcpy(&r, p, sizeof r);
  return r;
}
INLINE vf vf_load_mask(const float *p, vm m) {
  vf r = {{0}};
  EACH_LANE if (m >> i & 1) r.x[i] = p[i];
  return r;
}
INLINE void vf_store(float *p, vf x) { memcpy(p, &x, sizeof x); }
INLINE void vf_store_mask(float *p, vf x, vm m) { EACH_LANE if (m >> i & 1) p[i] = x.x[i]; }
INLINE vf vf_add(vf a, vf b) {
  EACH_LANE a.x[i] += b.x[i];
  return a;
}
INLINE vf vf_sub(vf a, vf b) {
  EACH_LANE a.x[i] -= b.x[i];
  return a;
}
INLINE vf vf_mul(vf a, vf b) {
  EACH_LANE a.x[i] *= b.x[i];
  return a;
}
INLINE vf vf_fma(vf a, vf b, vf c) {
  EACH_LANE c.x[i] = fused(a.x[i], b.x[i], c.x[i]);
  return c;
}
INLINE vf vf_or(vf a, vf b) {
  EACH_LANE {
    uint32_t x, y;
    memcpy(&x, &a.x[i], 4);
    memcpy(&y, &b.x[i], 4);
    x |= y;
    memcpy(&a.x[i], &x, 4);
  }
  return a;
}
INLINE vf vf_gather(const float *p, vi offset, vm m) {
  vf r = {{0}};
  EACH_LANE if (m >> i & 1) r.x[i] = p[offset.x[i]];
  return r;
}

// The elements of even and of odd place of two vectors in a row; a vector moved up by one lane, `first` put before it.
INLINE vf vf_even(vf low, vf high) { return (vf){{low.x[0], low.x[2], high.x[0], high.x[2]}}; }
INLINE vf vf_odd(vf low, vf high) { return (vf){{low.x[1], low.x[3], high.x[1], high.x[3]}}; }
INLINE vf vf_push(float first, vf x) { return (vf){{first, x.x[0], x.x[1], x.x[2]}}; }

INLINE vi vi_zero(void) { return (vi){{0}}; }
INLINE vi vi_set1(int32_t x) { return (vi){{x, x, x, x}}; }
INLINE vi vi_load(const int32_t *p) {
  vi r;
  memcpy(&r, p, sizeof r);
  return r;
}
INLINE vi vi_load_mask(const int32_t *p, vm m) {
  vi r = {{0}};
  EACH_LANE if (m >> i & 1) r.x[i] = p[i];
  return r;
}
INLINE void vi_store(int32_t *p, vi x) { memcpy(p, &x, sizeof x); }
INLINE void vi_store_mask(int32_t *p, vi x, vm m) { EACH_LANE if (m >> i & 1) p[i] = x.x[i]; }
// In unsigned arithmetic, which wraps; a signed overflow is undefined in C.
#define LANEWISE(name, op) \
  INLINE vi name(vi a, vi b) { \
    EACH_LANE a.x[i] = (int32_t)((uint32_t)a.x[i] op(uint32_t) b.x[i]); \
    return a; \
  }
LANEWISE(vi_add, +)
LANEWISE(vi_sub, -)
LANEWISE(vi_mul, *)
#undef LANEWISE

// Bytes as numbers; 2^23 and the bits of `mask` of each word shifted right, exactly.
INLINE vi vi_load_bytes(const uint8_t *p) { return (vi){{p[0], p[1], p[2], p[3]}}; }
INLINE vf vf_whole(vi word, int shift, int32_t mask) {
  vf r;
  EACH_LANE r.x[i] = 8388608.0f + (float)((uint32_t)word.x[i] >> shift & (uint32_t)mask);
  return r;
}

// Adds to each lane the products of its two integers of 16 bits.
#define DOT_BYTES 0
INLINE vi vi_dot(vi sum, vi rows, vi columns) {
  EACH_LANE {
    uint32_t a = (uint32_t)rows.x[i], b = (uint32_t)columns.x[i];
    int32_t low = (int16_t)a * (int16_t)b, high = (int16_t)(a >> 16) * (int16_t)(b >> 16);
    sum.x[i] = (int32_t)((uint32_t)sum.x[i] + (uint32_t)low + (uint32_t)high);
  }
  return sum;
}
#undef EACH_LANE
