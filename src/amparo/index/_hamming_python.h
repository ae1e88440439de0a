/* The module's functions over capsules: buffers in, bytes out. Part of _hamming.c, not a header for others. */

static const char TIER[] = "amparo.tier", SNAPSHOT[] = "amparo.snapshot", SPREAD[] = "amparo.spread";

static PyObject *unfit(const char *what) {
    PyErr_SetString(PyExc_ValueError, what);
    return NULL;
}

static void free_tier(PyObject *capsule) {
    tier *t = PyCapsule_GetPointer(capsule, TIER);
    for (int i = 0; t && i < t->holds; i++) PyBuffer_Release(t->held + i);
    free(t);
}

static void free_snapshot(PyObject *capsule) {
    snapshot *s = PyCapsule_GetPointer(capsule, SNAPSHOT);
    if (!s) return;
    for (size_t i = 0; i < s->n; i++) {
        if (s->parts[i].holds_dead) PyBuffer_Release(&s->parts[i].dead_held);
        Py_XDECREF(s->parts[i].capsule);
    }
    Py_XDECREF(s->spread);
    free(s->parts);
    free(s);
}

static void free_spread(PyObject *capsule) {
    spreading *s = PyCapsule_GetPointer(capsule, SPREAD);
    if (s) free(s->lut);
    free(s);
}

/* The next buffer of a tier, of exactly `bytes`, or NULL with an error set. */
static const void *hold(tier *t, PyObject *object, size_t bytes, size_t align) {
    Py_buffer *b = t->held + t->holds;
    if (PyObject_GetBuffer(object, b, PyBUF_SIMPLE) < 0) return NULL;
    t->holds++;
    if ((size_t)b->len < bytes || (uintptr_t)b->buf % align) return unfit("a buffer is short or out of line");
    return b->buf;
}

static PyObject *py_tier(PyObject *self, PyObject *args) {
    PyObject *codes, *ids, *blocks, *offsets, *next, *rows;
    Py_ssize_t n, words;
    if (!PyArg_ParseTuple(args, "nnOOOOOO", &n, &words, &codes, &ids, &blocks, &offsets, &next, &rows)) return NULL;
    if (n < 0 || n > UINT32_MAX - BUCKETS || words < 1 || words > WORDS_MAX) return unfit("too many rows or words");
    tier *t = calloc(1, sizeof *t);
    if (!t) return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(t, TIER, free_tier);
    if (!capsule) {
        free(t);
        return NULL;
    }
    t->n = (size_t)n;
    t->words = (size_t)words;
    t->chunks = 4 * t->words;
    int fits = (t->codes = hold(t, codes, t->n * t->words * 8, 8)) && (t->ids = hold(t, ids, t->n * 8, 8));
    if (fits && blocks != Py_None) fits = (t->blocks = hold(t, blocks, (t->n + 7) / 8 * t->words * 64, 8)) != NULL;
    if (fits && offsets != Py_None) {
        fits = (t->offsets = hold(t, offsets, t->chunks * (BUCKETS + 1) * 4, 4)) &&
               (t->next = hold(t, next, (t->chunks * t->n + PAD) * 2, 2)) && (t->rows = hold(t, rows, t->chunks * t->n * 4, 4));
        if (fits && !is_walkable(t->offsets, t->chunks, t->n, &t->widest)) {
            unfit("the offsets of a ring do not fit");
            fits = 0;
        }
    }
    if (!fits) {
        Py_DECREF(capsule);
        return NULL;
    }
    return capsule;
}

static PyObject *py_spread(PyObject *self, PyObject *args) {
    Py_buffer order;
    if (!PyArg_ParseTuple(args, "y*", &order)) return NULL;
    size_t bits = (size_t)order.len / 2;
    const uint16_t *from = order.buf;
    PyObject *capsule = NULL;
    spreading *s = NULL;
    int fits = bits && bits % 64 == 0 && bits <= 64 * WORDS_MAX && (uintptr_t)order.buf % 2 == 0;
    for (size_t i = 0; fits && i < bits; i++) fits = from[i] < bits;
    if (!fits) {
        unfit("that is no order of bits");
    } else if (!(s = calloc(1, sizeof *s)) || !(s->lut = calloc(bits / 8 * 256 * (bits / 64), 8))) {
        free(s);
        PyErr_NoMemory();
    } else {
        s->words = bits / 64;
        for (size_t to = 0; to < bits; to++)
            for (size_t value = 0; value < 256; value++)
                if (value >> (from[to] & 7) & 1)
                    s->lut[((from[to] >> 3) * 256 + value) * s->words + (to >> 6)] |= 1ull << (to & 63);
        capsule = PyCapsule_New(s, SPREAD, free_spread);
        if (!capsule) {
            free(s->lut);
            free(s);
        }
    }
    PyBuffer_Release(&order);
    return capsule;
}

