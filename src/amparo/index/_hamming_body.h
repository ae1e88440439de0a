/* Scan, ring and nearest, written once and compiled once for each instruction set by _hamming.c. Not a header for others.
   NAME(x) is x with the variant's suffix; COUNT(x) counts the ones of a 64-bit word; WIDE: bits of a vector, 0 for none. */

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

/* Whether the row is a hit and `chunk` the lowest that finds it, so that it is told once. */
static inline int NAME(is_reported)(const uint64_t *row, const uint64_t *query, const int *budget, uint32_t radius,
                                    size_t words, size_t chunk, uint32_t *distance) {
    uint16_t errors[CHUNKS_MAX + 1];
    uint32_t d;
#if WIDE == 512
    if (words == 4) {
        __m256i x = _mm256_xor_si256(_mm256_loadu_si256((const void *)row), _mm256_loadu_si256((const void *)query));
        __m256i p = _mm256_popcnt_epi64(x);
        __m128i s = _mm_add_epi64(_mm256_castsi256_si128(p), _mm256_extracti128_si256(p, 1));
        d = (uint32_t)(_mm_cvtsi128_si64(s) + _mm_extract_epi64(s, 1));
        if (d > radius) return 0;
        _mm256_storeu_si256((void *)errors, _mm256_popcnt_epi16(x));
    } else
#endif
    {
        d = NAME(distance)(row, query, words);
        if (d > radius) return 0;
        const uint16_t *a = (const uint16_t *)row, *b = (const uint16_t *)query;
        for (size_t c = 0; c < 4 * words; c++) errors[c] = (uint16_t)COUNT((uint64_t)(uint16_t)(a[c] ^ b[c]));
    }
    errors[4 * words] = errors[0];
    for (size_t c = 0; c < chunk; c++)
        if (errors[c] < budget[c] && errors[c] + errors[c + 1] < budget[c] + budget[c + 1]) return 0;
    *distance = d;
    return 1;
}

/* Compare the codes of the postings that passed. Rows are bounded here: a mapped file may hold anything. */
static int NAME(settle)(const job *j, const int *budget, survivors *s) {
    const tier *t = j->p->t;
    size_t words = j->words;
    int n = 0;
    for (int k = 0; k < s->n; k++) {
        uint32_t row = t->rows[(size_t)s->chunk[k] * t->n + s->at[k]];
        if (row >= j->p->n) continue;
        s->row[n] = row;
        s->query[n] = s->query[k];
        s->chunk[n++] = s->chunk[k];
        __builtin_prefetch(t->codes + (size_t)row * words);
    }
    s->n = 0;
    for (int k = 0; k < n; k++) {
        uint32_t d;
        int failed;
        const uint64_t *query = j->queries + (size_t)s->query[k] * words;
        if (NAME(is_reported)(t->codes + (size_t)s->row[k] * words, query, budget, j->radius, words, s->chunk[k], &d) &&
            (failed = keep(j, s->query[k], s->row[k], d)))
            return failed;
    }
    return DONE;
}

/* Postings of one bucket whose next chunk differs little enough. */
static inline void NAME(pass)(const uint16_t *next, const uint32_t *rows, const probe *p, uint16_t wanted, size_t number,
                              uint8_t chunk, survivors *s, uint32_t from, uint32_t to) {
#define PASSED(place)                                  \
    do {                                               \
        uint32_t at_ = (place);                        \
        s->at[s->n] = at_;                             \
        s->query[s->n] = (uint32_t)number;             \
        s->chunk[s->n++] = chunk;                      \
        __builtin_prefetch(rows + at_);                \
    } while (0)
#if WIDE == 512
    const __m512i want = _mm512_set1_epi16((short)wanted), most = _mm512_set1_epi16((short)p->limit);
    for (; from < to; from += 32) {
        __mmask32 there = to - from < 32 ? (1u << (to - from)) - 1 : 0xFFFFFFFFu;
        __m512i x = _mm512_xor_si512(_mm512_maskz_loadu_epi16(there, next + from), want);
        for (uint32_t near = _mm512_mask_cmple_epu16_mask(there, _mm512_popcnt_epi16(x), most); near; near &= near - 1)
            PASSED(from + (uint32_t)__builtin_ctz(near));
    }
#elif WIDE == 256
    const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                          2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15), one = _mm256_set1_epi8(1);
    const __m256i want = _mm256_set1_epi16((short)wanted), over = _mm256_set1_epi16((short)(p->limit + 1));
    for (; from < to; from += 16) {
        __m256i x = _mm256_xor_si256(_mm256_loadu_si256((const void *)(next + from)), want);
        __m256i n = _mm256_add_epi8(_mm256_shuffle_epi8(ones, _mm256_and_si256(x, nibble)),
                                    _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble)));
        uint32_t near = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi16(over, _mm256_maddubs_epi16(n, one)));
        near &= 0x55555555u;
        if (to - from < 16) near &= (uint32_t)((1ull << (2 * (to - from))) - 1);
        for (; near; near &= near - 1) PASSED(from + ((uint32_t)__builtin_ctz(near) >> 1));
    }
