/* Distances, and the scans of rows and of blocks: compiled once for each instruction set by _hamming_body.h. Not a header for
   others. */

static inline uint32_t NAME(distance)(const uint64_t *a, const uint64_t *b, size_t words) {
    uint64_t sum = 0;
    for (size_t k = 0; k < words; k++) sum += (uint64_t)COUNT(a[k] ^ b[k]);
    return (uint32_t)sum;
}

/* Distances of n codes to one query; gives the smallest. */
static inline uint32_t NAME(distances)(const uint64_t *codes, const uint64_t *query, uint32_t *out, size_t n,
                                       size_t words) {
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < n; i++) out[i] = NAME(distance)(codes + i * words, query, words);
    for (size_t i = 0; i < n; i++) least = out[i] < least ? out[i] : least;
    return least;
}

#if WIDE == 512
/* Sums of the four words of eight rows, in the order of the rows. */
static inline __m512i NAME(sums4)(const uint64_t *row, __m512i query) {
    const __m512i even = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), odd = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    __m512i p[4];
    for (int k = 0; k < 4; k++) p[k] = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(row + 8 * k), query));
    /* p[k] holds rows 2k and 2k + 1; now a pair of sums each: rows 0 2 1 3 and 4 6 5 7 */
    __m512i a = _mm512_add_epi64(_mm512_unpacklo_epi64(p[0], p[1]), _mm512_unpackhi_epi64(p[0], p[1]));
    __m512i b = _mm512_add_epi64(_mm512_unpacklo_epi64(p[2], p[3]), _mm512_unpackhi_epi64(p[2], p[3]));
    __m512i sum = _mm512_add_epi64(_mm512_permutex2var_epi64(a, even, b), _mm512_permutex2var_epi64(a, odd, b));
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7), sum);
}

/* Rows `i` to `end` of four words each. Small radii: the first two words folded by OR are a lower bound that hardly any row
   passes; else the whole distance. */
static int NAME(scan4)(const job *j, size_t number, size_t i, size_t end) {
    const uint64_t *codes = j->p->t->codes, *query = j->queries + number * 4;
    const __m512i pick = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13);
    const __m512i low = _mm512_setr_epi64(0, 1, 2, 3, 8, 9, 10, 11), high = _mm512_setr_epi64(4, 5, 6, 7, 12, 13, 14, 15);
    const __m512i q0 = _mm512_set1_epi64((long long)query[0]), q1 = _mm512_set1_epi64((long long)query[1]);
    const __m512i all = _mm512_broadcast_i64x4(_mm256_loadu_si256((const void *)query));
    const __m512i most = _mm512_set1_epi64(j->radius);
    int failed, folds = j->radius <= FOLD_MAX;
    for (; i + 8 <= end; i += 8) {
        const uint64_t *row = codes + i * 4;
        __m512i far;
        for (int line = 0; line < 4; line++) _mm_prefetch((const char *)(row + 256 + 8 * line), _MM_HINT_T0);
        if (folds) {
            __m512i a = _mm512_permutex2var_epi64(_mm512_loadu_si512(row), pick, _mm512_loadu_si512(row + 8));
            __m512i b = _mm512_permutex2var_epi64(_mm512_loadu_si512(row + 16), pick, _mm512_loadu_si512(row + 24));
            __m512i x = _mm512_xor_si512(_mm512_permutex2var_epi64(a, low, b), q0);
            far = _mm512_popcnt_epi64(_mm512_ternarylogic_epi64(x, _mm512_permutex2var_epi64(a, high, b), q1, 0xF6));
        } else {
            far = NAME(sums4)(row, all);
        }
        for (unsigned near = _mm512_cmple_epu64_mask(far, most); near; near &= near - 1) {
            size_t at = i + (size_t)__builtin_ctz(near);
            uint32_t d = NAME(distance)(codes + at * 4, query, 4);
            if (d <= j->radius && (failed = keep(j, number, at, d))) return failed;
        }
    }
    for (; i < end; i++) {
        uint32_t d = NAME(distance)(codes + i * 4, query, 4);
        if (d <= j->radius && (failed = keep(j, number, i, d))) return failed;
    }
    return DONE;
}
#endif

/* All queries over one block of codes after the other, so that a block is read from memory once. */
static inline int NAME(scan_blocks)(const job *j, size_t first, size_t last, size_t words) {
    uint32_t distance[BLOCK];
    int failed;
    for (size_t start = 0; start < j->p->n; start += BLOCK) {
        size_t n = j->p->n - start < BLOCK ? j->p->n - start : BLOCK;
        for (size_t q = first; q < last; q++) {
            if (NAME(distances)(j->p->t->codes + start * words, j->queries + q * words, distance, n, words) > j->radius)
                continue;
            for (size_t i = 0; i < n; i++)
                if (distance[i] <= j->radius && (failed = keep(j, q, start + i, distance[i]))) return failed;
        }
    }
    return DONE;
}

