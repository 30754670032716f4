// The library's functions: the instruction sets it holds, which of them this machine has, and the calls into one of them.
// Addresses are bytes from `base`, where the linear memory starts in this process.
#include "kernels.h"

#include <stddef.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
extern const struct kernels assay_baseline, assay_avx2, assay_avx512, assay_avx512vnni;
static const struct kernels *const sets[] = {&assay_baseline, &assay_avx2, &assay_avx512, &assay_avx512vnni};
#elif defined(__aarch64__)
extern const struct kernels assay_baseline, assay_neon;
static const struct kernels *const sets[] = {&assay_baseline, &assay_neon};
#else
extern const struct kernels assay_baseline;
static const struct kernels *const sets[] = {&assay_baseline};
#endif
enum { SETS = sizeof sets / sizeof sets[0] };

// Round to nearest, subnormals kept, exceptions masked, as every sum here assumes; another library in the process may have
// left other settings, and gets its own back.
#if defined(__x86_64__) || defined(__i386__)
typedef unsigned int control;
static control enter(void) {
  const control before = _mm_getcsr();
  // 0xe040: rounding, flush-to-zero, denormals-are-zero; 0x1f80: the masks.
  if ((before & 0xffc0) != 0x1f80) _mm_setcsr(0x1f80);
  return before;
}
static void leave(control before) {
  if ((before & 0xffc0) != 0x1f80) _mm_setcsr(before);
}
#elif defined(__aarch64__)
typedef uint64_t control;
static control enter(void) {
  control before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  if (before != 0) __asm__ volatile("msr fpcr, %0" : : "r"((control)0));
  return before;
}
static void leave(control before) {
  if (before != 0) __asm__ volatile("msr fpcr, %0" : : "r"(before));
}
#else
#include <fenv.h>
typedef fenv_t control;
static control enter(void) {
  control before;
  fegetenv(&before);
  fesetenv(FE_DFL_ENV);
  return before;
}
static void leave(control before) { fesetenv(&before); }
#endif

EXPORT int32_t assay_version(void) { return 5; }

EXPORT int32_t assay_sets(void) { return SETS; }

EXPORT const char *assay_set_name(int32_t set) { return sets[set]->name; }

// Whether this machine (and its operating system) runs a set.
EXPORT int32_t assay_set_runs(int32_t set) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  if (set == 1) return avx2;
  if (set == 2) return avx512;
  if (set == 3) return avx512 && __builtin_cpu_supports("avx512vnni");
#endif
  return set >= 0 && set < SETS;
}

EXPORT int32_t assay_lanes(int32_t set) { return sets[set]->lanes; }

EXPORT int32_t assay_rows(int32_t set) { return sets[set]->rows; }

// The address of a buffer's first byte: how a linear memory's base is found.
EXPORT uint64_t assay_address(const void *buffer) { return (uint64_t)(uintptr_t)buffer; }

// Asks for large pages where these bytes, part of one mapping, will be touched: fewer misses of the address cache. Only a wish.
EXPORT void assay_large_pages(uint64_t base, uint64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  (void)madvise((void *)(uintptr_t)base, (size_t)bytes, MADV_HUGEPAGE);
#else
  (void)base, (void)bytes;
#endif
}

EXPORT int64_t assay_packed_bytes(int32_t set, int32_t kind, int32_t side, int64_t depth, int64_t lanes) {
  return sets[set]->packed_bytes(kind, side, depth, lanes);
}

EXPORT int64_t assay_scratch_bytes(int32_t set, const struct contraction *c) { return sets[set]->scratch_bytes(c); }

EXPORT void assay_pack(int32_t set, uint64_t base, uint32_t at, int32_t side, int32_t batch, uint32_t to) {
  uint8_t *memory = (uint8_t *)(uintptr_t)base;
  const control before = enter();
  sets[set]->pack(memory, (const struct contraction *)(memory + at), side, batch, memory + to);
  leave(before);
}

