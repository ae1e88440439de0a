/* From maps of steps and edges to rectangles. Part of _windows.c, not a header for others.

   A line is a place between two cells, 0 and n being the picture's rim. An array "of lines" has k of them. */

WIDE static int sum_of(const uint8_t *row, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += row[i];
    return sum;
}

WIDE static void add_flags(int32_t *sum, const uint8_t *row, int n) {
    for (int i = 0; i < n; i++) sum[i] += row[i];
}

/* ---- lines -------------------------------------------------------------------------------------------------------- */

/* The places where more edges stand than around them, in rising order, the rims with them; gives how many. */
static int pick_lines(const int32_t *edges, int n, int length, int *lines, int32_t *score) {
    int64_t around = 0;
    int from = 0, to = 0, k = 0;
    for (int at = 0; at < n; at++) {
        int first = at - LINE_REACH < 0 ? 0 : at - LINE_REACH, end = at + LINE_REACH + 1 > n ? n : at + LINE_REACH + 1;
        while (to < end) around += edges[to++];
        while (from < first) around -= edges[from++];
        int mean = (int)(around * UNIT / (end - first) / length);
        score[at] = at < 4 || at > n - 4 ? -1 : edges[at] * UNIT / length - mean;
    }
    lines[k++] = 0;
    while (k < LINES_MAX - 1) {
        int best = 0;
        for (int at = 1; at < n; at++)
            if (score[at] > score[best]) best = at;
        if (score[best] <= LINE_MIN) break;
        lines[k++] = best;
        for (int at = best - LINE_APART; at <= best + LINE_APART; at++) score[at] = -1;
    }
    lines[k++] = n;
    for (int i = 1; i < k; i++)
        for (int j = i; j > 0 && lines[j] < lines[j - 1]; j--) {
            int held = lines[j];
            lines[j] = lines[j - 1], lines[j - 1] = held;
        }
    return k;
}

/* What is known of one direction's lines. at: the lines. edges: for each line, how many edges (on it or beside it) stand
   before each place along it. quiet: for each pair of lines (low before high), what lies between them. */
typedef struct {
    int low, high;
    int quiet[LINES_MAX]; /* quiet places before each crossing line */
    uint8_t before[LINES_MAX], after[LINES_MAX]; /* two quiet places just before, just after it */
} pair;

typedef struct {
    int k, n, length, pairs, at[LINES_MAX];
    int32_t *edges, *near, *far;
    pair pair[LINES_MAX * (LINES_MAX - 1) / 2];
} lines;

static void fill_support(const plane *p, lines *l, int upright) {
    const uint8_t *map = upright ? p->columns : p->rows;
    ptrdiff_t along = upright ? p->w : 1, across = upright ? 1 : p->w;
    for (int i = 0; i < l->k; i++) {
        int32_t *edges = l->edges + (size_t)i * (l->length + 1);
        const uint8_t *cell = map + l->at[i] * across;
        edges[0] = 0;
        for (int j = 0; j < l->length; j++, cell += along)
            edges[j + 1] = edges[j] + (l->at[i] > 0 && l->at[i] < l->n && (cell[-across] | cell[0] | cell[across]));
    }
}

static int near_line(const lines *l, int i) { return l->at[i] - 2 < 0 ? 0 : l->at[i] - 2; }
static int far_line(const lines *l, int i) { return l->at[i] + 2 > l->n ? l->n : l->at[i] + 2; }

/* For each line and each place along it: how many steps that are not quiet lie before the line, two cells short of it
   (near) and two cells past it (far). The maps hold 1 where a step is not quiet. */
static void fill_unrest(const plane *p, const uint8_t *restless, lines *l, int upright) {
    if (upright) {
        for (int y = 0; y < p->h; y++) {
            const uint8_t *row = restless + (size_t)y * p->w;
            int sum = 0, at = 0;
            for (int i = 0; i < l->k; i++) {
                if (near_line(l, i) > at) sum += sum_of(row + at, near_line(l, i) - at), at = near_line(l, i);
                l->near[(size_t)i * l->length + y] = sum;
                if (far_line(l, i) > at) sum += sum_of(row + at, far_line(l, i) - at), at = far_line(l, i);
                l->far[(size_t)i * l->length + y] = sum;
            }
        }
        return;
    }
    int at = 0;
    const int32_t *before = NULL;
    for (int i = 0; i < 2 * l->k; i++) {
        int32_t *sum = (i & 1 ? l->far : l->near) + (size_t)(i / 2) * l->length;
        int end = i & 1 ? far_line(l, i / 2) : near_line(l, i / 2);
        if (before)
            memcpy(sum, before, sizeof *sum * (size_t)l->length);
        else
            memset(sum, 0, sizeof *sum * (size_t)l->length);
        for (; at < end; at++) add_flags(sum, restless + (size_t)at * p->w, p->w);
        before = sum;
    }
}

WIDE static void fill_quiet(const int32_t *low, const int32_t *high, int most, int n, uint8_t *quiet) {
    for (int i = 0; i < n; i++) quiet[i] = high[i] - low[i] <= most;
}

