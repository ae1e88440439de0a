/* Pictures inside a picture: finds up to eight rectangles framed by long straight edges or flat rims, and samples each as
   PDQ samples a picture. Own work. windows_numpy.py does the same in numpy, number for number: whole numbers throughout,
   but for divisions written down in one order. Knows no hash and no file.

   Steps: 1. plane (_windows_plane.h): the picture reduced to at most CELLS_MAX cells. 2. maps of steps and edges.
   3. lines where many edges stand. 4. every rectangle of those lines judged. 5. cuts along flat bands. 6. sides moved
   in to the true rim. 7. sides placed to a 64th of a cell. 8. 64 x 64 samples.

   Limited API of Python 3.11, GIL released. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Compiled twice where the loader can choose: plain and for AVX2. Whole numbers: both give the same. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define WIDE __attribute__((target_clones("default", "avx2")))
#else
#define WIDE
#endif

enum {
    SIDE = 64,
    CELLS_MAX = 1 << 18,
    PLANE_MIN = 32,   /* a plane with a shorter side holds no window */
    WINDOW_MIN = 8,   /* nor is one shorter than this after its rims are taken off */
    WINDOWS_MAX = 8,
    UNIT = 1024,      /* shares are told in 1024ths */
    STEP_EDGE = 22,   /* a step of brightness over this is an edge wherever it is */
    STEP_WEAK = 4,    /* over this where one side is flat */
    STEP_FLAT = 5,    /* flat: no step over this */
    STEP_QUIET = 5,   /* a line along which no step is over this is quiet */
    LINES_MAX = 14,
    LINE_MIN = 80,    /* share of edges on a line beyond those of its neighbourhood */
    LINE_REACH = 16,
    LINE_APART = 2,
    SUPPORT_MIN = 350,
    SUPPORT_RIM = 716, /* of the picture's own rim, which shows no edge */
    SHARE_MIN = 150,
    QUIET_SHARE = 10,
    RANKED_MAX = 256,
    OVERLAP_MAX = 970,
    CUT_WINDOWS_MAX = 4,
    CUT_OVERLAP_MAX = 980,
    CUT_BLOCKS_MAX = 64,
    CUT_RUNS_MAX = 8,
    CUT_DEPTH = 4,
    RIM_TURNS = 2,
    RIM_REACH = 12,
    RIM_STEP = 8,
    RIM_STEP_FIRST = 20, /* where the side is the picture's own rim */
    RIM_GAIN = 850,
    RIM_QUIET = 160,
    STEP_CAP = 60,
    LIKE_WEAKEST = 1400, /* what a rectangle is liked for, and what not */
    LIKE_SECOND = 1024,
    LIKE_THIRD = 600,
    LIKE_AREA = 400,
    LIKE_QUIET_OUTSIDE = 200,
    DISLIKE_QUIET_INSIDE = 700,
    DISLIKE_BEYOND = 1000,
    BEYOND_UNKNOWN = 300,
};
static const int CUT_FLAT[] = {12, 40};

typedef struct {
    int x0, y0, x1, y1;
} box;

/* channel: brightness of each cell. luma: 128 times 0-255. across, down: the largest step of the channels to the cell at
   the left, above. columns, rows: 1 where an edge of that direction stands. */
typedef struct {
    int w, h, scale;
    size_t picture_w, picture_h;
    uint8_t *channel[3], *across, *down, *columns, *rows, *memory;
    int channels;
    int16_t *luma;
} plane;

#include "_windows_plane.h"

#include "_windows_find.h"

/* ---- sides to a 64th of a cell, and samples ----------------------------------------------------------------------- */

