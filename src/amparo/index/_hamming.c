/* Which codes lie within a radius of which queries: exact, by XOR and count over packed words. Knows no ids.
   Limited API of Python 3.11, GIL released; the count instruction is chosen at load. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256, WORDS_MAX = 8 };

typedef struct {
    const uint64_t *codes, *query;
    size_t rows, queries, words;
    uint32_t radius;
} job;

typedef struct {
    int64_t query, row;
    int64_t distance;
} hit;

typedef struct {
    hit *hits;
    size_t n, room;
} found;

static int keep(found *f, size_t query, size_t row, uint32_t distance) {
    if (f->n == f->room) {
        size_t room = f->room ? 2 * f->room : 64;
        hit *more = room > SIZE_MAX / 2 / sizeof(hit) ? NULL : realloc(f->hits, room * sizeof(hit));
        if (!more) return -1;
        f->hits = more;
        f->room = room;
    }
    f->hits[f->n++] = (hit){(int64_t)query, (int64_t)row, (int64_t)distance};
    return 0;
}

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define VARIANTS 3
#define COUNT __builtin_popcountll
#pragma GCC push_options
#pragma GCC target("popcnt")
#define NAME(x) x##_popcnt
#include "_hamming_body.h"
#undef NAME
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("popcnt,avx2,avx512f,avx512vl,avx512bw,avx512dq,avx512vpopcntdq,prefer-vector-width=512")
#define NAME(x) x##_vpopcnt
#include "_hamming_body.h"
#undef NAME
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
#include "_hamming_body.h"

typedef struct {
    const char *name;
    int (*scan)(const job *, found *);
} variant;

static const variant variants[] = {
    {"plain", scan_plain},
#if VARIANTS > 1
    {"popcnt", scan_popcnt},
    {"vpopcnt", scan_vpopcnt},
#endif
};

/* How many of the variants this processor can run; they stand slowest first. */
static int variants_here(void) {
#if VARIANTS > 1
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("popcnt")) return 1;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vpopcntdq")
               ? 3
               : 2;
#else
    return 1;
#endif
}

static PyObject *py_scan(PyObject *self, PyObject *args) {
    Py_buffer codes, query;
    Py_ssize_t words;
    unsigned int radius;
    int chosen = -1, here = variants_here(), failed;
    if (!PyArg_ParseTuple(args, "y*y*nI|i", &codes, &query, &words, &radius, &chosen)) return NULL;
    PyObject *answer = NULL;
    int fits = words > 0 && words <= WORDS_MAX && codes.len % (8 * words) == 0 && query.len % (8 * words) == 0 &&
               (uintptr_t)codes.buf % 8 == 0 && (uintptr_t)query.buf % 8 == 0;
    if (!fits || chosen < -1 || chosen >= here) {
        PyErr_SetString(PyExc_ValueError, "buffer lengths, alignment, words or variant do not fit");
    } else {
        job j = {codes.buf, query.buf, (size_t)(codes.len / 8 / words), (size_t)(query.len / 8 / words), (size_t)words,
                 radius};
        found f = {NULL, 0, 0};
        Py_BEGIN_ALLOW_THREADS
        failed = variants[chosen < 0 ? here - 1 : chosen].scan(&j, &f);
        Py_END_ALLOW_THREADS
        answer = failed ? PyErr_NoMemory()
                        : PyBytes_FromStringAndSize((const char *)f.hits, (Py_ssize_t)(f.n * sizeof(hit)));
        free(f.hits);
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&query);
    return answer;
}

static PyObject *py_variants(PyObject *self, PyObject *none) {
    int here = variants_here();
    PyObject *names = PyTuple_New(here);
    for (int i = 0; names && i < here; i++) {
        PyObject *name = PyUnicode_FromString(variants[i].name);
        if (!name || PyTuple_SetItem(names, i, name) < 0) {
            Py_DECREF(names);
            return NULL;
        }
    }
    return names;
}

static PyMethodDef methods[] = {
    {"scan", py_scan, METH_VARARGS,
     "scan(codes, queries, words, radius, variant=-1) -> bytes: triples of int64 (query, row, distance), by blocks of "
     "rows. codes, queries: packed 64-bit words, `words` (1 to 8) to a code. variant: a place in variants(), -1 the "
     "fastest. Raises: ValueError, MemoryError."},
    {"variants", py_variants, METH_NOARGS, "variants() -> names of what this processor can run, slowest first."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_hamming", "Hamming scan in C; amparo.index.scan calls it.",
                                    -1, methods};

PyMODINIT_FUNC PyInit__hamming(void) { return PyModule_Create(&module); }
