// keccak256 of many messages of one block (FIPS 202, §3; Ethereum's padding byte 0x01): HASHES at a time, one in each
// 64-bit lane of a vector. With AVX-512 one more lies in ordinary registers: what computes it runs beside the vectors'
// instructions and costs them nothing.
#include "vector.h"

#if defined(ASSAY_AVX512)

enum { HASHES = 9 };
typedef struct {
  __m512i eight;
  uint64_t ninth;
} vk;
INLINE vk splat(uint64_t word) { return (vk){_mm512_set1_epi64((long long)word), word}; }
INLINE vk xor2(vk a, vk b) { return (vk){_mm512_xor_si512(a.eight, b.eight), a.ninth ^ b.ninth}; }
INLINE vk xor5(vk a, vk b, vk c, vk d, vk e) {
  const __m512i abc = _mm512_ternarylogic_epi64(a.eight, b.eight, c.eight, 0x96);
  const uint64_t ninth = a.ninth ^ b.ninth ^ c.ninth ^ d.ninth ^ e.ninth;
  return (vk){_mm512_ternarylogic_epi64(abc, d.eight, e.eight, 0x96), ninth};
}
// a ^ (~b & c)
INLINE vk chi(vk a, vk b, vk c) {
  return (vk){_mm512_ternarylogic_epi64(a.eight, b.eight, c.eight, 0xd2), a.ninth ^ (~b.ninth & c.ninth)};
}
#define ROTATE_WORD(a, bits) ((a) << ((bits) & 63) | (a) >> ((64 - (bits)) & 63))
#define ROTATE(a, bits) ((bits) == 0 ? (a) : (vk){_mm512_rol_epi64((a).eight, bits), ROTATE_WORD((a).ninth, bits)})

// Eight words at `at` of each message, one vk for each word; the messages lie `stride` bytes apart.
INLINE void absorb(vk *words, const uint8_t *messages, int64_t stride, int at) {
  messages += 8 * at;
  __m512i pairs[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    const __m512i a = _mm512_loadu_si512(messages + i * stride);
    const __m512i b = _mm512_loadu_si512(messages + (i + 1) * stride);
    pairs[i] = _mm512_unpacklo_epi64(a, b);
    pairs[i + 1] = _mm512_unpackhi_epi64(a, b);
  }
  UNROLL for (int odd = 0; odd < 2; odd++) {
    const __m512i *p = pairs + odd;
    const __m512i low04 = _mm512_shuffle_i64x2(p[0], p[2], 0x88), high04 = _mm512_shuffle_i64x2(p[4], p[6], 0x88);
    const __m512i low26 = _mm512_shuffle_i64x2(p[0], p[2], 0xdd), high26 = _mm512_shuffle_i64x2(p[4], p[6], 0xdd);
    words[at + odd].eight = _mm512_shuffle_i64x2(low04, high04, 0x88);
    words[at + odd + 4].eight = _mm512_shuffle_i64x2(low04, high04, 0xdd);
    words[at + odd + 2].eight = _mm512_shuffle_i64x2(low26, high26, 0x88);
    words[at + odd + 6].eight = _mm512_shuffle_i64x2(low26, high26, 0xdd);
  }
  UNROLL for (int i = at; i < at + 8; i++) memcpy(&words[i].ninth, messages + 8 * stride + 8 * (i - at), 8);
}

#else

#if defined(ASSAY_AVX2)
enum { HASHES = 4 };
#else
enum { HASHES = 2 };
#endif
typedef uint64_t vk __attribute__((vector_size(8 * HASHES)));
INLINE vk splat(uint64_t word) { return (vk){0} + word; }
INLINE vk xor2(vk a, vk b) { return a ^ b; }
INLINE vk xor5(vk a, vk b, vk c, vk d, vk e) { return a ^ b ^ c ^ d ^ e; }
INLINE vk chi(vk a, vk b, vk c) { return a ^ (~b & c); }
#define ROTATE(a, bits) ((bits) == 0 ? (a) : (a) << ((bits) & 63) | (a) >> ((64 - (bits)) & 63))

#if defined(ASSAY_AVX2)
INLINE void absorb(vk *words, const uint8_t *messages, int64_t stride, int at) {
  UNROLL for (int four = at; four < at + 8; four += 4) {
    __m256i m[4];
    UNROLL for (int i = 0; i < 4; i++)
      m[i] = _mm256_loadu_si256((const __m256i *)(messages + i * stride + 8 * four));
    UNROLL for (int odd = 0; odd < 2; odd++) {
      const __m256i low = odd ? _mm256_unpackhi_epi64(m[0], m[1]) : _mm256_unpacklo_epi64(m[0], m[1]);
      const __m256i high = odd ? _mm256_unpackhi_epi64(m[2], m[3]) : _mm256_unpacklo_epi64(m[2], m[3]);
      words[four + odd] = (vk)_mm256_permute2x128_si256(low, high, 0x20);
      words[four + odd + 2] = (vk)_mm256_permute2x128_si256(low, high, 0x31);
    }
  }
}
#else
INLINE void absorb(vk *words, const uint8_t *messages, int64_t stride, int at) {
  UNROLL for (int i = at; i < at + 8; i++) {
    uint64_t word[HASHES];
    UNROLL for (int j = 0; j < HASHES; j++) memcpy(&word[j], messages + j * stride + 8 * i, 8);
    words[i] = (vk){word[0], word[1]};
  }
}
#endif

