/* Windows, divisors and sampled places of PDQ's filters. Part of _pdq.c, not a header for others. */

static size_t window_of(size_t side) { return (side + 2 * SIDE - 1) / (2 * SIDE); }

/* How many samples lie within the window when the sample at `at` comes in, for each of n positions. Positions without
   an output get what divides to 0: no reciprocal for the fused division, infinity for the plain one. */
static void fill_divisors(cell *cells, size_t n, size_t side, size_t window, size_t lead, float none) {
    for (size_t at = 0; at < n; at++) {
        int output = at >= lead && at < side + lead;
        size_t first = at >= window ? at - window + 1 : 0, last = at < side ? at : side - 1;
        cells[at].by = output ? (float)(last - first + 1) : none;
        cells[at].inverse = output ? 1.0f / cells[at].by : 0.0f;
    }
}

/* Where the blurred picture is sampled, in rising order; place[i] says where sample i stands in it. The second 64 are those
   of the mirrored picture: a window of even length reaches one sample further ahead than back, twice, and so does its
   mirror image the other way. */
static void fill_samples(size_t *sample, size_t *pick, int *place, int picks, size_t side) {
    size_t window = window_of(side), lead = (window + 2) / 2 - 1, shift = window % 2 ? 0 : 2;
    int normal = 0, mirrored = picks - 1;
    for (int at = 0; at < picks; at++) {
        size_t here = (size_t)(((normal + 0.5) * (double)side) / SIDE), there = SIZE_MAX;
        if (mirrored >= SIDE) {
            there = side - 1 - (size_t)(((mirrored - SIDE + 0.5) * (double)side) / SIDE);
            there = there > shift ? there - shift : 0;
        }
        int first = normal < SIDE && here <= there;
        place[first ? normal++ : mirrored--] = at;
        sample[at] = first ? here : there;
        pick[at] = sample[at] + 2 * lead;
    }
}
