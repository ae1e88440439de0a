/* Exact search for codes within a radius: flat scan and ring over mapped arrays. Knows no kind and no bank.
   Limited API of Python 3.11, GIL released while it works; the instruction set is chosen at load.
   The design and its measures: docs/index-format.md, docs/adr/0015-index-tiers.md. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../_variants.h"

enum {
    WORDS_MAX = 8,        /* 512 bits */
    BUCKETS = 1 << 16,    /* values of a chunk of 16 bits */
    CHUNKS_MAX = 4 * WORDS_MAX,
    BLOCK = 256,          /* rows of a scan that share the cache */
    TILE = 256,           /* blocks of eight rows that a batch of queries shares */
    SHARED = 2048,        /* rows of a wide scan that a batch of queries shares */
    FOLD_MAX = 34,        /* the widest radius at which two words folded by OR let hardly anything pass */
    SURVIVORS = 4096,     /* postings waiting for their code */
    LINES_MAX = 600,      /* cache lines that may be asked for at once: most of the first cache */
    PREFETCH_LINES = 16,  /* cache lines of a bucket asked for ahead */
    MANY = 4,             /* queries that share a pass over the codes well */
    FAR_BYTES = 1 << 24,  /* codes that no cache holds for one index alone */
    BUDGET_MAX = 6,       /* a chunk looked up with more than 5 errors costs more than any scan */
    ASK_BUDGET = 3,       /* up to this budget of a chunk its buckets are few enough to be asked for ahead */
    AHEAD = 2,            /* queries whose buckets are asked for before their turn, where many are walked together */
    TOGETHER = 8,         /* queries from which on the ring is walked chunk by chunk for all of them */
    PAD = 64              /* entries behind the last posting that a wide load may touch */
};

typedef struct {
    int64_t id;
    uint32_t query;
    uint16_t distance;
} hit;

typedef struct {
    hit *hits;
    size_t n, room, most;
} found;

enum { DONE = 0, NO_MEMORY = -1, TOO_MANY = -2 };

/* Rows that never change. blocks: the words of eight rows side by side, for a flat tier; the three arrays after it: a ring,
   whose largest bucket holds `widest` postings. */
typedef struct {
    size_t n, words, chunks, widest;
    const uint64_t *codes, *blocks;
    const int64_t *ids;
    const uint32_t *offsets, *rows;
    const uint16_t *next;
    Py_buffer held[6];
    int holds;
} tier;

typedef struct {
    const tier *t;
    size_t n;             /* rows of it that are visible */
    const uint8_t *dead;  /* a bit a row, or NULL */
    size_t dead_rows;
    PyObject *capsule;
    Py_buffer dead_held;
    int holds_dead;
} part;

typedef struct {
    size_t n, words;
    part *parts;
    PyObject *spread;
} snapshot;

/* lut[byte place][byte value][word]: the bits of that byte at their new places */
typedef struct {
    size_t words;
    uint64_t *lut;
} spreading;

typedef struct {
    const part *p;
    const uint64_t *queries; /* spread */
    size_t count, words;
    uint32_t radius;
    found *f;
} job;

static inline int is_dead(const part *p, size_t row) {
    return p->dead && row < p->dead_rows && (p->dead[row >> 3] >> (row & 7) & 1);
}

static int keep(const job *j, size_t query, size_t row, uint32_t distance) {
    found *f = j->f;
    if (is_dead(j->p, row)) return DONE;
    if (f->n == f->room) {
        if (f->n >= f->most) return TOO_MANY;
        size_t room = f->room ? 2 * f->room : 64;
        hit *more = room > SIZE_MAX / 2 / sizeof(hit) ? NULL : realloc(f->hits, room * sizeof(hit));
        if (!more) return NO_MEMORY;
        f->hits = more;
        f->room = room;
    }
    if (f->n >= f->most) return TOO_MANY;
    f->hits[f->n++] = (hit){j->p->t->ids[row], (uint32_t)query, (uint16_t)distance};
    return DONE;
}

/* Values of 16 bits by how many are set, how many there are of up to each, and how likely that many are by chance. */
static uint16_t MASK[BUCKETS];
static uint8_t WEIGHT[BUCKETS];
static int UP_TO[18];
static double CHANCE[18]; /* CHANCE[w + 1]: at most w of 16 bits differ by chance */

