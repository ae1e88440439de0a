/* PDQ (256 bits and quality) from interleaved 8-bit RGB or from grey. Written after the published algorithm (Facebook,
   2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm"); bit-identical to the `pdqhash`
   package, which is the oracle of our tests. Knows nothing of files, colours or orientation: the media room does.

   Limited API of Python 3.11, GIL released. Compiled with -ffp-contract=off: no product and sum may be fused. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../_variants.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off")
#elif defined(__clang__) || defined(_MSC_VER)
#ifdef _MSC_VER
#pragma fp_contract(off)
#else
#pragma STDC FP_CONTRACT OFF
#endif
#endif

/* A processor follows a few streams of memory by itself, not 16 rows at once: ask for what comes next. Halves the time of
   large pictures. */
#ifdef __GNUC__
#define PREFETCH(at) __builtin_prefetch(at)
#define ALIGNED __attribute__((aligned(64)))
#else
#define PREFETCH(at) ((void)0)
#define ALIGNED
#endif

enum { SIDE = 64, KEEP = 16, SIDE_MIN = 5, AHEAD = 192 };
/* Under this side every window is shorter than 2^20, which the divisions below need (see FUSED_DIVISION). */
#define FUSED_SIDE_MAX ((size_t)1 << 27)

static float basis[KEEP * SIDE], basis_turned[SIDE * KEEP];

/* A divisor and its reciprocal, rounded to single precision. */
typedef struct {
    float by, inverse;
} cell;

/* One picture on its way through. Positions and counts as in _pdq_body.h. */
typedef struct {
    const uint8_t *pixels;
    size_t w, h, channels, wide, span, bands, window_x, window_y, lead_x, lead_y;
    int picks, place_x[2 * SIDE], place_y[2 * SIDE];
    size_t sample_x[2 * SIDE], sample_y[2 * SIDE], pick_x[2 * SIDE], pick_y[2 * SIDE];
    cell *div_x, *div_y;
    float *ring, *store1, *store2, *down, *tail, *last, *picked, *memory;
} pass;

#include "_pdq_samples.h"

/* a * b + c, or SIZE_MAX when it does not fit. */
static size_t grown(size_t a, size_t b, size_t c) {
    if (a == SIZE_MAX || c == SIZE_MAX || (b && a > (SIZE_MAX - 1 - c) / b)) return SIZE_MAX;
    return a * b + c;
}

static int pass_open(pass *p, const uint8_t *pixels, size_t w, size_t h, size_t channels, int thumbs, size_t lanes,
                     float none) {
    memset(p, 0, sizeof *p);
    p->pixels = pixels, p->w = w, p->h = h, p->channels = channels, p->picks = thumbs > 1 ? 2 * SIDE : SIDE;
    p->window_x = window_of(w), p->window_y = window_of(h);
    p->lead_x = (p->window_x + 2) / 2 - 1, p->lead_y = (p->window_y + 2) / 2 - 1;
    p->wide = (w + 2 * p->lead_x + lanes - 1) / lanes * lanes;
    p->bands = (p->window_y + lanes - 1) / lanes + 1;
    p->span = ((p->window_x > 8 * lanes ? p->window_x : 8 * lanes) + lanes - 1) / lanes * lanes;
    size_t high = h + 2 * p->lead_y + lanes, store = grown(p->window_x + p->span, lanes, 0);
    size_t ring = grown(grown(p->bands, lanes, 0), p->wide, 0), tail = grown(p->bands * lanes, (size_t)p->picks, 0);
    size_t floats = grown(store, 2, ring), cells = grown(p->wide + high, 2, 0);
    floats = grown(1, cells, grown(1, floats, grown(1, tail, p->wide)));
    floats = grown(1, floats, (size_t)p->picks * (1 + lanes));
    size_t size = grown(floats, sizeof(float), 64);
    p->memory = size == SIZE_MAX ? NULL : calloc(1, size);
    if (!p->memory) return -1;
    float *at = (float *)(((uintptr_t)p->memory + 63) & ~(uintptr_t)63);
    p->ring = at, at += ring;
    p->store1 = at, at += store;
    p->store2 = at, at += store;
    p->picked = at, at += (size_t)p->picks * lanes;
    p->tail = at, at += tail;
    p->last = at, at += p->picks;
    p->down = at, at += p->wide;
    p->div_x = (cell *)at, at += 2 * p->wide;
    p->div_y = (cell *)at;
    fill_divisors(p->div_x, p->wide, w, p->window_x, p->lead_x, none);
    fill_divisors(p->div_y, high, h, p->window_y, p->lead_y, none);
    fill_samples(p->sample_x, p->pick_x, p->place_x, p->picks, w);
    fill_samples(p->sample_y, p->pick_y, p->place_y, p->picks, h);
    return 0;
}

