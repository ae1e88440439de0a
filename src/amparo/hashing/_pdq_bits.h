/* From a thumbnail of 64 x 64 and its 16 x 16 coefficients to quality and codes. Part of _pdq.c, not a header for others. */

enum { FORMS = 8 };

static int step_of(float a, float b) {
    int step = (int)(((a - b) * 100) / 255);
    return step < 0 ? -step : step;
}

static int quality_of(const float *t) {
    int sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            if (y + 1 < SIDE) sum += step_of(t[y * SIDE + x], t[(y + 1) * SIDE + x]);
            if (x + 1 < SIDE) sum += step_of(t[y * SIDE + x], t[y * SIDE + x + 1]);
        }
    sum /= 90;
    return sum > 100 ? 100 : sum;
}

/* The 128th smallest of 256, by Hoare's selection; the values are shuffled. */
static float median_of(float *v) {
    int low = 0, high = KEEP * KEEP - 1, wanted = KEEP * KEEP / 2 - 1;
    while (low < high) {
        float pivot = v[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i <= j) {
                float held = v[i];
                v[i++] = v[j], v[j--] = held;
            }
        }
        if (wanted <= j)
            high = j;
        else if (wanted >= i)
            low = i;
        else
            break;
    }
    return v[wanted];
}

/* Bit i is set where coefficient i is over the median (the 128th smallest); bit 255 comes first. */
static void code_of(const float *c, int transposed, uint8_t *code) {
    float shuffled[KEEP * KEEP];
    memcpy(shuffled, c, sizeof shuffled);
    float median = median_of(shuffled);
    memset(code, 0, 32);
    for (int i = 0; i < KEEP * KEEP; i++)
        if ((transposed ? c[i % KEEP * KEEP + i / KEEP] : c[i]) > median) code[31 - (i >> 3)] |= (uint8_t)(1 << (i & 7));
}

/* Codes of the first `forms` (1 or 8) turns from one thumbnail. Mirroring a picture turns the sign of every second
   coefficient along that axis. Form 4 * transposed + 2 * flipped + mirrored: first transposed, then flipped. */
static void signed_forms(const float *c, int forms, uint8_t *codes) {
    for (int form = 0; form < forms; form++) {
        float turned[KEEP * KEEP];
        for (int v = 0; v < KEEP; v++)
            for (int u = 0; u < KEEP; u++) {
                float value = form & 4 ? c[u * KEEP + v] : c[v * KEEP + u];
                int negative = (form & 2 && !(v & 1)) ^ (form & 1 && !(u & 1));
                turned[v * KEEP + u] = negative ? -value : value;
            }
        code_of(turned, 0, codes + form * 32);
    }
}