static PyObject *py_spread_codes(PyObject *self, PyObject *args) {
    PyObject *capsule;
    Py_buffer codes, out;
    if (!PyArg_ParseTuple(args, "Oy*w*", &capsule, &codes, &out)) return NULL;
    const spreading *s = PyCapsule_GetPointer(capsule, SPREAD);
    int fits = s && codes.len % (Py_ssize_t)(8 * s->words) == 0 && out.len == codes.len && (uintptr_t)out.buf % 8 == 0;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        spread_into(s, codes.buf, (size_t)codes.len / 8 / s->words, out.buf);
        Py_END_ALLOW_THREADS
    } else if (s) {
        unfit("the lengths of the buffers do not fit");
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&out);
    if (!fits) return NULL;
    Py_RETURN_NONE;
}

static PyObject *py_build(PyObject *self, PyObject *args) {
    Py_buffer codes, offsets, next, rows;
    Py_ssize_t words;
    int failed = DONE;
    if (!PyArg_ParseTuple(args, "ny*w*w*w*", &words, &codes, &offsets, &next, &rows)) return NULL;
    int fits = words >= 1 && words <= WORDS_MAX && codes.len % (8 * words) == 0 && (uintptr_t)codes.buf % 8 == 0;
    size_t n = fits ? (size_t)(codes.len / 8 / words) : 0, chunks = fits ? 4 * (size_t)words : 0;
    fits = fits && n <= UINT32_MAX - BUCKETS && (size_t)offsets.len == chunks * (BUCKETS + 1) * 4 &&
           (size_t)next.len == (chunks * n + PAD) * 2 && (size_t)rows.len == chunks * n * 4;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        failed = build_ring(codes.buf, n, (size_t)words, offsets.buf, next.buf, rows.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&offsets);
    PyBuffer_Release(&next);
    PyBuffer_Release(&rows);
    if (!fits) return unfit("the lengths of the buffers do not fit");
    if (failed) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static int add_part(snapshot *s, PyObject *entry) {
    PyObject *capsule, *dead;
    Py_ssize_t n;
    part *p = s->parts + s->n;
    if (!PyArg_ParseTuple(entry, "OnO", &capsule, &n, &dead)) return -1;
    p->t = PyCapsule_GetPointer(capsule, TIER);
    if (!p->t) return -1;
    if (n < 0 || (size_t)n > p->t->n || p->t->words != s->words) {
        unfit("a tier does not fit its snapshot");
        return -1;
    }
    p->n = (size_t)n;
    if (dead != Py_None) {
        if (PyObject_GetBuffer(dead, &p->dead_held, PyBUF_SIMPLE) < 0) return -1;
        p->holds_dead = 1;
        p->dead = p->dead_held.buf;
        p->dead_rows = (size_t)p->dead_held.len * 8;
    }
    Py_INCREF(capsule);
    p->capsule = capsule;
    s->n++;
    return 0;
}

static PyObject *py_snapshot(PyObject *self, PyObject *args) {
    PyObject *spread, *entries;
    if (!PyArg_ParseTuple(args, "OO!", &spread, &PyTuple_Type, &entries)) return NULL;
    const spreading *sp = PyCapsule_GetPointer(spread, SPREAD);
    if (!sp) return NULL;
    Py_ssize_t count = PyTuple_Size(entries);
    snapshot *s = calloc(1, sizeof *s);
    if (!s || !(s->parts = calloc((size_t)count + 1, sizeof *s->parts))) {
        free(s);
        return PyErr_NoMemory();
    }
    s->words = sp->words;
    PyObject *capsule = PyCapsule_New(s, SNAPSHOT, free_snapshot);
    if (!capsule) {
        free(s->parts);
        free(s);
        return NULL;
    }
    Py_INCREF(spread);
    s->spread = spread;
    for (Py_ssize_t i = 0; i < count; i++)
        if (add_part(s, PyTuple_GetItem(entries, i)) < 0) {
            if (s->parts[s->n].holds_dead) PyBuffer_Release(&s->parts[s->n].dead_held);
            Py_DECREF(capsule);
            return NULL;
        }
    return capsule;
}

/* The snapshot and the codes of a question, checked; the variant to answer it, or NULL with an error set. */
static const variant *question(PyObject *capsule, const Py_buffer *codes, int chosen, const snapshot **s, size_t *count) {
    *s = PyCapsule_GetPointer(capsule, SNAPSHOT);
    if (!*s) return NULL;
    size_t size = 8 * (*s)->words;
    if ((size_t)codes->len % size || (size_t)codes->len / size > UINT32_MAX - 1 || chosen < -1 || chosen >= here) {
        unfit("the length of the codes or the variant does not fit");
        return NULL;
    }
    *count = (size_t)codes->len / size;
    return variants + (chosen < 0 ? here - 1 : chosen);
}

static PyObject *py_search(PyObject *self, PyObject *args) {
    PyObject *capsule, *answer = NULL, *limits = NULL, *ids = NULL, *distances = NULL;
    Py_buffer codes;
    unsigned int radius;
    Py_ssize_t most;
    int chosen = -1, failed = DONE;
    const snapshot *s;
    size_t count;
    if (!PyArg_ParseTuple(args, "Oy*In|i", &capsule, &codes, &radius, &most, &chosen)) return NULL;
    const variant *v = question(capsule, &codes, chosen, &s, &count);
    if (v && (limits = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)((count + 1) * 8)))) {
        found f = {NULL, 0, 0, most < 0 ? SIZE_MAX : (size_t)most};
        const spreading *sp = PyCapsule_GetPointer(s->spread, SPREAD);
        int64_t *ends = (int64_t *)PyByteArray_AsString(limits);
        Py_INCREF(capsule);
        Py_BEGIN_ALLOW_THREADS
        failed = search_all(s, sp, codes.buf, count, radius, v, &f, ends);
        Py_END_ALLOW_THREADS
        Py_DECREF(capsule);
        if (failed == NO_MEMORY) {
            PyErr_NoMemory();
        } else if (failed == TOO_MANY) {
            Py_INCREF(Py_None);
            answer = Py_None;
        } else if ((ids = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(f.n * 8))) &&
                   (distances = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(f.n * 2)))) {
            int64_t *to = (int64_t *)PyByteArray_AsString(ids);
            uint16_t *far = (uint16_t *)PyByteArray_AsString(distances);
            for (size_t i = 0; i < f.n; i++) {
                to[i] = f.hits[i].id;
                far[i] = f.hits[i].distance;
            }
            answer = PyTuple_Pack(3, limits, ids, distances);
        }
        free(f.hits);
    }
    Py_XDECREF(limits);
    Py_XDECREF(ids);
    Py_XDECREF(distances);
    PyBuffer_Release(&codes);
    return answer;
}