EXPORT void assay_contract(int32_t set, uint64_t base, uint32_t at, int32_t b0, int32_t b1, int32_t m0, int32_t m1,
                           int32_t n0, int32_t n1, uint32_t scratch) {
  uint8_t *memory = (uint8_t *)(uintptr_t)base;
  const control before = enter();
  const struct region region = {b0, b1, m0, m1, n0, n1};
  sets[set]->contract(memory, (const struct contraction *)(memory + at), region, memory + scratch);
  leave(before);
}

// A kernel generated for one record (native/generated): its address in this process.
typedef void generated(uint8_t *memory, const uint32_t *parameters, uint32_t from, uint32_t to);
static generated *at_address(uint64_t kernel) { return (generated *)(uintptr_t)kernel; }

EXPORT void assay_map(uint64_t kernel, uint64_t base, uint32_t parameters, uint32_t from, uint32_t to) {
  uint8_t *memory = (uint8_t *)(uintptr_t)base;
  const control before = enter();
  at_address(kernel)(memory, (const uint32_t *)(memory + parameters), from, to);
  leave(before);
}

// A row group: its kernels in order, row by row.
struct member {
  uint64_t kernel;
  uint32_t parameters, rows, width, unused;
};

EXPORT void assay_row_group(uint64_t base, const struct member *members, int32_t count) {
  uint8_t *memory = (uint8_t *)(uintptr_t)base;
  const control before = enter();
  uint32_t rows = 0;
  for (int32_t i = 0; i < count; i++) rows = members[i].rows > rows ? members[i].rows : rows;
  for (uint32_t row = 0; row < rows; row++) {
    for (const struct member *one = members; one < members + count; one++) {
      if (row >= one->rows) continue;
      const uint32_t *parameters = (const uint32_t *)(memory + one->parameters);
      at_address(one->kernel)(memory, parameters, row * one->width, (row + 1) * one->width);
    }
  }
  leave(before);
}

// The elements of a region's sums, while those are in the cache; rows that touch are one range.
static void finish(uint8_t *memory, const struct contraction *c, struct region region, generated *kernel,
                   const uint32_t *parameters) {
  const int32_t *batch = table(memory, c->out_batch), *row = table(memory, c->out_row);
  const int32_t width = region.n1 - region.n0;
  for (int32_t b = region.b0; b < region.b1; b++) {
    for (int32_t m = region.m0; m < region.m1;) {
      const int32_t first = row[m];
      int32_t count = 1;
      while (m + count < region.m1 && row[m + count] == first + count * width) count++;
      const uint32_t from = (uint32_t)(batch[b] + first + region.n0);
      kernel(memory, parameters, from, from + (uint32_t)(count * width));
      m += count;
    }
  }
}

// `assay_contract`, and then its last part.
EXPORT void assay_contract_finish(int32_t set, uint64_t base, uint32_t at, int32_t b0, int32_t b1, int32_t m0,
                                  int32_t m1, int32_t n0, int32_t n1, uint32_t scratch, uint64_t kernel,
                                  uint32_t parameters) {
  uint8_t *memory = (uint8_t *)(uintptr_t)base;
  const control before = enter();
  const struct region region = {b0, b1, m0, m1, n0, n1};
  const struct contraction *c = (const struct contraction *)(memory + at);
  sets[set]->contract(memory, c, region, memory + scratch);
  finish(memory, c, region, at_address(kernel), (const uint32_t *)(memory + parameters));
  leave(before);
}

// Hashing: pointers of this process. See tree.h.
EXPORT void assay_hash_message(int32_t set, const uint8_t *message, int64_t length, uint8_t *to) {
  sets[set]->hash_message(message, length, to);
}

EXPORT void assay_hash_tree(int32_t set, const uint8_t *bytes, int64_t length, int32_t low, int32_t level,
                            const uint8_t *zeros, uint8_t *to) {
  sets[set]->hash_tree(bytes, length, low, level, zeros, to);
}

EXPORT void assay_hash_climb(int32_t set, const uint8_t *nodes, int64_t count, int32_t from, int32_t level,
                             const uint8_t *zeros, uint8_t *to) {
  sets[set]->hash_climb(nodes, count, from, level, zeros, to);
}
