// Conditions as words of all ones or all zeros, which is what comparisons of vectors give.
INLINE vm v_feq(vf a, vf b) { return (vm)(a == b); }
INLINE vm v_flt(vf a, vf b) { return (vm)(a < b); }
INLINE vm v_fle(vf a, vf b) { return (vm)(a <= b); }
INLINE vm v_ieq(vi a, vi b) { return a == b; }
INLINE vm v_ilt(vi a, vi b) { return a < b; }
INLINE vm v_ile(vi a, vi b) { return a <= b; }
// Unsigned numbers in the order of signed ones.
INLINE vi v_shifted(vi a) { return a ^ INT32_MIN; }
INLINE vm v_ult(vi a, vi b) { return v_shifted(a) < v_shifted(b); }
INLINE vm v_ule(vi a, vi b) { return v_shifted(a) <= v_shifted(b); }
INLINE vm v_nonzero(vi a) { return a != 0; }
INLINE vm v_splatm(int condition) { return (vi){} - (condition != 0); }
INLINE vm v_not(vm a) { return ~a; }
INLINE vm v_and(vm a, vm b) { return a & b; }
INLINE vm v_or(vm a, vm b) { return a | b; }
INLINE vi v_truth(vm a) { return a & 1; }