static void pass_close(pass *p) { free(p->memory); }

/* ---- what a vector is, for each instruction set ------------------------------------------------------------------ */

/* FUSED_DIVISION: s / n for a whole number n < 2^20, without the slow divide instruction, exact to the last bit.
   q = s * (1/n) is within 2 units in the last place u of s / n. e = s - q * n is a whole multiple of u and at most 2n u,
   so the fused step gives it exactly. q + e * (1/n) then differs from s / n by less than u * 2^-23 before its one
   rounding, while s / n, a multiple of u / 2n that is never a tie (an odd 25-bit number times n > 1 has no 24 bits),
   lies at least u / 4n from every rounding border. So both round alike. (Tests compare it with the plain division.)
   That is the only place where a fused step stands; the reference's own sums and products are never fused. */

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define VARIANTS 3
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define NAME(x) x##_avx2
#define LANES 8
#define NO_OUTPUT 1.0f
#define vec __m256
#define vec_load _mm256_load_ps
#define vec_store _mm256_store_ps
#define vec_zero _mm256_setzero_ps
#define vec_add _mm256_add_ps
#define vec_sub _mm256_sub_ps
#define vec_div div8
#define vec_turn turn8
#define vec_luma3 luma3_8
#define vec_luma1 luma1_8
static inline __m256 by8(__m256 s, __m256 n, __m256 inverse) {
    __m256 q = _mm256_mul_ps(s, inverse);
    return _mm256_fmadd_ps(_mm256_fnmadd_ps(q, n, s), inverse, q);
}
static inline __m256 div8(__m256 s, const cell *c) {
    return by8(s, _mm256_set1_ps(c->by), _mm256_set1_ps(c->inverse));
}
static inline __m256 luma3_8(const uint8_t *p) {
    __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p)),
                                            _mm_loadu_si128((const __m128i *)(p + 12)), 1);
    const __m256i rb = _mm256_setr_epi8(0, -1, 2, -1, 3, -1, 5, -1, 6, -1, 8, -1, 9, -1, 11, -1,
                                        0, -1, 2, -1, 3, -1, 5, -1, 6, -1, 8, -1, 9, -1, 11, -1);
    const __m256i g = _mm256_setr_epi8(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1,
                                       1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1);
    __m256i n = _mm256_add_epi32(_mm256_madd_epi16(_mm256_shuffle_epi8(bytes, rb), _mm256_set1_epi32(299 | 114 << 16)),
                                 _mm256_madd_epi16(_mm256_shuffle_epi8(bytes, g), _mm256_set1_epi32(587)));
    return by8(_mm256_cvtepi32_ps(n), _mm256_set1_ps(1000.0f), _mm256_set1_ps(1.0f / 1000.0f));
}
static inline __m256 luma1_8(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
static inline void turn8(__m256 a[8]) {
    __m256 b[8];
    for (int i = 0; i < 8; i += 4) {
        __m256 p = _mm256_unpacklo_ps(a[i], a[i + 1]), q = _mm256_unpackhi_ps(a[i], a[i + 1]);
        __m256 r = _mm256_unpacklo_ps(a[i + 2], a[i + 3]), s = _mm256_unpackhi_ps(a[i + 2], a[i + 3]);
        b[i] = _mm256_shuffle_ps(p, r, 0x44), b[i + 1] = _mm256_shuffle_ps(p, r, 0xee);
        b[i + 2] = _mm256_shuffle_ps(q, s, 0x44), b[i + 3] = _mm256_shuffle_ps(q, s, 0xee);
    }
    for (int i = 0; i < 4; i++) {
        a[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
        a[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
}
#include "_pdq_body.h"
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")
#define NAME(x) x##_avx512
#define LANES 16
#define NO_OUTPUT 1.0f
#define vec __m512
#define vec_load _mm512_load_ps
#define vec_store _mm512_store_ps
#define vec_zero _mm512_setzero_ps
#define vec_add _mm512_add_ps
#define vec_sub _mm512_sub_ps
#define vec_div div16
#define vec_turn turn16
#define vec_luma3 luma3_16
#define vec_luma1 luma1_16
static inline __m512 by16(__m512 s, __m512 n, __m512 inverse) {
    __m512 q = _mm512_mul_ps(s, inverse);
    return _mm512_fmadd_ps(_mm512_fnmadd_ps(q, n, s), inverse, q);
}
static inline __m512 div16(__m512 s, const cell *c) {
    return by16(s, _mm512_set1_ps(c->by), _mm512_set1_ps(c->inverse));
}
static inline __m512 luma3_16(const uint8_t *p) {
    __m512i bytes = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)p));
    bytes = _mm512_inserti32x4(bytes, _mm_loadu_si128((const __m128i *)(p + 12)), 1);
    bytes = _mm512_inserti32x4(bytes, _mm_loadu_si128((const __m128i *)(p + 24)), 2);
    bytes = _mm512_inserti32x4(bytes, _mm_loadu_si128((const __m128i *)(p + 36)), 3);
    const __m512i rb =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, -1, 2, -1, 3, -1, 5, -1, 6, -1, 8, -1, 9, -1, 11, -1));
    const __m512i g =
        _mm512_broadcast_i32x4(_mm_setr_epi8(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1));
    __m512i n = _mm512_add_epi32(_mm512_madd_epi16(_mm512_shuffle_epi8(bytes, rb), _mm512_set1_epi32(299 | 114 << 16)),
                                 _mm512_madd_epi16(_mm512_shuffle_epi8(bytes, g), _mm512_set1_epi32(587)));
    return by16(_mm512_cvtepi32_ps(n), _mm512_set1_ps(1000.0f), _mm512_set1_ps(1.0f / 1000.0f));
}
static inline __m512 luma1_16(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
static inline void turn16(__m512 a[16]) {
    __m512 b[16];
    for (int i = 0; i < 16; i += 4) {
        __m512 p = _mm512_unpacklo_ps(a[i], a[i + 1]), q = _mm512_unpackhi_ps(a[i], a[i + 1]);
        __m512 r = _mm512_unpacklo_ps(a[i + 2], a[i + 3]), s = _mm512_unpackhi_ps(a[i + 2], a[i + 3]);
        b[i] = _mm512_shuffle_ps(p, r, 0x44), b[i + 1] = _mm512_shuffle_ps(p, r, 0xee);
        b[i + 2] = _mm512_shuffle_ps(q, s, 0x44), b[i + 3] = _mm512_shuffle_ps(q, s, 0xee);
    }
    for (int i = 0; i < 4; i++) {
        __m512 p = _mm512_shuffle_f32x4(b[i], b[i + 4], 0x88), q = _mm512_shuffle_f32x4(b[i], b[i + 4], 0xdd);
        __m512 r = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0x88), s = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0xdd);
        a[i] = _mm512_shuffle_f32x4(p, r, 0x88), a[i + 8] = _mm512_shuffle_f32x4(p, r, 0xdd);
        a[i + 4] = _mm512_shuffle_f32x4(q, s, 0x88), a[i + 12] = _mm512_shuffle_f32x4(q, s, 0xdd);
    }
}
#include "_pdq_body.h"
#pragma GCC pop_options
#else
#define VARIANTS 1
#endif