static int64_t clipped(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

/* Where between the cells an edge truly lies: by how much the four cells around it are of its inner side. */
static int placed(const plane *p, int at, int from, int to, int n, int upright) {
    if (at <= 3 || at >= n - 3) return at * SIDE;
    int64_t inside = 0, whole = 0;
    ptrdiff_t across = upright ? 1 : p->w, along = upright ? p->w : 1;
    for (int c = 0; c < p->channels; c++)
        for (int i = from; i < to; i++) {
            const uint8_t *q = p->channel[c] + i * along + at * across;
            int before = q[-3 * across], step = q[2 * across] - before;
            whole += step * step;
            inside += (q[-2 * across] + q[-across] + q[0] + q[across] - 4 * before) * step;
        }
    if (whole == 0) return at * SIDE;
    int64_t share = inside * SIDE / whole;
    if (inside < 0 && inside * SIDE % whole) share--;
    return (int)clipped((at + 2) * SIDE - share, at * SIDE - 96, at * SIDE + 96);
}

static box refined(const plane *p, box b) {
    box fine;
    fine.x0 = b.x0 > 0 ? placed(p, b.x0, b.y0, b.y1, p->w, 1) : 0;
    fine.x1 = b.x1 < p->w ? placed(p, b.x1, b.y0, b.y1, p->w, 1) : (int)(SIDE * p->picture_w / (size_t)p->scale);
    fine.y0 = b.y0 > 0 ? placed(p, b.y0, b.x0, b.x1, p->h, 0) : 0;
    fine.y1 = b.y1 < p->h ? placed(p, b.y1, b.x0, b.x1, p->h, 0) : (int)(SIDE * p->picture_h / (size_t)p->scale);
    return fine;
}

/* The first `at` of `length` under a tent as long as that, in 4096ths of the tent. */
static int tent(int64_t at, int64_t length) {
    if (at <= 0) return 0;
    if (at >= length) return 4096;
    return (int)((2 * at <= length ? 2 * at * at : length * length - 2 * (length - at) * (length - at)) * 4096 /
                 (length * length));
}

/* The weights of cells first[i].. in sample i of from..to (in 64ths of a cell): a tent over a 64th of the side, which is
   what PDQ's two filters come to. Weights of a sample are whole 4096ths and add up to 4096. */
static void fill_weights(int16_t *weights, int *first, int *count, int stride, int from, int to, int n) {
    int64_t length = to - from;
    for (int i = 0; i < SIDE; i++) {
        int64_t start = (int64_t)SIDE * from + i * length;
        int a = (int)(start / (SIDE * SIDE)), b = (int)((start + length + SIDE * SIDE - 1) / (SIDE * SIDE));
        if (b > n) b = n;
        if (b - a > stride) b = a + stride;
        first[i] = a, count[i] = b - a;
        int before = 0;
        for (int cell = a; cell < b; cell++) {
            int64_t end = SIDE * clipped((int64_t)SIDE * (cell + 1), from, to) - start;
            int now = cell == n - 1 ? 4096 : tent(end, length);
            weights[i * stride + cell - a] = (int16_t)(now - before);
            before = now;
        }
    }
}

WIDE static void add_row(int32_t *sum, const int16_t *row, int weight, int n) {
    for (int x = 0; x < n; x++) sum[x] += weight * row[x];
}

/* 64 x 64 samples of a window. Gives -1 when memory is out. */
static int sampled(const plane *p, box b, float *thumb) {
    int wide = (p->w + SIDE - 1) / SIDE + 2, high = (p->h + SIDE - 1) / SIDE + 2;
    int first_x[SIDE], count_x[SIDE], first_y[SIDE], count_y[SIDE];
    int32_t *sum = malloc(sizeof *sum * (size_t)p->w + sizeof(int16_t) * SIDE * (size_t)(wide + high));
    if (!sum) return -1;
    int16_t *weights_x = (int16_t *)(sum + p->w), *weights_y = weights_x + SIDE * wide;
    fill_weights(weights_x, first_x, count_x, wide, b.x0, b.x1, p->w);
    fill_weights(weights_y, first_y, count_y, high, b.y0, b.y1, p->h);
    int left = first_x[0], right = first_x[SIDE - 1] + count_x[SIDE - 1];
    for (int i = 0; i < SIDE; i++) {
        memset(sum + left, 0, sizeof *sum * (size_t)(right - left));
        for (int y = 0; y < count_y[i]; y++)
            add_row(sum + left, p->luma + (size_t)(first_y[i] + y) * p->w + left, weights_y[i * high + y], right - left);
        for (int x = left; x < right; x++) sum[x] = (sum[x] + 1024) >> 11;
        for (int j = 0; j < SIDE; j++) {
            int32_t sample = 0;
            for (int x = 0; x < count_x[j]; x++) sample += weights_x[j * wide + x] * sum[first_x[j] + x];
            thumb[i * SIDE + j] = (float)sample * (1.0f / (1 << 20));
        }
    }
    free(sum);
    return 0;
}

/* ---- Python --------------------------------------------------------------------------------------------------------- */

/* Gives how many windows there are, or -1 when memory is out. */
static int windows(const uint8_t *pixels, size_t w, size_t h, int channels, box *boxes, float *thumbs) {
    plane p;
    int found = plane_open(&p, pixels, w, h, channels);
    if (found <= 0) return found;
    found = find(&p, boxes);
    for (int i = 0; i < found; i++) {
        boxes[i] = refined(&p, boxes[i]);
        if (sampled(&p, boxes[i], thumbs + i * SIDE * SIDE) < 0) found = -1;
    }
    free(p.memory);
    return found;
}

static PyObject *py_windows(PyObject *self, PyObject *args) {
    Py_buffer pixels;
    Py_ssize_t w, h, channels;
    box boxes[WINDOWS_MAX];
    int found;
    if (!PyArg_ParseTuple(args, "y*nnn", &pixels, &w, &h, &channels)) return NULL;
    int fits = w > 0 && h > 0 && (channels == 1 || channels == 3) && w <= PY_SSIZE_T_MAX / 3 &&
               h <= PY_SSIZE_T_MAX / (w * channels) && pixels.len == w * h * channels;
    float *thumbs = fits ? malloc(sizeof(float) * WINDOWS_MAX * SIDE * SIDE) : NULL;
    if (!thumbs) {
        PyBuffer_Release(&pixels);
        if (fits) return PyErr_NoMemory();
        PyErr_SetString(PyExc_ValueError, "shape and buffer length do not fit");
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    found = windows(pixels.buf, (size_t)w, (size_t)h, (int)channels, boxes, thumbs);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&pixels);
    PyObject *told = found < 0 ? PyErr_NoMemory()
                               : Py_BuildValue("y#y#", (const char *)boxes, (Py_ssize_t)((size_t)found * sizeof *boxes),
                                               (const char *)thumbs, (Py_ssize_t)((size_t)found * SIDE * SIDE * 4));
    free(thumbs);
    return told;
}

static PyMethodDef methods[] = {
    {"windows", py_windows, METH_VARARGS,
     "windows(pixels, width, height, channels) -> (N times 4 int32, N times 64 x 64 float32), N at most 8: left, top, right, "
     "bottom in 64ths of a cell, and samples. pixels as for _pdq.pdq. Raises: ValueError, MemoryError."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_windows",
                                    "Pictures inside a picture; amparo.hashing.windows calls it.", -1, methods};

PyMODINIT_FUNC PyInit__windows(void) { return PyModule_Create(&module); }