#else
    for (; from < to; from++)
        if ((int)COUNT((uint64_t)(uint16_t)(next[from] ^ wanted)) <= p->limit) PASSED(from);
#endif
#undef PASSED
}

/* One bucket, in pieces that the survivors have room for. */
static inline int NAME(bucket)(const job *j, const probe *p, const int *budget, size_t number, size_t chunk, survivors *s) {
    const tier *t = j->p->t;
    const uint16_t *q = (const uint16_t *)(j->queries + number * j->words);
    const uint16_t *next = t->next + chunk * t->n, wanted = q[chunk + 1 < t->chunks ? chunk + 1 : 0];
    const uint32_t *rows = t->rows + chunk * t->n;
    int failed;
#if WIDE == 512
    uint32_t length = p->end - p->start;
    if (length <= 32 && s->n <= SURVIVORS - 32) { /* most buckets, up to some millions of rows: one vector */
        __mmask32 there = (__mmask32)((1ull << length) - 1);
        __m512i x = _mm512_xor_si512(_mm512_maskz_loadu_epi16(there, next + p->start), _mm512_set1_epi16((short)wanted));
        uint32_t near = _mm512_mask_cmple_epu16_mask(there, _mm512_popcnt_epi16(x), _mm512_set1_epi16((short)p->limit));
        for (; near; near &= near - 1) {
            uint32_t at = p->start + (uint32_t)__builtin_ctz(near);
            s->at[s->n] = at;
            s->query[s->n] = (uint32_t)number;
            s->chunk[s->n++] = (uint8_t)chunk;
            __builtin_prefetch(rows + at);
        }
        return DONE;
    }
#endif
    for (uint32_t from = p->start; from < p->end; from += SURVIVORS / 2) {
        uint32_t to = p->end - from < SURVIVORS / 2 ? p->end : from + SURVIVORS / 2;
        if (s->n + (int)(to - from) > SURVIVORS && (failed = NAME(settle)(j, budget, s))) return failed;
        NAME(pass)(next, rows, p, wanted, number, (uint8_t)chunk, s, from, to);
    }
    return DONE;
}

static inline void NAME(ask)(const uint16_t *next, const probe *probes, size_t count) {
    for (size_t k = 0; k < count; k++) {
        const char *a = (const char *)(next + probes[k].start), *b = (const char *)(next + probes[k].end);
        for (int line = 0; line < PREFETCH_LINES && a < b; line++, a += 64) __builtin_prefetch(a);
    }
}

static int NAME(walk)(const job *j, const route *r, const int *budget, size_t number, survivors *s) {
    const tier *t = j->p->t;
    size_t probes = r->first[t->chunks], ahead = probes + r->postings / 32 < LINES_MAX ? t->chunks : 1;
    int failed, asks = probes <= 137 * t->chunks;
    for (size_t c = 0; c < t->chunks + ahead; c++) {
        /* ahead of their turn: all buckets where they fit the cache, else those of the next chunk */
        if (c < t->chunks && asks) NAME(ask)(t->next + c * t->n, r->probes + r->first[c], r->first[c + 1] - r->first[c]);
        if (c < ahead) continue;
        size_t chunk = c - ahead;
        for (size_t k = r->first[chunk]; k < r->first[chunk + 1]; k++)
            if ((failed = NAME(bucket)(j, r->probes + k, budget, number, chunk, s))) return failed;
    }
    return NAME(settle)(j, budget, s);
}