/* The baseline: plain C that every compiler takes; four lanes, which compilers turn into vectors of their own. */
#define NAME(x) x##_plain
#define LANES 4
#define NO_OUTPUT INFINITY
#define vec plain4
#define vec_load load4
#define vec_store store4
#define vec_zero zero4
#define vec_add add4
#define vec_sub sub4
#define vec_div div4
#define vec_turn turn4
#define vec_luma3 luma3_4
#define vec_luma1 luma1_4
#ifdef __GNUC__
typedef float plain4 __attribute__((vector_size(16)));
#define EACH4(of) ((plain4){of(0), of(1), of(2), of(3)})
static inline plain4 add4(plain4 a, plain4 b) { return a + b; }
static inline plain4 sub4(plain4 a, plain4 b) { return a - b; }
static inline plain4 over4(plain4 a, float n) { return a / (plain4){n, n, n, n}; }
#define AT4(a, i) ((a)[i])
#else
typedef struct {
    float lane[4];
} plain4;
static inline plain4 add4(plain4 a, plain4 b) {
    for (int i = 0; i < 4; i++) a.lane[i] += b.lane[i];
    return a;
}
static inline plain4 sub4(plain4 a, plain4 b) {
    for (int i = 0; i < 4; i++) a.lane[i] -= b.lane[i];
    return a;
}
static inline plain4 over4(plain4 a, float n) {
    for (int i = 0; i < 4; i++) a.lane[i] /= n;
    return a;
}
#define AT4(a, i) ((a).lane[i])
#endif
static inline plain4 load4(const float *p) {
    plain4 a;
    memcpy(&a, p, sizeof a);
    return a;
}
static inline void store4(float *p, plain4 a) { memcpy(p, &a, sizeof a); }
static inline plain4 zero4(void) {
    static const float none[4];
    return load4(none);
}
static inline plain4 div4(plain4 s, const cell *c) { return over4(s, c->by); }
static inline plain4 luma3_4(const uint8_t *p) {
    float n[4];
    for (int i = 0; i < 4; i++) n[i] = (float)(299 * p[3 * i] + 587 * p[3 * i + 1] + 114 * p[3 * i + 2]);
    return over4(load4(n), 1000.0f);
}
static inline plain4 luma1_4(const uint8_t *p) {
    float n[4] = {p[0], p[1], p[2], p[3]};
    return load4(n);
}
static inline void turn4(plain4 a[4]) {
    float turned[16];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) turned[j * 4 + i] = AT4(a[i], j);
    for (int i = 0; i < 4; i++) a[i] = load4(turned + 4 * i);
}
#include "_pdq_body.h"

