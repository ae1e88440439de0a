/* Ring and nearest, written once and compiled once for each instruction set by _hamming.c. Not a header for others.
   NAME(x) is x with the variant's suffix; COUNT(x) counts the ones of a 64-bit word; WIDE: bits of a vector, 0 for none. */

#include "_hamming_scan_body.h"

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

#define PASSED(place)                          \
    do {                                       \
        s->at[n] = (place);                    \
        s->query[n] = (uint32_t)number;        \
        s->chunk[n] = (uint8_t)chunk;          \
        __builtin_prefetch(rows + s->at[n++]); \
    } while (0)

#if WIDE == 512
/* 32 postings at most. */
static inline int NAME(vector)(const uint16_t *next, const uint32_t *rows, uint16_t wanted, int limit, uint32_t from,
                               uint32_t length, size_t number, size_t chunk, survivors *s, int n) {
    const __m512i want = _mm512_set1_epi16((short)wanted), most = _mm512_set1_epi16((short)limit);
    __mmask32 there = (__mmask32)((1ull << length) - 1);
    __m512i x = _mm512_xor_si512(_mm512_maskz_loadu_epi16(there, next + from), want);
    uint32_t near = _mm512_mask_cmple_epu16_mask(there, _mm512_popcnt_epi16(x), most);
    for (; __builtin_expect(near != 0, 0); near &= near - 1) PASSED(from + (uint32_t)__builtin_ctz(near));
    return n;
}
#endif

/* Postings of a bucket whose next chunk is within `limit`; gives how many survivors there are then. */
static inline int NAME(pass)(const uint16_t *next, const uint32_t *rows, uint16_t wanted, int limit, uint32_t from, uint32_t to,
                             size_t number, size_t chunk, survivors *s, int n) {
#if WIDE == 512
    uint32_t length = to - from;
    for (; __builtin_expect(length > 32, 0); from += 32, length -= 32)
        n = NAME(vector)(next, rows, wanted, limit, from, 32, number, chunk, s, n);
    n = NAME(vector)(next, rows, wanted, limit, from, length, number, chunk, s, n);
#elif WIDE == 256
    const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                          2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15), one = _mm256_set1_epi8(1);
    const __m256i want = _mm256_set1_epi16((short)wanted), over = _mm256_set1_epi16((short)(limit + 1));
    for (; from < to; from += 16) {
        __m256i x = _mm256_xor_si256(_mm256_loadu_si256((const void *)(next + from)), want);
        __m256i sum = _mm256_add_epi8(_mm256_shuffle_epi8(ones, _mm256_and_si256(x, nibble)),
                                      _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble)));
        uint32_t near = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi16(over, _mm256_maddubs_epi16(sum, one)));
        near &= 0x55555555u;
        if (to - from < 16) near &= (uint32_t)((1ull << (2 * (to - from))) - 1);
        for (; near; near &= near - 1) PASSED(from + ((uint32_t)__builtin_ctz(near) >> 1));
    }
#else
    for (; from < to; from++)
        if ((int)COUNT((uint64_t)(uint16_t)(next[from] ^ wanted)) <= limit) PASSED(from);
#endif
    return n;
}
#undef PASSED

/* Buckets while the survivors have room for all of one; gives how many it passed over. No call in it: what the buckets share
   stays in registers. */
static inline size_t NAME(roomy)(const job *j, const probe *p, size_t count, size_t number, size_t chunk, survivors *s) {
    const tier *t = j->p->t;
    const uint16_t *q = (const uint16_t *)(j->queries + number * j->words), wanted = q[chunk + 1 < t->chunks ? chunk + 1 : 0];
    const uint16_t *next = t->next + chunk * t->n;
    const uint32_t *rows = t->rows + chunk * t->n;
    size_t k = 0;
    int n = s->n;
    for (; k < count && p[k].end - p[k].start <= (uint32_t)(SURVIVORS - n); k++)
        n = NAME(pass)(next, rows, wanted, p[k].limit, p[k].start, p[k].end, number, chunk, s, n);
    s->n = n;
    return k;
}

/* The buckets of one query in one chunk. */
static inline int NAME(buckets)(const job *j, const probe *p, size_t count, const int *budget, size_t number, size_t chunk,
                                survivors *s) {
    int failed;
    for (size_t k = 0; (k += NAME(roomy)(j, p + k, count - k, number, chunk, s)) < count; k++) {
        for (probe part = p[k]; part.start < p[k].end; part.start = part.end) { /* one without room, in pieces with room */
            part.end = p[k].end - part.start < SURVIVORS ? p[k].end : part.start + SURVIVORS;
            if ((failed = NAME(settle)(j, budget, s))) return failed;
            NAME(roomy)(j, &part, 1, number, chunk, s);
        }
    }
    return DONE;
}

static inline void NAME(ask)(const uint16_t *next, const probe *probes, size_t count) {
    for (size_t k = 0; k < count; k++) {
        const char *a = (const char *)(next + probes[k].start), *b = (const char *)(next + probes[k].end);
        if (b - a <= 64) { /* in two lines at most */
            __builtin_prefetch(a);
            __builtin_prefetch(b - 1);
            continue;
        }
        for (int line = 0; line < PREFETCH_LINES && a < b; line++, a += 64) __builtin_prefetch(a);
    }
}

static int NAME(walk)(const job *j, const route *r, const int *budget, size_t number, survivors *s) {
    const tier *t = j->p->t;
    size_t probes = r->first[t->chunks], ahead = probes + r->postings / 32 < LINES_MAX ? t->chunks : 1;
    int failed, asks = probes <= (size_t)UP_TO[ASK_BUDGET] * t->chunks;
    for (size_t c = 0; c < t->chunks + ahead; c++) {
        /* ahead of their turn: all buckets where they fit the cache, else those of the next chunk */
        if (c < t->chunks && asks) NAME(ask)(t->next + c * t->n, r->probes + r->first[c], r->first[c + 1] - r->first[c]);
        if (c < ahead) continue;
        size_t chunk = c - ahead;
        size_t first = r->first[chunk];
        if ((failed = NAME(buckets)(j, r->probes + first, r->first[c - ahead + 1] - first, budget, number, chunk, s))) return failed;
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
                if (count <= (size_t)UP_TO[ASK_BUDGET]) NAME(ask)(t->next + c * t->n, its, count);
            }
            if (q < 2 * AHEAD || IS_CROWDED(postings[q - 2 * AHEAD], t)) continue;
            size_t one = q - 2 * AHEAD;
            const probe *its = probes + one % (AHEAD + 1) * count;
            if ((failed = NAME(buckets)(j, its, count, budget, one, c, s))) return failed;
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
    size_t room = j->count < TOGETHER ? probes : (AHEAD + 1) * (size_t)UP_TO[budget[0]]; /* of all chunks, or of the widest */
    route r = {malloc(room * sizeof(probe)), {0}, 0};
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