static void prepare_masks(void) {
    int n = 0;
    for (int w = 0; w <= 16; w++) {
        UP_TO[w] = n;
        for (int v = 0; v < BUCKETS; v++)
            if (__builtin_popcount((unsigned)v) == w) {
                MASK[n] = (uint16_t)v;
                WEIGHT[n++] = (uint8_t)w;
            }
    }
    UP_TO[17] = n;
    for (int w = 0; w <= 17; w++) CHANCE[w] = UP_TO[w] / 65536.0;
}

/* Error budgets of the chunks: they sum to radius + 1 (general pigeonhole), the larger ones first. */
static void budgets(uint32_t radius, size_t chunks, int *budget) {
    for (size_t c = 0; c < chunks; c++)
        budget[c] = (int)((radius + 1) / chunks + (c < (radius + 1) % chunks));
    budget[chunks] = budget[0];
}

/* Cost in nanoseconds, as measured on a busy machine (docs/index-format.md): a bucket looked up, alone or where many queries are
   walked together; a posting passed over, one whose code is compared; a row of a scan, of 256 bits: its codes in the cache, from
   memory, or read once for many queries. */
typedef struct {
    double bucket, together, posting, survivor, near, far, shared;
} prices;

/* Whether the ring is expected to be cheaper than a scan for each of `count` queries, were the codes spread evenly. */
static int ring_pays(const tier *t, uint32_t radius, size_t count, const prices *price) {
    int budget[CHUNKS_MAX + 1];
    double cost = 0, each = (double)t->n / BUCKETS, bucket = count >= TOGETHER ? price->together : price->bucket;
    if (!t->offsets || radius >= 64 * t->words) return 0;
    budgets(radius, t->chunks, budget);
    for (size_t c = 0; c < t->chunks; c++) {
        if (budget[c] <= 0) continue;
        if (budget[c] > BUDGET_MAX) return 0;
        int limit = budget[c] + budget[c + 1] - 1;
        for (int w = 0; w < budget[c]; w++) {
            int left = limit - w > 16 ? 16 : limit - w;
            double buckets = UP_TO[w + 1] - UP_TO[w];
            cost += buckets * (bucket + each * (price->posting + CHANCE[left + 1] * price->survivor));
        }
    }
    double row = count >= MANY ? price->shared : t->n * t->words * 8 > FAR_BYTES ? price->far : price->near;
    return cost < row * (double)t->words / 4 * (double)t->n;
}

typedef struct {
    uint32_t start, end;
    int limit;
} probe;

/* Postings that passed, until their codes are compared. */
typedef struct {
    uint32_t at[SURVIVORS], row[SURVIVORS], query[SURVIVORS];
    uint8_t chunk[SURVIVORS];
    int n;
} survivors;

/* The buckets of one query, chunk by chunk; first[c] says where those of chunk c begin. */
typedef struct {
    probe *probes;
    size_t first[CHUNKS_MAX + 1];
    uint64_t postings;
} route;

/* The buckets of one chunk; gives how many postings they hold. */
static uint64_t find_buckets(const tier *t, const uint16_t *q, const int *budget, size_t c, probe *probes) {
    const uint32_t *offsets = t->offsets + c * (BUCKETS + 1);
    int limit = budget[c] + budget[c + 1] - 1, count = budget[c] > 0 ? UP_TO[budget[c]] : 0;
    uint64_t postings = 0;
    for (int k = 0; k < count; k++) {
        uint32_t bucket = q[c] ^ MASK[k];
        probes[k].start = offsets[bucket];
        probes[k].end = offsets[bucket + 1];
        probes[k].limit = limit - WEIGHT[k];
        postings += probes[k].end - probes[k].start;
    }
    return postings;
}

static inline void ask_places(const tier *t, const uint16_t *q, size_t c, size_t count) {
    const uint32_t *offsets = t->offsets + c * (BUCKETS + 1);
    for (size_t k = 0; k < count; k++) __builtin_prefetch(offsets + (q[c] ^ MASK[k]));
}

