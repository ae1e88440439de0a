/* PDQ's blur and sampling, written once and compiled once for each instruction set by _pdq.c. Not a header for others.

   Before the include, _pdq.c defines
     NAME(x)   the name x with the variant's suffix      LANES   floats in a vector (4, 8, 16)
     vec, vec_load, vec_store, vec_one, vec_zero, vec_add, vec_sub, vec_div(s, cell), vec_turn, vec_luma3, vec_luma1

   The picture goes through once, LANES rows at a time, and all four filter passes follow each other closely, so that
   only about a window of rows is ever stored. Every running sum is kept as the reference keeps it: plus the sample that
   enters, minus the one that leaves, rounded to single precision each time; then divided by the samples within.

   A filter's output for position o is written where its last sample came in, at o + lead; so all passes run in step
   and need no special cases at the borders: samples outside are zeros (adding 0 changes nothing), and positions that
   hold no output yet have a divisor that gives 0. */

/* LANES rows of one tile column, from bytes to luma, turned so that out[k] is column k of all rows. */
static void NAME(luma_tile)(const pass *p, const uint8_t *const row[], size_t x, vec out[LANES]) {
    size_t left = p->w > x ? p->w - x : 0;
    uint8_t edge[LANES * 3 + 16];
    for (int r = 0; r < LANES; r++) {
        const uint8_t *at = edge;
        if (left >= LANES + 6) {
            at = row[r] + x * p->channels;
            PREFETCH(at + AHEAD);
        } else {
            memset(edge, 0, sizeof edge);
            memcpy(edge, row[r] + (p->w - left) * p->channels, (left < LANES ? left : LANES) * p->channels);
        }
        out[r] = p->channels == 3 ? vec_luma3(at) : vec_luma1(at);
    }
    vec_turn(out);
}

/* store1 and store2 hold a window of columns, then up to span newer ones; when those are full, the last window moves up. */
static inline void NAME(make_room)(const pass *p, float *store, size_t x) {
    if (x == 0)
        memset(store, 0, p->window_x * LANES * sizeof *store);
    else if (x % p->span == 0)
        memmove(store, store + p->span * LANES, p->window_x * LANES * sizeof *store);
}

/* One filter along x over one tile of columns: sum is carried from tile to tile, store holds the columns before. */
static inline vec NAME(along)(vec sum, const vec in[LANES], float *store, size_t window, vec sums[LANES]) {
    float *now = store + window * LANES;
    for (int k = 0; k < LANES; k++) vec_store(now + k * LANES, in[k]);
    for (int k = 0; k < LANES; k++) {
        sum = vec_sub(vec_add(sum, in[k]), vec_load(store + k * LANES));
        sums[k] = sum;
    }
    return sum;
}

/* The sampled columns whose last sample came in with this tile: their means go to p->picked[column][row]. */
static inline int NAME(pick)(const pass *p, int next, size_t x, const vec sums[LANES]) {
    while (next < p->picks && p->pick_x[next] < x + LANES) {
        size_t at = p->pick_x[next];
        vec_store(p->picked + next * LANES, vec_div(sums[at - x], p->div_x + p->sample_x[next] + p->lead_x));
        next++;
    }
    return next;
}

/* Rows y..y+LANES-1 through the first three passes; the sampled columns come out in p->picked. */
static void NAME(band)(const pass *p, size_t y) {
    const uint8_t *row[LANES];
    const float *leaving[LANES];
    size_t band = y / LANES, tile = (size_t)LANES * LANES, per_band = p->wide / LANES * tile;
    float *ring = p->ring + band % p->bands * per_band;
    int next = 0, inside = y < p->h, cut = inside && y + LANES > p->h;
    vec sum1 = vec_zero(), sum2 = vec_zero();
    for (int r = 0; r < LANES; r++) {
        size_t at = y + r < p->h ? y + r : p->h - 1, from = y + r + p->bands * LANES - p->window_y;
        row[r] = p->pixels + at * p->w * p->channels;
        leaving[r] = p->ring + from / LANES % p->bands * per_band + from % LANES * LANES;
    }
    for (size_t x = 0; x < p->wide; x += LANES) {
        vec a[LANES], sums[LANES];
        float *cell = ring + x / LANES * tile;
        size_t at = x % p->span * LANES;
        NAME(make_room)(p, p->store1, x);
        NAME(make_room)(p, p->store2, x);
        if (inside) {
            NAME(luma_tile)(p, row, x, a);
            sum1 = NAME(along)(sum1, a, p->store1 + at, p->window_x, sums);
            for (int k = 0; k < LANES; k++) a[k] = vec_div(sums[k], p->div_x + x + k);
            vec_turn(a);
        } else {
            for (int r = 0; r < LANES; r++) a[r] = vec_zero();
        }
        if (cut)
            for (int r = 0; r < LANES; r++)
                if (y + r >= p->h) a[r] = vec_zero();
        for (int r = 0; r < LANES; r++) vec_store(cell + r * LANES, a[r]);
        vec down = vec_load(p->down + x);
        for (int r = 0; r < LANES; r++) {
            down = vec_sub(vec_add(down, a[r]), vec_load(leaving[r] + x * LANES));
            a[r] = vec_div(down, p->div_y + y + r);
        }
        vec_store(p->down + x, down);
        vec_turn(a);
        sum2 = NAME(along)(sum2, a, p->store2 + at, p->window_x, sums);
        next = NAME(pick)(p, next, x, sums);
    }
}

