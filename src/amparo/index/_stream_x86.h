/* The scan for x86-64 with AVX2 and with AVX-512. Part of _stream.c, not a header for others. */
#include <immintrin.h>

#define WITH_AVX2 __attribute__((target("popcnt,avx2")))
#define WITH_AVX512 __attribute__((target("popcnt,avx2,avx512f,avx512vpopcntdq")))

/* Hits among up to 32 rows for one query, told by a mask with a bit a row. */
static int look_at(const job *j, found *f, size_t query, size_t row, uint32_t mask) {
    while (mask) {
        int failed = look(j, f, query, row + (size_t)__builtin_ctz(mask));
        if (failed) return failed;
        mask &= mask - 1;
    }
    return 0;
}

/* Ones of each byte: a table of sixteen, looked up for both halves (Mula, Kurz, Lemire, 2018, "Faster Population Counts
   Using AVX2 Instructions", section 3). */
WITH_AVX2 static inline __m256i ones_by_byte(__m256i x) {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2,
                                           3, 3, 4),
                  low = _mm256_set1_epi8(15);
    return _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(x, low)),
                           _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
}

/* 16 rows at a time, turned into words once, then held against each query. */
WITH_AVX2 static inline int blocks_avx2(const job *j, found *f, const int fold) {
    const __m256i over = _mm256_set1_epi64x((long long)j->radius + 1), zero = _mm256_setzero_si256();
    size_t row = 0;
    for (; row + 16 <= j->n; row += 16) {
        __m256i w[4][4];
        for (int g = 0; g < 4; g++) {
            const __m256i *p = (const __m256i *)(j->rows + (row + 4 * (size_t)g) * WORDS);
            _mm_prefetch((const char *)(p + 128), _MM_HINT_T0);
            _mm_prefetch((const char *)(p + 130), _MM_HINT_T0);
            __m256i r0 = _mm256_loadu_si256(p), r1 = _mm256_loadu_si256(p + 1), r2 = _mm256_loadu_si256(p + 2),
                    r3 = _mm256_loadu_si256(p + 3);
            __m256i even01 = _mm256_unpacklo_epi64(r0, r1), even23 = _mm256_unpacklo_epi64(r2, r3);
            __m256i odd01 = _mm256_unpackhi_epi64(r0, r1), odd23 = _mm256_unpackhi_epi64(r2, r3);
            w[g][0] = _mm256_permute2x128_si256(even01, even23, 0x20);
            w[g][1] = _mm256_permute2x128_si256(odd01, odd23, 0x20);
            if (fold) continue;
            w[g][2] = _mm256_permute2x128_si256(even01, even23, 0x31);
            w[g][3] = _mm256_permute2x128_si256(odd01, odd23, 0x31);
        }
        for (size_t q = 0; q < j->queries; q++) {
            const uint64_t *b = j->wanted + q * WORDS;
            __m256i b0 = _mm256_set1_epi64x((long long)b[0]), b1 = _mm256_set1_epi64x((long long)b[1]), near[4];
            for (int g = 0; g < 4; g++) {
                __m256i x0 = _mm256_xor_si256(w[g][0], b0), x1 = _mm256_xor_si256(w[g][1], b1), bytes;
                if (fold) {
                    bytes = ones_by_byte(_mm256_or_si256(x0, x1));
                } else {
                    __m256i x2 = _mm256_xor_si256(w[g][2], _mm256_set1_epi64x((long long)b[2]));
                    __m256i x3 = _mm256_xor_si256(w[g][3], _mm256_set1_epi64x((long long)b[3]));
                    bytes = _mm256_add_epi8(_mm256_add_epi8(ones_by_byte(x0), ones_by_byte(x1)),
                                            _mm256_add_epi8(ones_by_byte(x2), ones_by_byte(x3)));
                }
                near[g] = _mm256_cmpgt_epi64(over, _mm256_sad_epu8(bytes, zero));
            }
            __m256i any = _mm256_or_si256(_mm256_or_si256(near[0], near[1]), _mm256_or_si256(near[2], near[3]));
            if (__builtin_expect(_mm256_testz_si256(any, any), 1)) continue;
            uint32_t mask = 0;
            for (int g = 0; g < 4; g++) mask |= (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(near[g])) << (4 * g);
            int failed = look_at(j, f, q, row, mask);
            if (failed) return failed;
        }
    }
    return one_by_one(j, f, row, j->n, fold);
}