static void fill_pairs(lines *l, const lines *crossing, uint8_t *quiet) {
    l->pairs = 0;
    for (int a = 0; a < l->k; a++)
        for (int b = a + 1; b < l->k; b++) {
            pair *q = l->pair + l->pairs++;
            int length = l->at[b] - l->at[a] - 4, sum = 0, from = 0;
            q->low = a, q->high = b;
            fill_quiet(l->far + (size_t)a * l->length, l->near + (size_t)b * l->length,
                       length < 0 ? 0 : length * QUIET_SHARE / UNIT, l->length, quiet);
            for (int j = 0; j < crossing->k; j++) {
                int at = crossing->at[j];
                sum += sum_of(quiet + from, at - from), from = at;
                q->quiet[j] = sum;
                q->before[j] = at >= 4 ? quiet[at - 3] & quiet[at - 4] : 0;
                q->after[j] = at <= l->length - 5 ? quiet[at + 2] & quiet[at + 3] : 0;
            }
        }
}

/* ---- rectangles ---------------------------------------------------------------------------------------------------- */

typedef struct {
    int score;
    box b;
} ranked;

/* How far edges go on beyond both ends (crossing lines c and d) of line i, in 1024ths; adds to how many were looked at. */
static int beyond(const lines *l, int i, int low, int high, int *looked) {
    const int32_t *edges = l->edges + (size_t)i * (l->length + 1);
    int reach = (high - low) / 8 + 4, sum = 0;
    if (l->at[i] == 0 || l->at[i] == l->n) return 0;
    if (low > 4) {
        int end = low - reach < 0 ? 0 : low - reach;
        sum += (edges[low - 2] - edges[end]) * UNIT / (low - end);
        ++*looked;
    }
    if (high < l->length - 4) {
        int end = high + reach > l->length ? l->length : high + reach;
        sum += (edges[end] - edges[high + 2]) * UNIT / (end - high);
        ++*looked;
    }
    return sum;
}

static int support(const lines *l, int i, int low, int high) {
    const int32_t *edges = l->edges + (size_t)i * (l->length + 1);
    return l->at[i] == 0 || l->at[i] == l->n ? SUPPORT_RIM : (edges[high] - edges[low]) * UNIT / (high - low);
}

static int outside_quiet(const lines *l, int a, int b, const pair *crossed) {
    return (l->at[a] > 0 && crossed->before[a]) + (l->at[b] < l->n && crossed->after[b]);
}

/* The score of the rectangle between two pairs of lines, or -2^30 where one of its sides has too few edges. */
static int liked(const plane *p, const lines *x, const lines *y, const pair *px, const pair *py) {
    int left = x->at[px->low], right = x->at[px->high], top = y->at[py->low], bottom = y->at[py->high], looked = 0;
    int wide = right - left, high = bottom - top;
    int s[4] = {support(x, px->low, top, bottom), support(x, px->high, top, bottom), support(y, py->low, left, right),
                support(y, py->high, left, right)};
    for (int i = 0; i < 3; i++)
        for (int j = i + 1; j < 4; j++)
            if (s[j] < s[i]) {
                int held = s[i];
                s[i] = s[j], s[j] = held;
            }
    if (s[0] <= SUPPORT_MIN) return -(1 << 30);
    int on = beyond(x, px->low, top, bottom, &looked) + beyond(x, px->high, top, bottom, &looked) +
             beyond(y, py->low, left, right, &looked) + beyond(y, py->high, left, right, &looked);
    on = looked ? on / looked : BEYOND_UNKNOWN;
    int quiet = outside_quiet(x, px->low, px->high, py) + outside_quiet(y, py->low, py->high, px);
    int rows = (px->quiet[py->high] - px->quiet[py->low]) * UNIT / high;
    int columns = (py->quiet[px->high] - py->quiet[px->low]) * UNIT / wide;
    int area = (int)(UNIT * sqrt((double)((int64_t)high * wide) / (double)((int64_t)p->h * p->w)));
    return s[0] * LIKE_WEAKEST + s[1] * LIKE_SECOND + s[2] * LIKE_THIRD + area * LIKE_AREA +
           quiet * LIKE_QUIET_OUTSIDE * UNIT - (rows > columns ? rows : columns) * DISLIKE_QUIET_INSIDE -
           on * DISLIKE_BEYOND;
}

/* The best rectangles, best first, the first found first among equals; gives how many. */
static int rank(const plane *p, const lines *x, const lines *y, ranked *best) {
    int n = 0, wide_min = SHARE_MIN * p->w / UNIT, high_min = SHARE_MIN * p->h / UNIT;
    for (int i = 0; i < y->pairs; i++)
        for (int j = 0; j < x->pairs; j++) {
            const pair *px = x->pair + j, *py = y->pair + i;
            box b = {x->at[px->low], y->at[py->low], x->at[px->high], y->at[py->high]};
            int wide = b.x1 - b.x0, high = b.y1 - b.y0;
            if (high <= high_min || wide <= wide_min || (100 * high > 97 * p->h && 100 * wide > 97 * p->w)) continue;
            int score = liked(p, x, y, px, py), at;
            if (score == -(1 << 30) || (n == RANKED_MAX && score <= best[n - 1].score)) continue;
            for (at = n < RANKED_MAX ? n++ : n - 1; at > 0 && best[at - 1].score < score; at--) best[at] = best[at - 1];
            best[at].score = score, best[at].b = b;
        }
    return n;
}