/* The fourth pass, down the sampled columns, and the sampled rows of it. */
static int NAME(sample_rows)(const pass *p, int next, size_t y, float *grid) {
    int n = p->picks;
    for (int c = 0; c < n; c += LANES) {
        vec a[LANES];
        for (int k = 0; k < LANES; k++) a[k] = vec_load(p->picked + (c + k) * LANES);
        vec_turn(a);
        for (int r = 0; r < LANES; r++) vec_store(p->tail + (y + r) % (p->bands * LANES) * n + c, a[r]);
    }
    for (int r = 0; r < LANES; r++) {
        const float *in = p->tail + (y + r) % (p->bands * LANES) * n;
        const float *out = p->tail + (y + r + p->bands * LANES - p->window_y) % (p->bands * LANES) * n;
        for (int c = 0; c < n; c += LANES)
            vec_store(p->last + c, vec_sub(vec_add(vec_load(p->last + c), vec_load(in + c)), vec_load(out + c)));
        for (; next < n && p->pick_y[next] == y + r; next++)
            for (int c = 0; c < n; c += LANES)
                vec_store(grid + next * n + c,
                          vec_div(vec_load(p->last + c), p->div_y + p->sample_y[next] + p->lead_y));
    }
    return next;
}

/* Samples of a picture of at least 5 x 5: thumbs[0] of it as it is; when there are four, then of it mirrored, flipped and
   both. Gives 0, or -1 when memory is out. */
static int NAME(thumbnails)(const uint8_t *pixels, size_t w, size_t h, size_t channels, int count, float *thumbs) {
    pass p;
    ALIGNED float grid[4 * SIDE * SIDE];
    int next = 0;
    if (pass_open(&p, pixels, w, h, channels, count, LANES, NO_OUTPUT) < 0) return -1;
    for (size_t y = 0; next < p.picks; y += LANES) {
        NAME(band)(&p, y);
        next = NAME(sample_rows)(&p, next, y, grid);
    }
    for (int form = 0; form < count; form++)
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++)
                thumbs[(form * SIDE + i) * SIDE + j] =
                    grid[p.place_y[(form >> 1) * SIDE + i] * p.picks + p.place_x[(form & 1) * SIDE + j]];
    pass_close(&p);
    return 0;
}

/* A picture of exactly 64 x 64 is its own thumbnail. */
static void NAME(luma_only)(const uint8_t *pixels, size_t channels, float *thumb) {
    uint8_t edge[LANES * 3 + 16] = {0};
    for (size_t i = 0; i < SIDE * SIDE; i += LANES) {
        memcpy(edge, pixels + i * channels, LANES * channels);
        vec_store(thumb + i, channels == 3 ? vec_luma3(edge) : vec_luma1(edge));
    }
}

/* Rows 1-16 and columns 1-16 of the cosine transform; sums run in the reference's order. */
static void NAME(transform)(const float *thumb, float *out) {
    float half[KEEP * SIDE];
    for (int u = 0; u < KEEP; u++) {
        float sum[SIDE] = {0};
        for (int k = 0; k < SIDE; k++)
            for (int x = 0; x < SIDE; x++) sum[x] += basis[u * SIDE + k] * thumb[k * SIDE + x];
        memcpy(half + u * SIDE, sum, sizeof sum);
    }
    for (int u = 0; u < KEEP; u++) {
        float sum[KEEP] = {0};
        for (int k = 0; k < SIDE; k++)
            for (int v = 0; v < KEEP; v++) sum[v] += half[u * SIDE + k] * basis_turned[k * KEEP + v];
        memcpy(out + u * KEEP, sum, sizeof sum);
    }
}

/* So that the next instruction set can define its own. */
#undef NAME
#undef LANES
#undef NO_OUTPUT
#undef vec
#undef vec_load
#undef vec_store
#undef vec_zero
#undef vec_add
#undef vec_sub
#undef vec_div
#undef vec_turn
#undef vec_luma3
#undef vec_luma1
