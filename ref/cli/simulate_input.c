/* simulate_input.c: what the data cache holds and saves.
 * Facts: ref/cache/README.md. Test: tests/cli/test_simulate_input.c */
#include "ref/cli/simulate.h"

#include "ref/base/mathf.h"

static const int sizes[] = {96, 128, 160, 224, 288, 352};

enum { SIZES = sizeof sizes / sizeof *sizes };

/* The mean of a training file of ImageNet: 138 GB in 1,281,167 of them. */
static const double file_bytes = 108e3;

static double picture(int pixels)
{
    return (double)pixels * pixels * 3;
}

static void space(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    for (int i = 0; i < SIZES; i++) {
        const double each = picture(sizes[i]), all = each * TS_IMAGENET_TRAIN;
        ts_sheet_row(ctx, s, "%d|%.0f|%.2f|%.3f", sizes[i], each, all / 1e9,
                     all / 1e9 / x->topology.hosts);
    }
    ts_sheet_note(ctx, s, "decoded pictures, a byte a channel; %d pictures; a node keeps its own part",
                  TS_IMAGENET_TRAIN);
}

static void hits(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    (void)x;
    static const struct {
        double part, measured;
    } row[] = {{.25, .036}, {.5, .152}, {.75, .406}, {.9, .671}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const double c = row[i].part, lru = c + (1 - c) * ts_log(1 - c);
        ts_sheet_row(ctx, s, "%.2f|%.3f|%.3f|%.3f|%s", c, c, lru, row[i].measured,
                     ts_difference_of(lru, row[i].measured).text);
    }
    ts_sheet_note(ctx, s, "every sample is read once an epoch, in a new random order: nothing that is "
                          "brought in during an epoch is asked for again in it, so no policy has more "
                          "hits than entries at its beginning; LRU: c + (1 - c) ln(1 - c)");
}

static void effect(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    const double per_node = (double)TS_IMAGENET_TRAIN / x->topology.hosts;
    for (int i = 0; i < SIZES; i++) {
        const double decode = per_node / x->decode, remote = per_node * file_bytes / x->store;
        const double naive = remote > decode ? remote : decode;
        const double cached = per_node * picture(sizes[i]) / x->host;
        ts_sheet_row(ctx, s, "%d|%.1f|%.1f|%.3f|%.0f|%s", sizes[i], remote, decode, cached,
                     naive / cached, sizes[i] == 96 ? "10" : "-");
    }
    ts_sheet_note(ctx, s, "an epoch of one node: files from the remote store at %.0f MB/s, decoding "
                          "%.0f pictures a second, or decoded pictures from memory at %.0f GB/s",
                  x->store / 1e6, x->decode, x->host / 1e9);
    ts_sheet_note(ctx, s, "recalled: about 10 times less input time at 96 pixels, augmentation and copies "
                          "in it, which this model leaves out");
}

static void instances(ts_ctx *ctx, ts_sheet *s, const ts_simulation *x)
{
    (void)x;
    ts_sheet_row(ctx, s, "AWS p3.16xlarge|8 V100|488|EBS|25|recalled, network as in the record");
    ts_sheet_row(ctx, s, "Alibaba gn6e|8 V100|336|OSS|32|recalled, network as in the record");
    ts_sheet_row(ctx, s, "Tencent 18XLARGE320|8 V100|320|CFS|25|recalled");
    ts_sheet_note(ctx, s, "nothing is computed here: the machines that the paper compares");
}

const ts_simulate_table ts_simulate_input[] = {
    {"instances", "the machines", instances, "machine|accelerators|memory GB|storage|network Gbit/s|source"},
    {"space", "what ImageNet's training set takes", space, "pixels|bytes a picture|GB|GB a node"},
    {"hits", "hits of a cache that holds a part of the set", hits,
     "part held|never evicting|LRU|LRU, simulated|difference"},
    {"input", "seconds of an epoch's input, one node", effect,
     "pixels|remote|decoding|from memory|times faster|recalled"},
    {0}};