WITH_AVX2 static int scan_avx2(const job *j, found *f) {
    return j->radius <= FOLD_RADIUS_MAX ? blocks_avx2(j, f, 1) : blocks_avx2(j, f, 0);
}

/* Words 0 and 1, or 2 and 3, of 8 rows, a register each. */
#define TURN(low, w)                                                                                            \
    do {                                                                                                        \
        __m512i u = _mm512_permutex2var_epi64(z0, low, z1), v = _mm512_permutex2var_epi64(z2, low, z3);         \
        (w)[0] = _mm512_shuffle_i64x2(u, v, 0x44);                                                              \
        (w)[1] = _mm512_shuffle_i64x2(u, v, 0xee);                                                              \
    } while (0)

/* 32 rows at a time, turned into words once, then held against each query. */
WITH_AVX512 static inline int blocks_avx512(const job *j, found *f, const int fold) {
    const __m512i low01 = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13), low23 = _mm512_setr_epi64(2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i radius = _mm512_set1_epi64(j->radius);
    size_t row = 0;
    for (; row + 32 <= j->n; row += 32) {
        __m512i w[4][4];
        for (int g = 0; g < 4; g++) {
            const uint64_t *p = j->rows + (row + 8 * (size_t)g) * WORDS;
            _mm_prefetch((const char *)(p + 512), _MM_HINT_T0);
            _mm_prefetch((const char *)(p + 520), _MM_HINT_T0);
            _mm_prefetch((const char *)(p + 528), _MM_HINT_T0);
            _mm_prefetch((const char *)(p + 536), _MM_HINT_T0);
            __m512i z0 = _mm512_loadu_si512(p), z1 = _mm512_loadu_si512(p + 8), z2 = _mm512_loadu_si512(p + 16),
                    z3 = _mm512_loadu_si512(p + 24);
            TURN(low01, w[g]);
            if (!fold) TURN(low23, w[g] + 2);
        }
        for (size_t q = 0; q < j->queries; q++) {
            const uint64_t *b = j->wanted + q * WORDS;
            __m512i b0 = _mm512_set1_epi64((long long)b[0]), b1 = _mm512_set1_epi64((long long)b[1]), s[4];
            for (int g = 0; g < 4; g++) {
                __m512i x0 = _mm512_xor_si512(w[g][0], b0);
                if (fold) { /* 0xf6: x0 | (w1 ^ b1) */
                    s[g] = _mm512_popcnt_epi64(_mm512_ternarylogic_epi64(x0, w[g][1], b1, 0xf6));
                } else {
                    __m512i b2 = _mm512_set1_epi64((long long)b[2]), b3 = _mm512_set1_epi64((long long)b[3]);
                    __m512i first = _mm512_add_epi64(_mm512_popcnt_epi64(x0),
                                                     _mm512_popcnt_epi64(_mm512_xor_si512(w[g][1], b1)));
                    __m512i last = _mm512_add_epi64(_mm512_popcnt_epi64(_mm512_xor_si512(w[g][2], b2)),
                                                    _mm512_popcnt_epi64(_mm512_xor_si512(w[g][3], b3)));
                    s[g] = _mm512_add_epi64(first, last);
                }
            }
            __m512i least = _mm512_min_epu64(_mm512_min_epu64(s[0], s[1]), _mm512_min_epu64(s[2], s[3]));
            if (__builtin_expect(_mm512_cmple_epu64_mask(least, radius) == 0, 1)) continue;
            uint32_t mask = 0;
            for (int g = 0; g < 4; g++) mask |= (uint32_t)_mm512_cmple_epu64_mask(s[g], radius) << (8 * g);
            int failed = look_at(j, f, q, row, mask);
            if (failed) return failed;
        }
    }
    return one_by_one(j, f, row, j->n, fold);
}

WITH_AVX512 static int scan_avx512(const job *j, found *f) {
    return j->radius <= FOLD_RADIUS_MAX ? blocks_avx512(j, f, 1) : blocks_avx512(j, f, 0);
}