static int NAME(scan)(const job *j, size_t first, size_t last) {
#if WIDE == 512
    if (j->words == 4) {
        size_t rows = last - first == 1 ? j->p->n : SHARED;
        for (size_t start = 0; start < j->p->n; start += rows) {
            size_t end = j->p->n - start < rows ? j->p->n : start + rows;
            for (size_t q = first; q < last; q++) {
                int failed = NAME(scan4)(j, q, start, end);
                if (failed) return failed;
            }
        }
        return DONE;
    }
#endif
    switch (j->words) { /* lengths known while compiling make the inner loop disappear */
        case 2: return NAME(scan_blocks)(j, first, last, 2);
        case 4: return NAME(scan_blocks)(j, first, last, 4);
        case 8: return NAME(scan_blocks)(j, first, last, 8);
        default: return NAME(scan_blocks)(j, first, last, j->words);
    }
}

#if WIDE == 512
static int NAME(pick_lanes)(const job *j, unsigned near, size_t block, size_t number) {
    size_t words = j->words;
    for (; near; near &= near - 1) {
        size_t at = block * 8 + (size_t)__builtin_ctz(near);
        if (at >= j->p->n) continue;
        uint32_t d = NAME(distance)(j->p->t->codes + at * words, j->queries + number * words, words);
        int failed;
        if (d <= j->radius && (failed = keep(j, number, at, d))) return failed;
    }
    return DONE;
}

/* Blocks `from` to `to` of a flat tier for four queries, two blocks each test: the first two words folded by OR. */
static int NAME(fold_four)(const job *j, size_t from, size_t to, size_t number) {
    size_t words = j->words, stride = 8 * words;
    const uint64_t *blocks = j->p->t->blocks;
    const __m512i most = _mm512_set1_epi64(j->radius);
    __m512i q0[4], q1[4];
    int failed;
    for (int k = 0; k < 4; k++) {
        const uint64_t *query = j->queries + (number + (size_t)k) * words;
        q0[k] = _mm512_set1_epi64((long long)query[0]);
        q1[k] = _mm512_set1_epi64((long long)query[1]);
    }
    for (size_t b = from; b < to; b += 2) {
        const uint64_t *block = blocks + b * stride, *behind = b + 1 < to ? block + stride : block;
        __m512i a0 = _mm512_loadu_si512(block), a1 = _mm512_loadu_si512(block + 8);
        __m512i b0 = _mm512_loadu_si512(behind), b1 = _mm512_loadu_si512(behind + 8);
        __m512i one[4], other[4], least[4];
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            one[k] = _mm512_popcnt_epi64(_mm512_ternarylogic_epi64(_mm512_xor_si512(a0, q0[k]), a1, q1[k], 0xF6));
            other[k] = _mm512_popcnt_epi64(_mm512_ternarylogic_epi64(_mm512_xor_si512(b0, q0[k]), b1, q1[k], 0xF6));
            least[k] = _mm512_min_epu64(one[k], other[k]);
        }
        __m512i all = _mm512_min_epu64(_mm512_min_epu64(least[0], least[1]), _mm512_min_epu64(least[2], least[3]));
        if (__builtin_expect(!_mm512_cmple_epu64_mask(all, most), 1)) continue;
        for (int k = 0; k < 4; k++) {
            size_t q = number + (size_t)k;
            if ((failed = NAME(pick_lanes)(j, _mm512_cmple_epu64_mask(one[k], most), b, q))) return failed;
            if (behind != block && (failed = NAME(pick_lanes)(j, _mm512_cmple_epu64_mask(other[k], most), b + 1, q)))
                return failed;
        }
    }
    return DONE;
}

/* The same for one query; over FOLD_MAX the whole distance. */
static int NAME(fold_one)(const job *j, size_t from, size_t to, size_t number) {
    size_t words = j->words, stride = 8 * words, counted = j->radius <= FOLD_MAX ? 0 : words;
    const uint64_t *query = j->queries + number * words;
    const __m512i most = _mm512_set1_epi64(j->radius);
    __m512i q[WORDS_MAX];
    int failed;
    for (size_t w = 0; w < words; w++) q[w] = _mm512_set1_epi64((long long)query[w]);
    for (size_t b = from; b < to; b++) {
        const uint64_t *block = j->p->t->blocks + b * stride;
        __m512i far = _mm512_setzero_si512();
        if (counted) {
            for (size_t w = 0; w < counted; w++)
                far = _mm512_add_epi64(far, _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(block + 8 * w), q[w])));
        } else {
            __m512i x = _mm512_xor_si512(_mm512_loadu_si512(block), q[0]);
            far = _mm512_popcnt_epi64(_mm512_ternarylogic_epi64(x, _mm512_loadu_si512(block + 8), q[1], 0xF6));
        }
        unsigned near = _mm512_cmple_epu64_mask(far, most);
        if (__builtin_expect(near != 0, 0) && (failed = NAME(pick_lanes)(j, near, b, number))) return failed;
    }
    return DONE;
}

/* A flat tier of two words or more: a tile of it stays in the cache while all queries pass. */
static int NAME(filtered)(const job *j) {
    size_t blocks = (j->p->n + 7) / 8;
    int failed;
    for (size_t from = 0; from < blocks; from += TILE) {
        size_t to = from + TILE < blocks ? from + TILE : blocks, q = 0;
        for (; j->radius <= FOLD_MAX && q + 4 <= j->count; q += 4)
            if ((failed = NAME(fold_four)(j, from, to, q))) return failed;
        for (; q < j->count; q++)
            if ((failed = NAME(fold_one)(j, from, to, q))) return failed;
    }
    return DONE;
}
#endif
