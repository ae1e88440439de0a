/* The picture reduced by a box filter, and the maps of its steps. Part of _windows.c, not a header for others. */

/* Sums of `rows` rows, channels interleaved. */
WIDE static void add_bytes(uint32_t *sum, const uint8_t *row, size_t n) {
    for (size_t i = 0; i < n; i++) sum[i] += row[i];
}

/* Cells of one row of the plane from sums over its rows; each as wide as the scale, the last perhaps narrower. */
static void gather(const plane *p, const uint32_t *sum, uint32_t *cells) {
    size_t scale = (size_t)p->scale, n = (size_t)p->channels;
    for (int x = 0; x < p->w; x++) {
        size_t from = (size_t)x * scale, to = from + scale < p->picture_w ? from + scale : p->picture_w;
        if (n == 3) {
            uint32_t r = 0, g = 0, b = 0;
            for (size_t i = from; i < to; i++) r += sum[3 * i], g += sum[3 * i + 1], b += sum[3 * i + 2];
            cells[x] = r, cells[p->w + x] = g, cells[2 * p->w + x] = b;
        } else {
            uint32_t level = 0;
            for (size_t i = from; i < to; i++) level += sum[i];
            cells[x] = level;
        }
    }
}

/* means = cells / pixels, by multiplication in single precision, in this order. */
WIDE static void means_of(const uint32_t *cells, float inverse, int n, float *means, uint8_t *level) {
    for (int x = 0; x < n; x++) {
        means[x] = (float)(int32_t)cells[x] * inverse;
        level[x] = (uint8_t)(int32_t)(means[x] + 0.5f);
    }
}

WIDE static void luma_of(const float *r, const float *g, const float *b, int n, int16_t *luma) {
    for (int x = 0; x < n; x++) {
        float level = r[x] * 0.299f;
        level = level + g[x] * 0.587f;
        level = level + b[x] * 0.114f;
        luma[x] = (int16_t)(int32_t)(level * 128.0f + 0.5f);
    }
}

static void convert_row(const plane *p, int y, const uint32_t *cells, float *means) {
    size_t scale = (size_t)p->scale, top = (size_t)y * scale;
    size_t high = p->picture_h - top < scale ? p->picture_h - top : scale;
    int full = p->picture_w % scale ? p->w - 1 : p->w;
    size_t last = p->picture_w - (size_t)(p->w - 1) * scale;
    for (int c = 0; c < p->channels; c++) {
        uint8_t *level = p->channel[c] + (size_t)y * p->w;
        means_of(cells + c * p->w, 1.0f / (float)(high * scale), full, means + c * p->w, level);
        if (full < p->w)
            means_of(cells + c * p->w + full, 1.0f / (float)(high * last), 1, means + c * p->w + full, level + full);
    }
    const float *g = p->channels == 3 ? means + p->w : means, *b = p->channels == 3 ? g + p->w : means;
    luma_of(means, g, b, p->w, p->luma + (size_t)y * p->w);
}

/* The largest step of the channels between two rows of cells. */
WIDE static void steps(const uint8_t *a, const uint8_t *b, int n, uint8_t *out, int first) {
    for (int x = 0; x < n; x++) {
        uint8_t step = a[x] > b[x] ? a[x] - b[x] : b[x] - a[x];
        out[x] = first || step > out[x] ? step : out[x];
    }
}

static void fill_steps(plane *p) {
    for (int y = 0; y < p->h; y++) {
        uint8_t *across = p->across + (size_t)y * p->w, *down = p->down + (size_t)y * p->w;
        across[0] = 0;
        for (int c = 0; c < p->channels; c++) {
            const uint8_t *row = p->channel[c] + (size_t)y * p->w;
            steps(row + 1, row, p->w - 1, across + 1, c == 0);
            if (y > 0) steps(row, row - p->w, p->w, down, c == 0);
        }
    }
    memset(p->down, 0, (size_t)p->w);
}

/* 1 where a step is the largest around and either strong, or weak with a flat side two cells away. */
WIDE static void edge_row(const uint8_t *step, const uint8_t *other, ptrdiff_t s, int n, uint8_t *edge) {
    for (int x = 0; x < n; x++) {
        uint8_t here = step[x];
        uint8_t before = (uint8_t)((other[x - 2 * s] <= STEP_FLAT) & (step[x - 2 * s] <= STEP_FLAT));
        uint8_t after = (uint8_t)((other[x + 2 * s] <= STEP_FLAT) & (step[x + 2 * s] <= STEP_FLAT));
        edge[x] = (uint8_t)((here >= step[x - s]) & (here >= step[x + s]) &
                            ((here > STEP_EDGE) | ((here > STEP_WEAK) & (before | after))));
    }
}

static void fill_edges(plane *p) {
    memset(p->columns, 0, (size_t)p->w * (size_t)p->h);
    memset(p->rows, 0, (size_t)p->w * (size_t)p->h);
    for (int y = 0; y < p->h; y++) {
        size_t at = (size_t)y * p->w;
        edge_row(p->across + at + 3, p->down + at + 3, 1, p->w - 6, p->columns + at + 3);
        if (y >= 3 && y < p->h - 3) edge_row(p->down + at, p->across + at, p->w, p->w, p->rows + at);
    }
}

static size_t cells_of(size_t side, size_t scale) { return (side + scale - 1) / scale; }

/* Gives 1, 0 where the picture is too small or too narrow for windows, -1 when memory is out. */
static int plane_open(plane *p, const uint8_t *pixels, size_t w, size_t h, int channels) {
    size_t scale = 1;
    while (cells_of(w, scale) > CELLS_MAX / cells_of(h, scale)) scale++;
    size_t wide = cells_of(w, scale), high = cells_of(h, scale), n = wide * high;
    if (wide < PLANE_MIN || high < PLANE_MIN) return 0;
    p->w = (int)wide, p->h = (int)high, p->scale = (int)scale, p->channels = channels;
    p->picture_w = w, p->picture_h = h;
    size_t sums = w * (size_t)channels, cells = wide * (size_t)channels;
    p->memory = malloc(4 * (sums + 2 * cells) + 2 * n + ((size_t)channels + 4) * n);
    if (!p->memory) return -1;
    uint32_t *sum = (uint32_t *)p->memory, *row = sum + sums;
    float *means = (float *)(row + cells);
    p->luma = (int16_t *)(means + cells);
    uint8_t *at = (uint8_t *)(p->luma + n);
    for (int c = 0; c < channels; c++) p->channel[c] = at, at += n;
    p->across = at, p->down = at + n, p->columns = at + 2 * n, p->rows = at + 3 * n;
    for (size_t y = 0; y < high; y++) {
        memset(sum, 0, 4 * sums);
        for (size_t line = y * scale; line < (y + 1) * scale && line < h; line++) add_bytes(sum, pixels + line * sums, sums);
        gather(p, sum, row);
        convert_row(p, (int)y, row, means);
    }
    fill_steps(p);
    fill_edges(p);
    return 1;
}