#include "_windows_rims.h"

/* ---- the windows --------------------------------------------------------------------------------------------------- */

/* Whether a box differs enough from those there are; share: in 1024ths of their union. */
static int is_new(box b, const box *boxes, int n, int share) {
    for (int i = 0; i < n; i++) {
        box c = boxes[i];
        int64_t wide = (b.x1 < c.x1 ? b.x1 : c.x1) - (b.x0 > c.x0 ? b.x0 : c.x0);
        int64_t high = (b.y1 < c.y1 ? b.y1 : c.y1) - (b.y0 > c.y0 ? b.y0 : c.y0);
        int64_t both = wide > 0 && high > 0 ? wide * high : 0;
        int64_t all = (int64_t)(b.x1 - b.x0) * (b.y1 - b.y0) + (int64_t)(c.x1 - c.x0) * (c.y1 - c.y0) - both;
        if (UNIT * both >= share * all) return 0;
    }
    return 1;
}

static int is_fit(const plane *p, box b) {
    int wide = b.x1 - b.x0, high = b.y1 - b.y0;
    return wide >= WINDOW_MIN && high >= WINDOW_MIN && wide >= SHARE_MIN * p->w / UNIT && high >= SHARE_MIN * p->h / UNIT &&
           !(1000 * wide > 985 * p->w && 1000 * high > 985 * p->h);
}

static int choose(const plane *p, const blocks *cut, const ranked *best, int n, box *boxes) {
    int found = 0;
    for (int i = 0; i < cut->n && found < CUT_WINDOWS_MAX; i++) {
        box b = without_rims(p, cut->block[i]);
        if (is_fit(p, b) && is_new(b, boxes, found, CUT_OVERLAP_MAX)) boxes[found++] = b;
    }
    for (int i = 0; i < n && found < WINDOWS_MAX; i++) {
        box b = without_rims(p, best[i].b);
        if (b.x1 - b.x0 >= WINDOW_MIN && b.y1 - b.y0 >= WINDOW_MIN && is_new(b, boxes, found, OVERLAP_MAX))
            boxes[found++] = b;
    }
    return found;
}

WIDE static void mark_restless(const uint8_t *step, size_t n, uint8_t *map) {
    for (size_t i = 0; i < n; i++) map[i] = step[i] > STEP_QUIET;
}

/* Up to WINDOWS_MAX rectangles in whole cells; gives how many, or -1 when memory is out. */
static int find(plane *p, box *boxes) {
    size_t w = (size_t)p->w, h = (size_t)p->h, n = w * h;
    size_t numbers = LINES_MAX * (w + 1 + h + 1) + 2 * LINES_MAX * (w + h) + 2 * (w + h);
    char *memory = malloc(sizeof(lines) * 2 + sizeof(ranked) * RANKED_MAX + 4 * numbers + 4 * (w + h));
    if (!memory) return -1;
    lines *x = (lines *)memory, *y = x + 1;
    ranked *best = (ranked *)(y + 1);
    int32_t *at = (int32_t *)(best + RANKED_MAX), *edges_x = at, *edges_y = at + w, *scores = edges_y + h;
    at = scores + w + h;
    x->edges = at, at += LINES_MAX * (h + 1);
    y->edges = at, at += LINES_MAX * (w + 1);
    x->near = at, x->far = at + LINES_MAX * h, at += 2 * LINES_MAX * h;
    y->near = at, y->far = at + LINES_MAX * w, at += 2 * LINES_MAX * w;
    uint8_t *flags = (uint8_t *)at;
    memset(edges_x, 0, 4 * w);
    for (size_t row = 0; row < h; row++) {
        add_flags(edges_x, p->columns + row * w, p->w);
        edges_y[row] = sum_of(p->rows + row * w, p->w);
    }
    x->n = y->length = p->w, y->n = x->length = p->h;
    x->k = pick_lines(edges_x, p->w, p->h, x->at, scores), y->k = pick_lines(edges_y, p->h, p->w, y->at, scores);
    fill_support(p, x, 1), fill_support(p, y, 0);
    mark_restless(p->across, n, p->columns), mark_restless(p->down, n, p->rows); /* the edges are no longer needed */
    fill_unrest(p, p->columns, x, 1), fill_unrest(p, p->rows, y, 0);
    fill_pairs(x, y, flags), fill_pairs(y, x, flags);
    int ranks = rank(p, x, y, best);
    blocks cut = {.n = 0};
    box all = {0, 0, p->w, p->h};
    for (size_t i = 0; i < sizeof CUT_FLAT / sizeof *CUT_FLAT; i++) cut_up(p, all, CUT_FLAT[i], CUT_DEPTH, &cut, flags);
    int found = choose(p, &cut, best, ranks, boxes);
    free(memory);
    return found;
}