static uint64_t count_postings(const tier *t, const uint16_t *q, const int *budget, size_t c) {
    const uint32_t *offsets = t->offsets + c * (BUCKETS + 1);
    int count = budget[c] > 0 ? UP_TO[budget[c]] : 0;
    uint64_t postings = 0;
    for (int k = 0; k < count; k++) {
        uint32_t bucket = q[c] ^ MASK[k];
        postings += offsets[bucket + 1] - offsets[bucket];
    }
    return postings;
}

/* Codes that share their chunks' values: one pass over them is cheaper than one a chunk. */
#define IS_CROWDED(postings, t) ((postings) > (t)->n / 2)

static void find_route(const tier *t, const uint16_t *q, const int *budget, route *r) {
    size_t n = 0;
    r->postings = 0;
    for (size_t c = 0; c < t->chunks; c++) {
        r->first[c] = n;
        r->postings += find_buckets(t, q, budget, c, r->probes + n);
        n += budget[c] > 0 ? (size_t)UP_TO[budget[c]] : 0;
    }
    r->first[t->chunks] = n;
}

#include "_hamming_order.h"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#include <immintrin.h>
#define VARIANTS 4
#define COUNT __builtin_popcountll
#pragma GCC push_options
#pragma GCC target("popcnt")
#define NAME(x) x##_popcnt
#define WIDE 0
#include "_hamming_body.h"
#undef NAME
#undef WIDE
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("popcnt,avx2,bmi,bmi2")
#define NAME(x) x##_avx2
#define WIDE 256
#include "_hamming_body.h"
#undef NAME
#undef WIDE
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("popcnt,avx2,bmi,bmi2,avx512f,avx512vl,avx512bw,avx512dq,avx512vpopcntdq,avx512bitalg,prefer-vector-width=512")
#define NAME(x) x##_avx512
#define WIDE 512
#include "_hamming_body.h"
#undef NAME
#undef WIDE
#pragma GCC pop_options
#undef COUNT
#else
#define VARIANTS 1
#endif

/* Without a count instruction: the halves, quarters and bytes at once (Hacker's Delight, section 5-1). */
static inline uint64_t count_plain(uint64_t x) {
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (x * 0x0101010101010101u) >> 56;
}
#if defined(__GNUC__) && !defined(__x86_64__)
#define COUNT __builtin_popcountll
#else
#define COUNT count_plain
#endif
#define NAME(x) x##_plain
#define WIDE 0
#include "_hamming_body.h"

typedef struct {
    const char *name;
    prices price;
    int (*search)(const job *, const prices *);
    void (*nearest)(const job *, heap *);
} variant;

static const variant variants[] = {
    {"c", {12, 12, 4.0, 110, 3.5, 3.5, 3.5}, search_plain, nearest_plain},
#if VARIANTS > 1
    {"c-popcnt", {12, 12, 3.2, 60, 1.45, 1.5, 1.4}, search_popcnt, nearest_popcnt},
    {"c-avx2", {9, 7, 1.0, 38, 0.92, 1.1, 0.89}, search_avx2, nearest_avx2},
    {"c-avx512", {16, 5, 0.25, 56, 0.36, 0.87, 0.22}, search_avx512, nearest_avx512},
#endif
};

/* How many of the variants this processor can run; they stand slowest first. */
static int variants_here(void) {
#if VARIANTS > 1
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("popcnt")) return 1;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return 2;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bitalg")
               ? 4
               : 3;
#else
    return 1;
#endif
}

static int here = 1;

static void spread_into(const spreading *s, const uint8_t *codes, size_t n, uint64_t *out) {
    size_t words = s->words, size = 8 * words;
    for (size_t i = 0; i < n; i++) {
        uint64_t sum[WORDS_MAX] = {0};
        for (size_t b = 0; b < size; b++) {
            const uint64_t *bits = s->lut + (b * 256 + codes[i * size + b]) * words;
            for (size_t w = 0; w < words; w++) sum[w] |= bits[w];
        }
        memcpy(out + i * words, sum, size);
    }
}

static int search_all(const snapshot *s, const spreading *sp, const uint8_t *codes, size_t count, uint32_t radius,
                      const variant *v, found *f, int64_t *limits) {
    uint64_t few[16 * WORDS_MAX], *queries = few;
    int failed = DONE;
    if (count > 16 && !(queries = malloc(count * s->words * 8))) return NO_MEMORY;
    spread_into(sp, codes, count, queries);
    for (size_t i = 0; i < s->n && failed == DONE; i++) {
        job j = {s->parts + i, queries, count, s->words, radius, f};
        failed = v->search(&j, &v->price);
    }
    if (queries != few) free(queries);
    return failed == DONE ? in_order(f, count, limits) : failed;
}