static PyObject *py_nearest(PyObject *self, PyObject *args) {
    PyObject *capsule, *answer = NULL, *ids = NULL, *distances = NULL;
    Py_buffer codes;
    Py_ssize_t k;
    int chosen = -1, failed = DONE;
    const snapshot *s;
    size_t count;
    if (!PyArg_ParseTuple(args, "Oy*n|i", &capsule, &codes, &k, &chosen)) return NULL;
    const variant *v = question(capsule, &codes, chosen, &s, &count);
    if (v && (k < 0 || (k && count > (size_t)(PY_SSIZE_T_MAX / 8 / k)))) {
        unfit("k does not fit");
    } else if (v && (ids = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)count * k * 8)) &&
               (distances = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)count * k * 2))) {
        const spreading *sp = PyCapsule_GetPointer(s->spread, SPREAD);
        int64_t *to = (int64_t *)PyByteArray_AsString(ids);
        uint16_t *far = (uint16_t *)PyByteArray_AsString(distances);
        Py_INCREF(capsule);
        Py_BEGIN_ALLOW_THREADS
        failed = nearest_all(s, sp, codes.buf, count, (size_t)k, v, to, far);
        Py_END_ALLOW_THREADS
        Py_DECREF(capsule);
        answer = failed ? PyErr_NoMemory() : PyTuple_Pack(2, ids, distances);
    }
    Py_XDECREF(ids);
    Py_XDECREF(distances);
    PyBuffer_Release(&codes);
    return answer;
}

static PyObject *py_variants(PyObject *self, PyObject *none) { return names_of(variants, sizeof *variants, here); }

static PyMethodDef methods[] = {
    {"spread", py_spread, METH_VARARGS,
     "spread(order) -> capsule. order: uint16[bits], which bit of a code comes at each place."},
    {"spread_codes", py_spread_codes, METH_VARARGS, "spread_codes(spread, codes, out): the bits of codes at their places."},
    {"build", py_build, METH_VARARGS,
     "build(words, codes, offsets, next, rows): the ring over spread codes; offsets uint32[4 * words, 65537], next "
     "uint16[4 * words * n + 64], rows uint32[4 * words, n]."},
    {"tier", py_tier, METH_VARARGS,
     "tier(n, words, codes, ids, blocks, offsets, next, rows) -> capsule over these buffers; blocks None or uint64 in "
     "[words, 8], the last three None or a ring. Raises: ValueError when they do not fit or cannot be walked."},
    {"snapshot", py_snapshot, METH_VARARGS, "snapshot(spread, ((tier, n, dead), ...)) -> capsule. dead: None or a bit a row."},
    {"search", py_search, METH_VARARGS,
     "search(snapshot, codes, radius, hits_max, variant=-1) -> (limits, ids, distances) as bytes of int64, int64, "
     "uint16; None when there are more hits than hits_max (-1: no limit). codes: not spread. variant: a place in "
     "variants(), -1 the fastest."},
    {"nearest", py_nearest, METH_VARARGS,
     "nearest(snapshot, codes, k, variant=-1) -> (ids, distances); -1 and 65535 where there are fewer than k."},
    {"variants", py_variants, METH_NOARGS, "variants() -> names of what this processor can run, slowest first."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_hamming", "Hamming search in C; amparo.index.kernels calls it.",
                                    -1, methods};

PyMODINIT_FUNC PyInit__hamming(void) {
    prepare_masks();
    here = variants_here();
    return PyModule_Create(&module);
}