#endif

enum { KECCAK_ROUNDS = 24, RATE_WORDS = 17, LEAF_WORDS = 16, HASH_WORDS = 4 };

static const uint64_t ROUND_CONSTANTS[KECCAK_ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// A row of a round's result from the five words of `a` that steps ρ and π bring there, with their rotations.
#define KECCAK_ROW(to, a, d, i0, r0, i1, r1, i2, r2, i3, r3, i4, r4)                                                \
  do {                                                                                                              \
    const vk b0 = ROTATE(xor2(a[i0], d[i0 % 5]), r0), b1 = ROTATE(xor2(a[i1], d[i1 % 5]), r1);                      \
    const vk b2 = ROTATE(xor2(a[i2], d[i2 % 5]), r2), b3 = ROTATE(xor2(a[i3], d[i3 % 5]), r3);                      \
    const vk b4 = ROTATE(xor2(a[i4], d[i4 % 5]), r4);                                                               \
    (to)[0] = chi(b0, b1, b2), (to)[1] = chi(b1, b2, b3), (to)[2] = chi(b2, b3, b4);                                \
    (to)[3] = chi(b3, b4, b0), (to)[4] = chi(b4, b0, b1);                                                           \
  } while (0)

// One round, from one state to another: row by row, so that few words are on the move at a time.
INLINE void keccak_round(vk *to, const vk *a, uint64_t constant) {
  vk p[5], d[5];
  UNROLL for (int x = 0; x < 5; x++) p[x] = xor5(a[x], a[x + 5], a[x + 10], a[x + 15], a[x + 20]);
  UNROLL for (int x = 0; x < 5; x++) d[x] = xor2(p[(x + 4) % 5], ROTATE(p[(x + 1) % 5], 1));
  KECCAK_ROW(to, a, d, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14);
  KECCAK_ROW(to + 5, a, d, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61);
  KECCAK_ROW(to + 10, a, d, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18);
  KECCAK_ROW(to + 15, a, d, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56);
  KECCAK_ROW(to + 20, a, d, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2);
  to[0] = xor2(to[0], splat(constant));
}

// The permutation of a block's first words, in `state`, and of the padding after them. Only the hash is good afterwards:
// of the last round no more is computed than it needs.
INLINE void keccak(vk *state, int words) {
  vk other[25];
  UNROLL for (int i = words; i < 25; i++)
    state[i] = splat((i == words && i < RATE_WORDS ? 1 : 0) | (i == RATE_WORDS - 1 ? (uint64_t)1 << 63 : 0));
  for (int round = 0; round < KECCAK_ROUNDS - 2; round += 2) {
    keccak_round(other, state, ROUND_CONSTANTS[round]);
    keccak_round(state, other, ROUND_CONSTANTS[round + 1]);
  }
  keccak_round(other, state, ROUND_CONSTANTS[KECCAK_ROUNDS - 2]);
  keccak_round(state, other, ROUND_CONSTANTS[KECCAK_ROUNDS - 1]);
}

// Hashes lie in lanes as they come: HASH_WORDS words of all HASHES of them.

// Hashes of leaves, 128 bytes each and `stride` bytes apart.
static void hash_leaves(const uint8_t *leaves, int64_t stride, vk *to) {
  vk state[25];
  UNROLL for (int at = 0; at < LEAF_WORDS; at += 8) absorb(state, leaves, stride, at);
  keccak(state, LEAF_WORDS);
  UNROLL for (int i = 0; i < HASH_WORDS; i++) to[i] = state[i];
}

// Hashes of nodes: of the two hashes of each lane that follow one another at `pairs`; `to` may be there, too.
static void hash_nodes(const vk *pairs, vk *to) {
  vk state[25];
  UNROLL for (int i = 0; i < 2 * HASH_WORDS; i++) state[i] = pairs[i];
  keccak(state, 2 * HASH_WORDS);
  UNROLL for (int i = 0; i < HASH_WORDS; i++) to[i] = state[i];
}

// The hash in one lane.
INLINE void put_hash(const vk *hashes, int lane, uint8_t *to) {
  UNROLL for (int i = 0; i < HASH_WORDS; i++) memcpy(to + 8 * i, (const uint8_t *)&hashes[i] + 8 * lane, 8);
}

// The hash of one message of at most 135 bytes, in every lane alike.
static void hash_message(const uint8_t *message, int64_t length, uint8_t *to) {
  uint8_t block[8 * RATE_WORDS] = {0};
  memcpy(block, message, length);
  block[length] = 1;
  block[sizeof block - 1] |= 0x80;
  vk state[25];
  UNROLL for (int i = 0; i < RATE_WORDS; i++) {
    uint64_t word;
    memcpy(&word, block + 8 * i, 8);
    state[i] = splat(word);
  }
  keccak(state, RATE_WORDS);
  put_hash(state, 0, to);
}