#include "_pdq_bits.h"

typedef struct {
    const char *name;
    int (*thumbnails)(const uint8_t *, size_t, size_t, size_t, int, float *);
    void (*luma_only)(const uint8_t *, size_t, float *);
    void (*transform)(const float *, float *);
} variant;

static const variant variants[] = {
    {"c", thumbnails_plain, luma_only_plain, transform_plain},
#if VARIANTS > 1
    {"c-avx2", thumbnails_avx2, luma_only_avx2, transform_avx2},
    {"c-avx512", thumbnails_avx512, luma_only_avx512, transform_avx512},
#endif
};

/* How many of the variants this processor can run; they stand slowest first. */
static int variants_here(void) {
#if VARIANTS > 1
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 1;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
               ? 3
               : 2;
#else
    return 1;
#endif
}

/* Writes `forms` codes (1 or FORMS) of 32 bytes. Gives the quality, or -1 when memory is out. */
static int hash(const variant *v, const uint8_t *pixels, size_t w, size_t h, size_t channels, int forms,
                uint8_t *codes) {
    ALIGNED float thumbs[4 * SIDE * SIDE];
    float coefficients[KEEP * KEEP];
    memset(codes, 0, 32 * (size_t)forms);
    if (w < SIDE_MIN || h < SIDE_MIN) return 0;
    if (w == SIDE && h == SIDE) {
        v->luma_only(pixels, channels, thumbs);
        v->transform(thumbs, coefficients);
        signed_forms(coefficients, forms, codes);
        return quality_of(thumbs);
    }
    if (v->thumbnails(pixels, w, h, channels, forms == 1 ? 1 : 4, thumbs) < 0) return -1;
    for (int form = 0; form < (forms + 1) / 2; form++) {
        v->transform(thumbs + form * SIDE * SIDE, coefficients);
        code_of(coefficients, 0, codes + form * 32);
        if (forms > 1) code_of(coefficients, 1, codes + (4 + (form >> 1) + (form & 1) * 2) * 32);
    }
    return quality_of(thumbs);
}

