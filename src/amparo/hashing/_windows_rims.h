/* Flat bands and flat rims: cutting a plane into blocks along them, and taking them off a rectangle. Part of _windows.c. */

/* ---- cuts ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    box block[CUT_BLOCKS_MAX];
    int n;
} blocks;

WIDE static int widen(const uint8_t *row, int n, uint8_t *least, uint8_t *most) {
    uint8_t low = 255, high = 0;
    for (int x = 0; x < n; x++) {
        low = row[x] < low ? row[x] : low;
        high = row[x] > high ? row[x] : high;
    }
    for (int x = 0; x < n; x++) {
        least[x] = row[x] < least[x] ? row[x] : least[x];
        most[x] = row[x] > most[x] ? row[x] : most[x];
    }
    return high - low;
}

/* 1 for each row and column of the box where some channel spans more than `flat`. */
static void mark_live(const plane *p, box b, int flat, uint8_t *rows, uint8_t *columns, uint8_t *scratch) {
    int n = b.x1 - b.x0;
    uint8_t *least = scratch, *most = scratch + p->w;
    memset(rows, 0, (size_t)(b.y1 - b.y0));
    memset(columns, 0, (size_t)n);
    for (int c = 0; c < p->channels; c++) {
        memset(least, 255, (size_t)n);
        memset(most, 0, (size_t)n);
        for (int y = b.y0; y < b.y1; y++)
            rows[y - b.y0] |= widen(p->channel[c] + (size_t)y * p->w + b.x0, n, least, most) > flat;
        for (int x = 0; x < n; x++) columns[x] |= most[x] - least[x] > flat;
    }
}

/* Runs of ones longer than `least`; gives how many, at most CUT_RUNS_MAX. */
static int runs_of(const uint8_t *live, int n, int least, int runs[][2]) {
    int k = 0;
    for (int at = 0; at < n && k < CUT_RUNS_MAX;) {
        int from = at;
        while (at < n && live[at]) at++;
        if (at - from > least) runs[k][0] = from, runs[k++][1] = at;
        while (at < n && !live[at]) at++;
    }
    return k;
}

/* Adds the blocks that flat bands from side to side leave, each cut up again. flags: 4 * (w + h) bytes of scratch. */
static void cut_up(const plane *p, box b, int flat, int depth, blocks *found, uint8_t *flags) {
    int down[CUT_RUNS_MAX][2], along[CUT_RUNS_MAX][2];
    uint8_t *rows = flags, *columns = rows + p->h, *scratch = columns + p->w;
    mark_live(p, b, flat, rows, columns, scratch);
    int high = runs_of(rows, b.y1 - b.y0, SHARE_MIN * p->h / UNIT, down);
    int wide = runs_of(columns, b.x1 - b.x0, SHARE_MIN * p->w / UNIT, along);
    for (int i = 0; i < high; i++)
        for (int j = 0; j < wide; j++) {
            box q = {b.x0 + along[j][0], b.y0 + down[i][0], b.x0 + along[j][1], b.y0 + down[i][1]};
            int same = q.x0 == b.x0 && q.y0 == b.y0 && q.x1 == b.x1 && q.y1 == b.y1;
            if (high == 1 && wide == 1 && found->n < CUT_BLOCKS_MAX) found->block[found->n++] = q;
            if (!same && depth > 0) cut_up(p, q, flat, depth - 1, found, flags);
        }
}

/* ---- rims ---------------------------------------------------------------------------------------------------------- */

/* Steps along a line from..to, each counted up to STEP_CAP. stride: from one cell of the line to the next. */
WIDE static int strength(const uint8_t *step, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += step[i] > STEP_CAP ? STEP_CAP : step[i];
    return sum;
}

static int strength_at(const plane *p, int at, int from, int to, int upright) {
    if (!upright) return strength(p->down + (size_t)at * p->w + from, to - from);
    int sum = 0;
    for (int y = from; y < to; y++) {
        int step = p->across[(size_t)y * p->w + at];
        sum += step > STEP_CAP ? STEP_CAP : step;
    }
    return sum;
}

/* How many steps along the cells of a line are not quiet. */
static int unrest_at(const plane *p, int at, int from, int to, int upright) {
    if (!upright) return sum_of(p->columns + (size_t)at * p->w + from, to - from);
    int sum = 0;
    for (int y = from; y < to; y++) sum += p->rows[(size_t)y * p->w + at];
    return sum;
}

/* A side moved to the strongest line around it, then inward over quiet cells to each line as strong, as far as
   RIM_REACH. inward: 1 or -1. room: how far at most. */
static int settled(const plane *p, int at, int inward, int from, int to, int room, int upright) {
    int n = upright ? p->w : p->h, inset = (to - from) / 16, start = at, best = 0;
    int reach = room < RIM_REACH ? room : RIM_REACH, rim = at <= 1 || at >= n - 1;
    if (to - from < WINDOW_MIN) return at;
    from += inset, to -= inset;
    int length = to - from;
    if (!rim) {
        int middle = at;
        best = strength_at(p, at, from, to, upright);
        for (int place = middle - 2; place <= middle + 2; place++) {
            int here = place < 1 || place >= n ? 0 : strength_at(p, place, from, to, upright);
            if (here > best) best = here, at = place;
        }
        start = middle;
        rim = at <= 1 || at >= n - 1;
    }
    for (int far = 1;; far++) {
        int place = at + inward * far, first = rim ? 1 : 2;
        if (place < 1 || place >= n || (place - start) * inward > reach) return at;
        if (far - 1 >= first) { /* the cell passed before the last one; the last may be a mixture */
            int cell = inward > 0 ? at + far - 2 : at - far + 1;
            if (unrest_at(p, cell, from, to, upright) * UNIT > RIM_QUIET * length) return at;
        }
        if (far <= first) continue;
        int here = strength_at(p, place, from, to, upright), next = place + inward;
        if (here < (rim ? RIM_STEP_FIRST : RIM_STEP) * length || (int64_t)here * UNIT < (int64_t)best * RIM_GAIN) continue;
        if (next >= 1 && next < n && strength_at(p, next, from, to, upright) > here) continue;
        at = place, best = here, far = 0, rim = 0;
    }
}

/* The box without rims of one colour that end in a line. */
static box without_rims(const plane *p, box b) {
    for (int turn = 0; turn < RIM_TURNS; turn++) {
        int wide = (b.x1 - b.x0) / 6, high = (b.y1 - b.y0) / 6;
        box inner = {settled(p, b.x0, 1, b.y0, b.y1, wide, 1), settled(p, b.y0, 1, b.x0, b.x1, high, 0),
                     settled(p, b.x1, -1, b.y0, b.y1, wide, 1), settled(p, b.y1, -1, b.x0, b.x1, high, 0)};
        b = inner;
    }
    return b;
}
