// Vectors of the instruction set this object is compiled for: LANES float32 (`vf`) or int32 (`vi`), and masks of lanes
// (`vm`). A masked load reads nothing where the mask is off, and gives 0 there.
#ifndef ASSAY_VECTOR_H
#define ASSAY_VECTOR_H

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(ASSAY_AVX512)
#include "vector_avx512.h"
#elif defined(ASSAY_AVX2)
#include "vector_avx2.h"
#elif defined(ASSAY_NEON)
#include "vector_neon.h"
#else
#include "vector_baseline.h"
#endif

// Columns of a packed panel: two vectors.
enum { PANEL = 2 * LANES };

#endif
