// NEON: 4 lanes, a condition is a word of all ones or all zeros.
#include <arm_neon.h>

enum { LANES = 4 };
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef vi vm;

#include "masks.h"

INLINE vf v_setf(float x) { return (vf)vdupq_n_f32(x); }
INLINE vf v_fma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
INLINE vf v_sqrt(vf x) { return (vf)vsqrtq_f32((float32x4_t)x); }
INLINE vf v_floor(vf x) { return (vf)vrndmq_f32((float32x4_t)x); }
INLINE vf v_ceil(vf x) { return (vf)vrndpq_f32((float32x4_t)x); }
INLINE vf v_trunc(vf x) { return (vf)vrndq_f32((float32x4_t)x); }
INLINE vf v_rint(vf x) { return (vf)vrndnq_f32((float32x4_t)x); }
INLINE vi v_select(vm condition, vi yes, vi no) { return (yes & condition) | (no & ~condition); }
INLINE vf v_selectf(vm condition, vf yes, vf no) { return (vf)v_select(condition, (vi)yes, (vi)no); }
INLINE vi v_imin(vi a, vi b) { return (vi)vminq_s32((int32x4_t)a, (int32x4_t)b); }
INLINE vi v_imax(vi a, vi b) { return (vi)vmaxq_s32((int32x4_t)a, (int32x4_t)b); }
INLINE vi v_umin(vi a, vi b) { return (vi)vminq_u32((uint32x4_t)a, (uint32x4_t)b); }
INLINE vi v_umax(vi a, vi b) { return (vi)vmaxq_u32((uint32x4_t)a, (uint32x4_t)b); }
// These saturate, and give 0 for NaN.
INLINE vi v_ftoi32(vf x) { return (vi)vcvtq_s32_f32((float32x4_t)x); }
INLINE vi v_ftou32(vf x) { return (vi)vcvtq_u32_f32((float32x4_t)x); }
INLINE vf v_itof(vi x) { return (vf)vcvtq_f32_s32((int32x4_t)x); }
INLINE vf v_utof(vi x) { return (vf)vcvtq_f32_u32((uint32x4_t)x); }
