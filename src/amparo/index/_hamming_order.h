/* The order of an answer: by query, then distance, then id; and the k best of one query. Part of _hamming.c, not a header for
   others. */

/* The biggest k distances of one query as a heap, the worst on top; ties by id. */
typedef struct {
    hit *hits;
    size_t n, k;
} heap;

static inline int worse(const hit *a, const hit *b) {
    return a->distance != b->distance ? a->distance > b->distance : a->id > b->id;
}

static void sift(heap *h, size_t at) {
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= h->n) return;
        if (child + 1 < h->n && worse(h->hits + child + 1, h->hits + child)) child++;
        if (!worse(h->hits + child, h->hits + at)) return;
        hit swap = h->hits[at];
        h->hits[at] = h->hits[child];
        h->hits[child] = swap;
        at = child;
    }
}

static void offer(heap *h, hit one) {
    if (h->n < h->k) {
        size_t at = h->n++;
        h->hits[at] = one;
        while (at && worse(h->hits + at, h->hits + (at - 1) / 2)) {
            hit swap = h->hits[at];
            h->hits[at] = h->hits[(at - 1) / 2];
            h->hits[(at - 1) / 2] = swap;
            at = (at - 1) / 2;
        }
    } else if (h->k && worse(h->hits, &one)) {
        h->hits[0] = one;
        sift(h, 0);
    }
}

/* Merge sort by distance, then id; what is in order already costs one pass. */
static int sort_hits(hit *hits, size_t n, hit **spare, size_t *room) {
    size_t sorted = 1;
    while (sorted < n && !worse(hits + sorted - 1, hits + sorted)) sorted++;
    if (sorted >= n) return DONE;
    for (size_t start = 0; start < n; start += 16) {
        size_t end = start + 16 < n ? start + 16 : n;
        for (size_t i = start + 1; i < end; i++) {
            hit one = hits[i];
            size_t at = i;
            for (; at > start && worse(hits + at - 1, &one); at--) hits[at] = hits[at - 1];
            hits[at] = one;
        }
    }
    if (n <= 16) return DONE;
    if (*room < n) {
        hit *more = realloc(*spare, n * sizeof(hit));
        if (!more) return NO_MEMORY;
        *spare = more;
        *room = n;
    }
    hit *from = hits, *to = *spare;
    for (size_t width = 16; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = start + width < n ? start + width : n, end = start + 2 * width < n ? start + 2 * width : n;
            size_t a = start, b = middle;
            for (size_t at = start; at < end; at++)
                to[at] = a < middle && (b >= end || !worse(from + a, from + b)) ? from[a++] : from[b++];
        }
        hit *swap = from;
        from = to;
        to = swap;
    }
    if (from != hits) memcpy(hits, from, n * sizeof(hit));
    return DONE;
}

/* Hits in the order of their queries, nearest first. limits: count + 1 places. */
static int in_order(found *f, size_t count, int64_t *limits) {
    hit *spare = NULL;
    size_t room = 0;
    int failed = DONE;
    memset(limits, 0, (count + 1) * sizeof *limits);
    for (size_t i = 0; i < f->n; i++) limits[f->hits[i].query + 1]++;
    for (size_t q = 0; q < count; q++) limits[q + 1] += limits[q];
    if (count > 1 && f->n) {
        hit *placed = malloc(f->n * sizeof(hit));
        int64_t *at = malloc(count * sizeof(int64_t));
        if (!placed || !at) {
            free(placed);
            free(at);
            return NO_MEMORY;
        }
        memcpy(at, limits, count * sizeof(int64_t));
        for (size_t i = 0; i < f->n; i++) placed[at[f->hits[i].query]++] = f->hits[i];
        free(at);
        free(f->hits);
        f->hits = placed;
        f->room = f->n;
    }
    for (size_t q = 0; q < count && failed == DONE; q++)
        if (limits[q + 1] - limits[q] > 1)
            failed = sort_hits(f->hits + limits[q], (size_t)(limits[q + 1] - limits[q]), &spare, &room);
    free(spare);
    return failed;
}