/* Many queries, chunk by chunk: all of them pass over a sixteenth of the postings, which stay in the cache meanwhile. */
static int NAME(walk_together)(const job *j, const int *budget, const uint64_t *postings, probe *probes,
                               survivors *s) {
    const tier *t = j->p->t;
    int failed;
    for (size_t c = 0; c < t->chunks; c++) {
        size_t count = budget[c] > 0 ? (size_t)UP_TO[budget[c]] : 0;
        if (!count) continue;
        /* in turn: the places of the buckets are asked for, then what they hold, then it is passed over */
        for (size_t q = 0; q < j->count + 2 * AHEAD; q++) {
            if (q < j->count) ask_places(t, (const uint16_t *)(j->queries + q * j->words), c, count);
            if (q >= AHEAD && q < j->count + AHEAD) {
                size_t one = q - AHEAD;
                probe *its = probes + one % (AHEAD + 1) * count;
                find_buckets(t, (const uint16_t *)(j->queries + one * j->words), budget, c, its);
                if (count <= 137) NAME(ask)(t->next + c * t->n, its, count);
            }
            if (q < 2 * AHEAD || IS_CROWDED(postings[q - 2 * AHEAD], t)) continue;
            size_t one = q - 2 * AHEAD;
            const probe *its = probes + one % (AHEAD + 1) * count;
            for (size_t k = 0; k < count; k++)
                if ((failed = NAME(bucket)(j, its + k, budget, one, c, s))) return failed;
        }
        if ((failed = NAME(settle)(j, budget, s))) return failed;
    }
    return DONE;
}

static int NAME(ring)(const job *j) {
    const tier *t = j->p->t;
    int budget[CHUNKS_MAX + 1], failed = DONE;
    size_t probes = 0;
    budgets(j->radius, t->chunks, budget);
    for (size_t c = 0; c < t->chunks; c++) probes += budget[c] > 0 ? (size_t)UP_TO[budget[c]] : 0;
    route r = {malloc((probes + (AHEAD + 1) * (size_t)UP_TO[BUDGET_MAX]) * sizeof(probe)), {0}, 0};
    survivors *s = malloc(sizeof *s);
    uint64_t *postings = calloc(j->count + 1, sizeof *postings);
    if (!r.probes || !s || !postings) failed = NO_MEMORY;
    else s->n = 0;
    if (failed == DONE && j->count >= TOGETHER) {
        for (size_t c = 0; c < t->chunks && IS_CROWDED(probes * t->widest, t); c++)
            for (size_t q = 0; q < j->count; q++)
                postings[q] += count_postings(t, (const uint16_t *)(j->queries + q * j->words), budget, c);
        failed = NAME(walk_together)(j, budget, postings, r.probes, s);
    }
    for (size_t q = 0; q < j->count && failed == DONE; q++) {
        if (j->count < TOGETHER) {
            find_route(t, (const uint16_t *)(j->queries + q * j->words), budget, &r);
            postings[q] = r.postings;
            if (!IS_CROWDED(postings[q], t)) failed = NAME(walk)(j, &r, budget, q, s);
        }
        if (failed == DONE && IS_CROWDED(postings[q], t)) failed = NAME(scan)(j, q, q + 1);
    }
    free(postings);
    free(s);
    free(r.probes);
    return failed;
}

static int NAME(search)(const job *j, const prices *price) {
    if (ring_pays(j->p->t, j->radius, j->count, price)) return NAME(ring)(j);
#if WIDE == 512
    if (j->p->t->blocks && j->words > 1) return NAME(filtered)(j);
#endif
    return NAME(scan)(j, 0, j->count);
}

static void NAME(nearest)(const job *j, heap *h) {
    uint32_t distance[BLOCK];
    const part *p = j->p;
    for (size_t start = 0; start < p->n; start += BLOCK) {
        size_t n = p->n - start < BLOCK ? p->n - start : BLOCK;
        uint32_t least = j->words == 4 ? NAME(distances)(p->t->codes + start * 4, j->queries, distance, n, 4)
                                       : NAME(distances)(p->t->codes + start * j->words, j->queries, distance, n, j->words);
        if (h->n == h->k && h->k && least > h->hits[0].distance) continue;
        for (size_t i = 0; i < n; i++)
            if (!is_dead(p, start + i)) offer(h, (hit){p->t->ids[start + i], 0, (uint16_t)distance[i]});
    }
}
