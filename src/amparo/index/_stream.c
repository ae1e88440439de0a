/* Few wanted codes against a stream of stored ones: rows of 32 bytes as they lie in a mapped file. Exact. Knows no ids.
   Limited API of Python 3.11, GIL released; the instruction set is chosen at load.

   A row is first held against a bound that is cheaper than its distance: the ones of (x0 | x1), x0 and x1 being the first
   two words of the XOR. That is never more than the distance, and for unlike codes about 48. Only what passes is counted. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../_variants.h"

enum { WORDS = 4, BLOCK = 128, FOLD_RADIUS_MAX = 36, OVER = -2, NO_MEMORY = -1 };

typedef struct {
    const uint64_t *rows, *wanted;
    size_t n, queries, hits_max;
    uint32_t radius;
} job;

typedef struct {
    int64_t query, row, distance;
} hit;

typedef struct {
    hit *hits;
    size_t n, room;
} found;

/* Without a count instruction: the halves, quarters and bytes at once (Hacker's Delight, section 5-1). */
static inline uint32_t ones(uint64_t x) {
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (uint32_t)((x * 0x0101010101010101u) >> 56);
}

/* Count the distance, and keep it where it is within the radius. 0, NO_MEMORY or OVER. */
static int look(const job *j, found *f, size_t query, size_t row) {
    const uint64_t *a = j->rows + row * WORDS, *b = j->wanted + query * WORDS;
    uint32_t distance = 0;
    for (int k = 0; k < WORDS; k++) distance += ones(a[k] ^ b[k]);
    if (distance > j->radius) return 0;
    if (f->n == j->hits_max) return OVER;
    if (f->n == f->room) {
        size_t room = f->room ? 2 * f->room : 64;
        hit *more = room > SIZE_MAX / 2 / sizeof(hit) ? NULL : realloc(f->hits, room * sizeof(hit));
        if (!more) return NO_MEMORY;
        f->hits = more;
        f->room = room;
    }
    f->hits[f->n++] = (hit){(int64_t)query, (int64_t)row, (int64_t)distance};
    return 0;
}

/* Rows from..to, one at a time. */
static inline int one_by_one(const job *j, found *f, size_t from, size_t to, int fold) {
    for (size_t start = from; start < to; start += BLOCK) {
        size_t end = to - start < BLOCK ? to : start + BLOCK;
        for (size_t q = 0; q < j->queries; q++) {
            const uint64_t *b = j->wanted + q * WORDS;
            for (size_t i = start; i < end; i++) {
                const uint64_t *a = j->rows + i * WORDS;
                uint64_t x0 = a[0] ^ b[0], x1 = a[1] ^ b[1];
                uint32_t least = fold ? ones(x0 | x1) : ones(x0) + ones(x1) + ones(a[2] ^ b[2]) + ones(a[3] ^ b[3]);
                if (least > j->radius) continue;
                int failed = look(j, f, q, i);
                if (failed) return failed;
            }
        }
    }
    return 0;
}

static int scan_plain(const job *j, found *f) {
    return j->radius <= FOLD_RADIUS_MAX ? one_by_one(j, f, 0, j->n, 1) : one_by_one(j, f, 0, j->n, 0);
}

#if defined(__GNUC__) && defined(__x86_64__)
#define VARIANTS 3
#include "_stream_x86.h"
#else
#define VARIANTS 1
#endif

typedef struct {
    const char *name;
    int (*scan)(const job *, found *);
} variant;

static const variant variants[] = {
    {"c", scan_plain},
#if VARIANTS > 1
    {"c-avx2", scan_avx2},
    {"c-avx512", scan_avx512},
#endif
};

/* How many of the variants this processor can run; they stand slowest first. */
static int variants_here(void) {
#if VARIANTS > 1
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("popcnt") || !__builtin_cpu_supports("avx2")) return 1;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq") ? 3 : 2;
#else
    return 1;
#endif
}

static PyObject *py_scan(PyObject *self, PyObject *args) {
    Py_buffer rows, wanted;
    unsigned int radius;
    Py_ssize_t hits_max;
    int chosen = -1, here = variants_here(), failed = 0;
    if (!PyArg_ParseTuple(args, "y*y*In|i", &rows, &wanted, &radius, &hits_max, &chosen)) return NULL;
    PyObject *answer = NULL;
    int fits = rows.len % (8 * WORDS) == 0 && wanted.len % (8 * WORDS) == 0 && (uintptr_t)rows.buf % 8 == 0 &&
               (uintptr_t)wanted.buf % 8 == 0 && hits_max >= 0;
    if (!fits || chosen < -1 || chosen >= here) {
        PyErr_SetString(PyExc_ValueError, "buffer lengths, alignment, hits_max or variant do not fit");
    } else {
        job j = {rows.buf, wanted.buf, (size_t)(rows.len / 8 / WORDS), (size_t)(wanted.len / 8 / WORDS),
                 (size_t)hits_max, radius};
        found f = {NULL, 0, 0};
        Py_BEGIN_ALLOW_THREADS
        failed = variants[chosen < 0 ? here - 1 : chosen].scan(&j, &f);
        Py_END_ALLOW_THREADS
        if (failed == OVER)
            PyErr_SetString(PyExc_OverflowError, "more hits than hits_max");
        else if (failed)
            PyErr_NoMemory();
        else
            answer = PyBytes_FromStringAndSize((const char *)f.hits, (Py_ssize_t)(f.n * sizeof(hit)));
        free(f.hits);
    }
    PyBuffer_Release(&rows);
    PyBuffer_Release(&wanted);
    return answer;
}

static PyObject *py_variants(PyObject *self, PyObject *none) { return names_of(variants, sizeof *variants, variants_here()); }

static PyMethodDef methods[] = {
    {"scan", py_scan, METH_VARARGS,
     "scan(rows, wanted, radius, hits_max, variant=-1) -> bytes: triples of int64 (wanted, row, distance) in no order. "
     "rows, wanted: codes of 32 bytes, aligned to 8. variant: a place in variants(), -1 the fastest. Raises: ValueError, "
     "MemoryError, OverflowError where there are more hits than hits_max."},
    {"variants", py_variants, METH_NOARGS, "variants() -> names of what this processor can run, slowest first."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_stream",
                                    "Stream scan in C; amparo.index.stream calls it.", -1, methods};

PyMODINIT_FUNC PyInit__stream(void) { return PyModule_Create(&module); }
