// The library's functions: the instruction sets it holds, which of them this machine has, and the calls into one of them.
// Addresses are bytes from `base`, where the linear memory starts in this process.
#include "threads.h"

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

EXPORT int32_t assay_version(void) { return 9; }

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

static struct place place_of(int32_t set, uint64_t base, uint32_t scratch) {
  uint8_t *memory = (uint8_t *)(uintptr_t)base;
  return (struct place){sets[set], memory, memory + scratch};
}
static struct signals *signals_at(const struct place *p, uint32_t address) {
  return address == 0 ? 0 : (struct signals *)(p->memory + address);
}

// `count` steps from an address on, with the threads that follow where `signals` is not 0.
EXPORT void assay_lead(int32_t set, uint64_t base, uint32_t steps, int32_t count, uint32_t scratch, uint32_t signals) {
  const struct place p = place_of(set, base, scratch);
  const control before = enter();
  lead(signals_at(&p, signals), &p, (const struct step *)(p.memory + steps), count);
  leave(before);
}

// Parts of steps that another thread leads.
EXPORT void assay_follow(int32_t set, uint64_t base, int32_t plan, uint32_t scratch, uint32_t signals) {
  const struct place p = place_of(set, base, scratch);
  const control before = enter();
  follow(signals_at(&p, signals), &p, plan);
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
