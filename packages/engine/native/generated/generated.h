// What generated kernels are written in: words as scalars (s_…) and as vectors of LANES (v_…). Every function gives the word
// that the scalar machine's instruction of that name gives (packages/vm/src/isa.ts), except that a float may be a NaN of
// any payload until it is looked at as bits. Compiled with -fwrapv and -fno-strict-aliasing.
#ifndef ASSAY_GENERATED_H
#define ASSAY_GENERATED_H

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline, unused))
// What is rare and long: compiled once, not into every kernel.
#define APART static __attribute__((noinline, unused))

#include "scalar.h"

#if defined(ASSAY_AVX512)
#include "lanes_avx512.h"
#elif defined(ASSAY_AVX2)
#include "lanes_avx2.h"
#elif defined(ASSAY_NEON)
#include "lanes_neon.h"
#endif
#include "lanes.h"

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

// A kernel: elements [from, to) of the tensor that its parameters name, in the linear memory m.
#define KERNEL(name) EXPORT void name(uint8_t *restrict m, const uint32_t *restrict p, uint32_t from, uint32_t to)

#endif
