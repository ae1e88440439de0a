/* What the kernels' modules tell of their variants. Part of each of them; made of no file of its own. */

/* A tuple of the names of n variants, which stand one after the other, `size` bytes each, the name first. */
static PyObject *names_of(const void *variants, size_t size, int n) {
    PyObject *names = PyTuple_New(n);
    for (int i = 0; names && i < n; i++) {
        PyObject *name = PyUnicode_FromString(*(const char *const *)((const char *)variants + (size_t)i * size));
        if (!name || PyTuple_SetItem(names, i, name) < 0) {
            Py_DECREF(names);
            return NULL;
        }
    }
    return names;
}
