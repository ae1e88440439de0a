/* The scan, written once and compiled once for each instruction set by _hamming.c. Not a header for others.
   NAME(x) is x with the variant's suffix; COUNT(x) counts the ones of a 64-bit word. */

/* Distances of n codes of `words` 64-bit words to one query; gives the smallest. */
static inline uint32_t NAME(distances)(const uint64_t *codes, const uint64_t *query, uint32_t *out, size_t n,
                                       size_t words) {
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < words; k++) sum += (uint64_t)COUNT(codes[i * words + k] ^ query[k]);
        out[i] = (uint32_t)sum;
    }
    for (size_t i = 0; i < n; i++) least = out[i] < least ? out[i] : least;
    return least;
}

/* All queries over one block of codes after the other, so that a block is read from memory once. 0, or -1: no memory. */
static inline int NAME(blocks)(const job *j, size_t words, found *f) {
    uint32_t distance[BLOCK];
    for (size_t start = 0; start < j->rows; start += BLOCK) {
        size_t n = j->rows - start < BLOCK ? j->rows - start : BLOCK;
        for (size_t q = 0; q < j->queries; q++) {
            if (NAME(distances)(j->codes + start * words, j->query + q * words, distance, n, words) > j->radius)
                continue;
            for (size_t i = 0; i < n; i++)
                if (distance[i] <= j->radius && keep(f, q, start + i, distance[i]) < 0) return -1;
        }
    }
    return 0;
}

static int NAME(scan)(const job *j, found *f) {
    switch (j->words) { /* lengths known while compiling make the inner loop disappear */
        case 2: return NAME(blocks)(j, 2, f);
        case 4: return NAME(blocks)(j, 4, f);
        case 8: return NAME(blocks)(j, 8, f);
        default: return NAME(blocks)(j, j->words, f);
    }
}