static int nearest_all(const snapshot *s, const spreading *sp, const uint8_t *codes, size_t count, size_t k,
                       const variant *v, int64_t *ids, uint16_t *distances) {
    uint64_t query[WORDS_MAX];
    heap h = {malloc((k ? k : 1) * sizeof(hit)), 0, k};
    hit *spare = NULL;
    size_t room = 0;
    int failed = h.hits ? DONE : NO_MEMORY;
    for (size_t q = 0; q < count && failed == DONE; q++) {
        spread_into(sp, codes + q * s->words * 8, 1, query);
        h.n = 0;
        for (size_t i = 0; i < s->n; i++) {
            job j = {s->parts + i, query, 1, s->words, 0, NULL};
            v->nearest(&j, &h);
        }
        failed = sort_hits(h.hits, h.n, &spare, &room);
        for (size_t i = 0; i < k; i++) {
            ids[q * k + i] = i < h.n ? h.hits[i].id : -1;
            distances[q * k + i] = i < h.n ? h.hits[i].distance : UINT16_MAX;
        }
    }
    free(spare);
    free(h.hits);
    return failed;
}

/* A ring over n codes: by chunk, the postings in the order of the chunk's value, each the next chunk and its row. */
static int build_ring(const uint64_t *codes, size_t n, size_t words, uint32_t *offsets, uint16_t *next, uint32_t *rows) {
    size_t chunks = 4 * words;
    const uint16_t *halves = (const uint16_t *)codes;
    uint32_t *at = malloc(BUCKETS * sizeof *at);
    uint64_t *grouped = malloc((n + 1) * sizeof *grouped); /* by the high byte first: writes stay in few streams */
    if (!at || !grouped) {
        free(at);
        free(grouped);
        return NO_MEMORY;
    }
    for (size_t c = 0; c < chunks; c++) {
        uint32_t *o = offsets + c * (BUCKETS + 1), high[256], sum = 0;
        size_t follows = (c + 1) % chunks;
        memset(at, 0, BUCKETS * sizeof *at);
        for (size_t i = 0; i < n; i++) at[halves[i * chunks + c]]++;
        for (int b = 0; b < BUCKETS; b++) {
            uint32_t count = at[b];
            o[b] = at[b] = sum;
            sum += count;
        }
        o[BUCKETS] = sum;
        for (int g = 0; g < 256; g++) high[g] = o[g << 8];
        for (size_t i = 0; i < n; i++) {
            uint16_t v = halves[i * chunks + c];
            grouped[high[v >> 8]++] =
                (uint64_t)i | (uint64_t)(v & 255) << 32 | (uint64_t)halves[i * chunks + follows] << 40;
        }
        for (int g = 0; g < 256; g++) {
            uint32_t *places = at + (g << 8);
            for (uint32_t p = o[g << 8], end = o[(g + 1) << 8]; p < end; p++) {
                uint64_t one = grouped[p];
                uint32_t place = places[(one >> 32) & 255]++;
                next[c * n + place] = (uint16_t)(one >> 40);
                rows[c * n + place] = (uint32_t)one;
            }
        }
    }
    memset(next + chunks * n, 0, PAD * sizeof *next);
    free(at);
    free(grouped);
    return DONE;
}

/* Whether a mapped ring can be walked: its offsets rise and end at n. Rows are checked when they are used. */
static int is_walkable(const uint32_t *offsets, size_t chunks, size_t n, size_t *widest) {
    *widest = 0;
    for (size_t c = 0; c < chunks; c++) {
        const uint32_t *o = offsets + c * (BUCKETS + 1);
        if (o[0] != 0 || o[BUCKETS] != n) return 0;
        for (int b = 0; b < BUCKETS; b++) {
            if (o[b] > o[b + 1]) return 0;
            if (o[b + 1] - o[b] > *widest) *widest = o[b + 1] - o[b];
        }
    }
    return 1;
}

#include "_hamming_python.h"