static PyObject *hashed(PyObject *args, int forms) {
    Py_buffer pixels;
    Py_ssize_t w, h, channels;
    int chosen = -1, here = variants_here(), quality;
    uint8_t codes[32 * FORMS];
    if (!PyArg_ParseTuple(args, "y*nnn|i", &pixels, &w, &h, &channels, &chosen)) return NULL;
    int fits = w > 0 && h > 0 && (channels == 1 || channels == 3) && w <= PY_SSIZE_T_MAX / 3 &&
               h <= PY_SSIZE_T_MAX / (w * channels) && pixels.len == w * h * channels;
    if (!fits || chosen < -1 || chosen >= here) {
        PyBuffer_Release(&pixels);
        PyErr_SetString(PyExc_ValueError, "shape, buffer length or variant do not fit");
        return NULL;
    }
    if (chosen < 0) chosen = here - 1;
    if ((size_t)w >= FUSED_SIDE_MAX || (size_t)h >= FUSED_SIDE_MAX) chosen = 0;
    Py_BEGIN_ALLOW_THREADS
    quality = hash(&variants[chosen], pixels.buf, (size_t)w, (size_t)h, (size_t)channels, forms, codes);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&pixels);
    if (quality < 0) return PyErr_NoMemory();
    return Py_BuildValue("y#i", (const char *)codes, (Py_ssize_t)(32 * forms), quality);
}

static PyObject *py_pdq(PyObject *self, PyObject *args) { return hashed(args, 1); }

static PyObject *py_forms(PyObject *self, PyObject *args) { return hashed(args, FORMS); }

static PyObject *py_thumb_forms(PyObject *self, PyObject *args) {
    Py_buffer thumb;
    float coefficients[KEEP * KEEP];
    ALIGNED float copy[SIDE * SIDE];
    uint8_t codes[32 * FORMS];
    if (!PyArg_ParseTuple(args, "y*", &thumb)) return NULL;
    int fits = thumb.len == (Py_ssize_t)sizeof copy;
    if (fits) memcpy(copy, thumb.buf, sizeof copy);
    PyBuffer_Release(&thumb);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "a thumbnail is 64 x 64 floats");
        return NULL;
    }
    variants[variants_here() - 1].transform(copy, coefficients);
    signed_forms(coefficients, FORMS, codes);
    return Py_BuildValue("y#i", (const char *)codes, (Py_ssize_t)sizeof codes, quality_of(copy));
}

static PyObject *py_variants(PyObject *self, PyObject *none) { return names_of(variants, sizeof *variants, variants_here()); }

static PyMethodDef methods[] = {
    {"pdq", py_pdq, METH_VARARGS,
     "pdq(pixels, width, height, channels, variant=-1) -> (32 bytes, quality). pixels: height * width * channels bytes, "
     "row by row; channels 1 or 3. variant: a place in variants(), -1 the fastest. Raises: ValueError, MemoryError."},
    {"forms", py_forms, METH_VARARGS,
     "forms(as pdq) -> (8 times 32 bytes, quality): the codes of the eight turns, in the order of views.FORMS."},
    {"thumb_forms", py_thumb_forms, METH_VARARGS,
     "thumb_forms(64 x 64 floats) -> as forms(), from a thumbnail made elsewhere. Raises: ValueError."},
    {"variants", py_variants, METH_NOARGS, "variants() -> names of what this processor can run, slowest first."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_pdq", "PDQ in C; amparo.hashing.kinds.pdq calls it.", -1,
                                    methods};

PyMODINIT_FUNC PyInit__pdq(void) {
    const double pi = 3.14159265358979323846;
    float scale = (float)sqrt(2.0 / SIDE);
    for (int u = 0; u < KEEP; u++)
        for (int x = 0; x < SIDE; x++) {
            basis[u * SIDE + x] = (float)(scale * cos((pi / 2 / SIDE) * (u + 1) * (2 * x + 1)));
            basis_turned[x * KEEP + u] = basis[u * SIDE + x];
        }
    return PyModule_Create(&module);
}
